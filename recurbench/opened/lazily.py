"""What is made when it is asked for: a mapping whose values are built one by one, and kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from bench.names import unknown

T = TypeVar("T")


class Missing(KeyError):
    """A name that nobody knows, or that the rows do not suffice for. The message says which, and what there is."""

    def __str__(self) -> str:
        """Return the message as it is; a KeyError would quote it."""
        return str(self.args[0])


class Lazy(Mapping[str, T], Generic[T]):
    """Name to value, each built when it is asked for the first time."""

    what = "value"
    """What a value is called in messages."""

    def __init__(self) -> None:
        self._found: dict[str, T | None] = {}

    @abstractmethod
    def known(self) -> tuple[str, ...]:
        """Return all names that a value may have, whatever the rows are."""

    @abstractmethod
    def build(self, name: str) -> T | None:
        """Build the value of a known name; None where the rows do not suffice."""

    @abstractmethod
    def lacking(self, name: str) -> str:
        """Return the message about a known name that the rows do not suffice for."""

    def names(self) -> tuple[str, ...]:
        """Return the names that the rows suffice for; this builds all of them."""
        return tuple(name for name in self.known() if self._find(name) is not None)

    def _find(self, name: str) -> T | None:
        if name not in self._found:
            self._found[name] = self.build(name)
        return self._found[name]

    def __getitem__(self, name: str) -> T:
        if name not in self.known():
            raise Missing(unknown(self.what, name, self.known()))
        found = self._find(name)
        if found is None:
            raise Missing(self.lacking(name))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        return f"{len(self)} {self.what}s: {', '.join(self)}"
