"""The words around a drawing on a slide, and names that would run into each other."""

import pytest
from matplotlib.text import Text

from analysis.drawing import fit, frame, style

WORDS = {frame.HEADLINE: "A gradient fades", frame.CREDIT: "recurbench · a @ 0123"}


def drawn(labels, name="slide-light", columns=2, title="panel", ylabel="value"):
    with frame.around(labels), style.canvas(name, 1, columns) as drawing:
        for axes in drawing.flat:
            axes.plot([0, 1], [0, 1], label="line")
            axes.set_title(title, loc="left")
        drawing.flat[0].set_ylabel(ylabel)
        drawing.figure.supxlabel("common")
        drawing.legend(drawing.flat[0].get_lines())
    return drawing.figure


def texts(figure):
    return {text.get_gid(): text for text in figure.findobj(Text) if text.get_gid()}


def boxes(figure):
    """Boxes of the words around, and of everything between them, in pixels."""
    found = texts(figure)
    inside = [axes.get_tightbbox() for axes in figure.axes] + [legend.get_window_extent() for legend in figure.legends]
    inside.append(figure._supxlabel.get_window_extent())
    return found["slide-headline"].get_window_extent(), found["slide-credit"].get_window_extent(), inside


@pytest.mark.parametrize("headline", ["Short", "A finding of many words that " * 6, "$x$ <b> \\alpha " * 3])
def test_nothing_of_the_drawing_touches_the_words_around_it(headline):
    above, below, inside = boxes(drawn(WORDS | {frame.HEADLINE: headline}))
    width, height = above.x1, above.y1
    for box in inside:
        assert below.y1 < box.y0
        assert box.y1 < above.y0
    assert width < 1280
    assert height < 720


def test_every_type_of_a_slide_can_be_read_from_the_last_row():
    figure = drawn(WORDS)
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(sizes) >= style.LAST_ROW


def test_words_are_shown_as_they_are_written():
    figure = drawn(WORDS | {frame.HEADLINE: "$x$ costs"})
    assert texts(figure)["slide-headline"].get_text() == "$x$ costs"
    assert not texts(figure)["slide-headline"].get_parse_math()


def test_a_long_address_keeps_the_credit_on_the_slide():
    credit = texts(drawn(WORDS | {frame.CREDIT: "recurbench · https://example.org/" + "a" * 150}))["slide-credit"]
    assert credit.get_window_extent().x1 < 1280


def test_words_end_with_their_block_and_stand_on_slides_alone():
    assert not texts(drawn({}))
    assert not texts(drawn(WORDS, "page"))
    drawn(WORDS)
    with style.canvas("slide-dark") as drawing:
        pass
    assert not texts(drawing.figure)


def test_a_title_that_would_run_into_the_next_is_broken():
    titles = {axes.get_title(loc="left") for axes in drawn(WORDS, columns=5, title="a title of words").axes}
    assert titles == {"a title\nof words"}
    assert {axes.get_title(loc="left") for axes in drawn(WORDS, title="panel").axes} == {"panel"}


def test_lines_are_broken_where_the_longest_is_shortest():
    assert fit.one_line_more("a bb ccc") == "a bb\nccc"
    assert fit.one_line_more("slope of the RNN\n(decades per step)").count("\n") == 2
    assert fit.one_line_more("word") == "word"
    assert fit.one_line_more("$a b$ c") == "$a b$ c"


def test_a_legend_that_is_too_long_has_more_rows():
    with style.canvas("slide-light") as drawing:
        lines = [drawing.flat[0].plot([0, 1], label=f"a long name of the line {place}")[0] for place in range(6)]
        drawing.legend(lines)
    (legend,) = drawing.figure.legends
    assert 1 < legend._ncols < 6
    assert legend.get_window_extent().x1 <= 1280
