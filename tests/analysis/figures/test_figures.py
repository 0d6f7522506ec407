"""Figures draw in every style, the same bytes each time, and disappear with their rows."""

from __future__ import annotations

import dataclasses
import io
import pickle

import matplotlib as mpl
import pandas as pd
import pytest

from analysis.cells import known
from analysis.drawing import style
from analysis.figures import REGISTRY, FigureModule, draw
from analysis.select import measured
from tests.support.rows import synthetic


class Recorder(dict[str, str]):
    """Labels that remember which of them were asked for; those of cells come with the rows."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__({key: "w" for key in (*keys, *(f"cell.{name}" for name in known().order))})
        self.unknown: set[str] = set()

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        if key not in self:
            self.unknown.add(key)
        return super().get(key, default)


@pytest.fixture(scope="module")
def figures(rows: pd.DataFrame):  # type: ignore[no-untyped-def]
    return {name: module.build(rows) for name, module in REGISTRY.items()}


def svg(canvas) -> bytes:  # type: ignore[no-untyped-def]
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "test", "svg.fonttype": "path"}):
        canvas.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


@pytest.mark.parametrize("name", REGISTRY)
def test_the_same_rows_give_the_same_bytes(name: str, figures, pages: dict[str, bytes], rows: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    labels = Recorder(REGISTRY[name].LABELS)
    again = REGISTRY[name].build(rows)
    assert again.rows_sha == figures[name].rows_sha
    assert svg(draw(again, "page", labels)) == pages[name]
    assert not labels.unknown, f"{name} asks for labels that LABELS lacks"


@pytest.mark.parametrize("name", ["gradient-profile", "runtime-vs-length", "phase-diagram", "parameter-count"])
def test_a_figure_travels_as_a_value(name: str, figures, pages: dict[str, bytes]) -> None:  # type: ignore[no-untyped-def]
    copy = pickle.loads(pickle.dumps(figures[name]))
    assert copy.rows_sha == figures[name].rows_sha
    assert copy.facts == figures[name].facts
    assert svg(draw(copy, "page", Recorder(REGISTRY[name].LABELS))) == pages[name]


def test_an_unknown_figure_is_named_with_the_known(figures) -> None:  # type: ignore[no-untyped-def]
    stray = dataclasses.replace(figures["decay-rate"], id="stray")
    with pytest.raises(ValueError, match=r"unknown figure 'stray'; known: .*decay-rate"):
        draw(stray, "page", {})


@pytest.fixture(scope="module")
def pages(figures) -> dict[str, bytes]:  # type: ignore[no-untyped-def]
    return {name: svg(draw(figure, "page", Recorder(REGISTRY[name].LABELS))) for name, figure in figures.items()}


@pytest.mark.parametrize(
    ("name", "style_name"),
    [
        ("activations", "paper"),
        ("parameter-count", "slide-light"),
        ("time-ratio", "slide-dark"),
        ("cuda-ratio", "slide-dark"),
        ("cuda-step", "slide-light"),
    ],
)
def test_a_figure_draws_in_every_style(name: str, style_name: str, figures) -> None:  # type: ignore[no-untyped-def]
    canvas = draw(figures[name], style_name, dict.fromkeys(REGISTRY[name].LABELS, "w"))
    width, height = canvas.get_size_inches()
    assert width == style.LOOKS[style_name].width
    if style_name.startswith("slide"):
        assert width / height == pytest.approx(16 / 9)


@pytest.mark.parametrize("name", REGISTRY)
def test_the_facts_that_a_figure_promises_are_there(name: str, figures) -> None:  # type: ignore[no-untyped-def]
    facts = figures[name].facts
    assert set(REGISTRY[name].FACTS) <= set(facts)


@pytest.mark.parametrize("module", REGISTRY.values(), ids=list(REGISTRY))
def test_without_rows_there_is_no_figure(module: FigureModule, rows: pd.DataFrame) -> None:
    assert module.build(rows.loc[~rows["study"].isin(module.STUDIES)]) is None
    assert module.build(rows.iloc[:0]) is None


@pytest.mark.parametrize("name", REGISTRY)
def test_text_and_axes_of_the_page_use_the_sentinels_only(name: str, pages: dict[str, bytes]) -> None:
    drawing = pages[name].decode().lower()
    assert style.INK in drawing
    assert "#000000" not in drawing
    assert "#ffffff" not in drawing


def test_every_series_id_stands_once_in_a_drawing(pages: dict[str, bytes]) -> None:
    for name, drawing in pages.items():
        ids = [part.split('"')[0] for part in drawing.decode().split('id="series-')[1:]]
        assert ids, name
        assert len(ids) == len(set(ids)), name


def test_a_small_grid_still_draws() -> None:
    frame = synthetic.frame(synthetic.with_truth(seeds=2, blocks=2))
    small = frame.loc[
        frame["initialiser"].isin(["torch", "torch-fb1", "forget-bias", "gaussian"])
        & (frame["hidden_size"] <= 64)
        & ~(frame["backend"] == "torch")
    ]
    for name, module in REGISTRY.items():
        figure = module.build(small)
        assert figure is not None, name
        if name in ("time-ratio", "decay-rate"):
            draw(figure, "paper", dict.fromkeys(module.LABELS, "w"))


def test_the_plotted_medians_are_those_of_the_rows(figures, rows: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    data = figures["runtime-vs-hidden"].data
    one = data.loc[(data["name"] == "lstm") & (data["backend"] == "cpu") & (data["direction"] == "training")]
    times = measured(rows, "runtime", "elapsed_s")
    keep = (times["name"] == "lstm") & (times["backend"] == "cpu") & (times["direction"] == "training")
    keep &= (times["seq_len"] == 100) & (times["batch_size"] == 32)
    expected = times.loc[keep].groupby("hidden_size")["value"].median()
    assert one.set_index("hidden_size")["median_s"].to_dict() == pytest.approx(expected.to_dict())


def test_an_unknown_style_is_named_with_the_known() -> None:
    with pytest.raises(ValueError, match="known: page, paper, slide-light, slide-dark"):
        style.look("poster")


def test_a_task_of_one_length_has_its_horizons_drawn(figures) -> None:  # type: ignore[no-untyped-def]
    figure = figures["solved-share"]
    data = figure.data
    single = data.loc[data["seq_len"] == data.groupby("task")["seq_len"].transform("min")]
    canvas = draw(
        dataclasses.replace(figure, data=single), "slide-light", dict.fromkeys(REGISTRY["solved-share"].LABELS, "w")
    )
    assert len(canvas.axes) == single["task"].nunique()
