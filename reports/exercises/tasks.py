"""The exercises as they are shown: how hard, with what, which figures, and the code that works each out in a notebook.

Their words stand in the catalogue under `exercises.tasks.<name>`, their answers in `analysis.exercises`. Code has no
words, so that the notebooks of all languages compute the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OWN_CELL = Path(__file__).with_name("mgu.py.txt")
"""What exercise "own-cell" asks for: a file of `cells/equations`."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """How an exercise is shown.

    Parameters
    ----------
    name
        As in `analysis.exercises.EXERCISES`, and the anchor of the page.
    level
        read (a figure), work (something out) or own (a question, a cell).
    means
        What it takes: paper, notebook or shell.
    asks
        The values that are asked for: variables of the notebook.
    solution
        Code that gives them, from `run`, an opened run with all figures that the exercise uses.
    command
        Shell lines, where the exercise is done on the command line too.
    listing
        A file that is part of the answer.

    """

    name: str
    level: str
    means: tuple[str, ...]
    asks: tuple[str, ...]
    solution: str
    command: str = ""
    listing: Path | None = None


TASKS = (
    Task(
        name="horizon",
        level="read",
        means=("paper",),
        asks=("rnn", "lstm"),
        solution="""
facts = run.figures["gradient-profile"].facts
rnn = facts["rnn_torch_horizon"].value
lstm = facts["lstm_torch_horizon"].value
rnn, lstm
""",
    ),
    Task(
        name="parameters",
        level="read",
        means=("paper",),
        asks=("lstm", "gru"),
        solution="""
I, H = 32, 64
lstm = 4 * (H * (I + H) + H)
gru = 3 * (H * (I + H) + H)
lstm, gru
""",
    ),
    Task(
        name="constant-gate",
        level="work",
        means=("paper", "notebook"),
        asks=("gate", "left"),
        solution="""
from math import exp, log10

lag = run.figures["forget-bias"].facts["lag"]
gate = 1 / (1 + exp(-1))
left = lag * log10(gate)
gate, left
""",
    ),
    Task(
        name="initialiser",
        level="read",
        means=("paper", "notebook"),
        asks=("best", "kept"),
        solution="""
profile = run.figures["gradient-profile"].data
lstm_profile = profile[(profile["name"] == "lstm") & (profile["lag"] == profile["lag"].max())]
at_start = lstm_profile.set_index("initialiser")["median"]
best = at_start.idxmax()
kept = (at_start > -3).sum()
at_start.round(1)
""",
    ),
    Task(
        name="float32",
        level="work",
        means=("paper", "notebook"),
        asks=("lost",),
        solution="""
import numpy as np

slope = run.figures["gradient-profile"].facts["lstm_torch_slope"].value
lost = np.log10(float(np.finfo("float32").tiny)) / slope
lost
""",
    ),
    Task(
        name="operations",
        level="work",
        means=("paper", "notebook"),
        asks=("operations", "time"),
        solution="""
ratios = run.figures["time-ratio"].data
own = ratios[(ratios["backend"] == "cpu") & (ratios["direction"] == "training")]
operations = 3 / 4
time = own.loc[own["hidden_size"].idxmax(), "ratio"]
operations, time
""",
    ),
    Task(
        name="verdict",
        level="work",
        means=("paper", "notebook"),
        asks=("faster", "not_faster", "undecided"),
        solution="""
ratios = run.figures["time-ratio"].data
own = ratios[(ratios["backend"] == "cpu") & (ratios["direction"] == "training")]
faster = (own["high"] <= 0.95).sum()
not_faster = (own["low"] > 0.95).sum()
undecided = len(own) - faster - not_faster
own[["hidden_size", "ratio", "low", "high"]].round(2)
""",
    ),
    Task(
        name="delayed-xor",
        level="own",
        means=("notebook", "shell"),
        asks=("default", "biased"),
        solution="""
rates = run.figures["learning-rate"].data
xor = rates[(rates["task"] == "delayed-xor") & (rates["name"] == "lstm") & (rates["share"] >= 0.5)]
default = xor.loc[xor["start"] == "torch", "seq_len"].max()
biased = xor.loc[xor["start"] == "torch-fb1", "seq_len"].max()
default, biased
""",
        command="""
recurbench ask solving --task delayed-xor --cell lstm --seq-len 20 40 \\
    --forget-bias 0 1 --learning-rate 0.001 --seeds 5 --name xor-cliff
recurbench report
""",
    ),
    Task(
        name="own-claim",
        level="own",
        means=("notebook", "shell"),
        asks=("predicted", "measured"),
        solution="""
from math import exp
from pathlib import Path
from tempfile import mkdtemp

from bench import ask

predicted = 1 / (1 + exp(-1)) + 0.5 * 0.5 / 3**0.5
rows = ask(
    "gradient-flow", cell="lstm", forget_bias=[0, 1], seq_len=100, hidden_size=64, seeds=5,
    name="one-step", store=Path(mkdtemp()) / "own.sqlite",
)
joint = rows[rows["metric"] == "log10_norm_joint"]
curves = joint.pivot_table(index="step", columns="gate_bias", values="value")
late = curves[(curves.index >= 10) & (curves.index < 100)]
slopes = (late.iloc[-1] - late.iloc[0]) / (late.index[-1] - late.index[0])
measured = 10 ** slopes[1]
predicted, measured
""",
        command="""
recurbench ask gradient-flow --cell lstm --forget-bias 0 1 \\
    --seq-len 100 --hidden-size 64 --seeds 5 --name one-step
recurbench report
""",
    ),
    Task(
        name="own-cell",
        level="own",
        means=("shell",),
        asks=("predicted", "share"),
        solution="""
gate, gain = 0.5, 1 / 3**0.5
predicted = (1 - gate) + gate * gate * gain
share = 2 / 3
predicted, share
""",
        command="""
python -m pytest tests/cells -k mgu
recurbench ask gradient-flow --cell mgu gru --seq-len 100 \\
    --hidden-size 64 --name one-gate
recurbench report
""",
        listing=OWN_CELL,
    ),
)
"""In the order of a course, which is that of `analysis.exercises.EXERCISES`."""

BY_NAME: Mapping[str, Task] = {task.name: task for task in TASKS}
