"""Where the rows of a report come from: a store, an exported folder, a committed run, and what is kept with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.exported import is_table
from reports.address import checked_url

if TYPE_CHECKING:
    import pandas as pd

    from bench.experiments.definition import Experiment

REFERENCE = Path(__file__).parent / "reference"
COMMAND = "pytest --benchmark --preset course"
CUDA_STUDIES = ("gpu", "sharings", "kernels")


def reference_folder() -> Path:
    """Return the committed run that is shown where nothing was measured yet: the first by name."""
    found = sorted(path.parent for path in REFERENCE.glob("*/environment.json"))
    folders = [folder for folder in found if not folder.name.startswith("cuda-")]
    if not folders:
        raise FileNotFoundError(f"no committed run in {REFERENCE}; measure one with `{COMMAND}`")
    return folders[0]


def located(source: Path) -> Path:
    """Return where a run lies: a path, or the name of a committed one."""
    source = Path(source)
    return REFERENCE / source if not source.exists() and (REFERENCE / source).is_dir() else source


def read(source: Path) -> tuple[pd.DataFrame, tuple[Mapping[str, object], ...]]:
    """Return the rows and the environments of a run, with the days and code versions that stand in its rows.

    What was measured on a GPU, or compiled for one, is a run of its own: its studies join a run that lacks them.
    """
    import pandas as pd

    from analysis.load import in_order, load

    source = located(source)
    frame = load(source)
    found = list(_environments(source))
    for companion in companions(source):
        more = load(companion)
        lacking = set(CUDA_STUDIES) - set(frame["study"].unique())
        more = more.loc[more["study"].isin(lacking)]
        if not more.empty:
            frame = in_order(pd.concat([frame, more], ignore_index=True))
            found += _environments(companion)
    return frame, described(frame, found)


def companions(source: Path) -> list[Path]:
    """Return runs on a GPU beside a run: `cuda-...` beside a committed one, `gpu.sqlite` beside a store."""
    source = source.resolve()
    if source.parent == REFERENCE.resolve():
        return [] if source.name.startswith("cuda-") else sorted(REFERENCE.glob("cuda-*"))
    beside = source.with_name("gpu.sqlite")
    return [beside] if source.is_file() and beside.is_file() and beside != source else []


def _environments(source: Path) -> Sequence[Mapping[str, object]]:
    from analysis.load import load_environments

    if source.is_dir():
        return load_environments(source)
    if source.name.endswith((".csv", ".csv.gz")):
        return load_environments(source.parent)
    from bench.run.store import Store

    return (Store(source).environments(),)


def described(frame: pd.DataFrame, found: Sequence[Mapping[str, object]]) -> tuple[Mapping[str, object], ...]:
    """One mapping per environment: its id, its facts, the days and the code versions of its rows."""
    named: dict[str, dict[str, object]] = {}
    for item in found:
        nested = {str(key): value for key, value in item.items() if isinstance(value, Mapping) and "cpu" in value}
        for key, value in (nested or {str(item.get("id", "")): item}).items():
            named[key] = dict(value)
    for name, facts in named.items():
        rows = frame.loc[frame["environment"] == name] if len(named) > 1 else frame
        facts["id"] = name
        days = sorted({str(moment)[:10] for moment in rows["measured_at"].unique()})
        facts["measured_at"] = " – ".join(dict.fromkeys(days[:1] + days[-1:]))
        facts["code_version"] = ", ".join(sorted(map(str, rows["code_version"].unique())))
    return tuple(named.values())


def asked_in(source: Path) -> tuple[Experiment, ...]:
    """Return the experiments of one's own that a run keeps, sorted by name."""
    from analysis.experiments.asked import definitions
    from analysis.load import load_about

    source = located(source)
    return definitions(load_about(source).experiments) if source.exists() else ()


def address_of(source: Path, url: str = "") -> str:
    """Return the page's address: the one that is given, else the one that is kept with the run; ValueError if none."""
    from analysis.load import load_about

    kept = "" if url else load_about(located(source)).settings.get("url", "")
    return checked_url(url or kept) if url or kept else ""


def keep_address(source: Path, url: str) -> bool:
    """Keep the page's address with the run, for later pages, citations and exports; say whether it was kept.

    Only a store keeps it: an exported folder and a reference run stay as they are.
    """
    from bench.run.store import Store

    checked_url(url)
    if not Path(source).is_file() or is_table(Path(source)):
        return False
    with Store(source).writing() as writer:
        writer.keep_setting("url", url)
    return True
