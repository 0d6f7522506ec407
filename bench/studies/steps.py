"""Time the parts of a training step one by one."""

from __future__ import annotations

from bench.case import Case
from bench.measures import step_parts
from bench.studies.axes import PEER_CELLS
from bench.study import Study, always


def cases(cells: tuple[str, ...]) -> list[Case]:
    """List one middle-sized layer of each cell."""
    return [
        Case(
            study="steps",
            cell=cell,
            direction="training",
            seq_len=64,
            batch_size=32,
            input_size=256,
            hidden_size=256,
        )
        for cell in cells
    ]


STUDY = Study(
    name="steps",
    question="Where does a step spend its time?",
    sizes=always(PEER_CELLS),
    cases=cases,
    measure=step_parts.measure,
    timed=True,
    blocks=always(5),
    rounds=always(5),
)
