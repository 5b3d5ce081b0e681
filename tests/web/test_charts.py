"""The geometry and the words of drawings: plain data in, SVG out."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web import components
from portal.web.charts import (
    COUNT,
    MASKED,
    SHARE,
    Bar,
    Bars,
    Chart,
    FranceMap,
    Funnel,
    Highlight,
    Line,
    Measure,
    Pair,
    Pairs,
    Progress,
    Spark,
    Stack,
    Stacks,
    Stage,
    Trend,
    Value,
    palette,
    samples,
)
from portal.web.charts.axis import Tick, day_ticks
from portal.web.charts.measure import gridlines
from portal.web.charts.svg import NARROW, SIZES, Size, fitted, text_width, wrapped
from portal.web.charts.trend import spread

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2026, 6, 1)
DRAWN = [(name, size) for name in samples.charts() for size in SIZES]
TOKEN = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});")
PLAIN_SPACES_IN_FIGURES = re.compile(r"\d [\d%]")


def weeks(count: int) -> tuple[date, ...]:
    return tuple(MONDAY + timedelta(weeks=at) for at in range(count))


def trend_of(*values: float | None) -> Trend:
    return Trend(weeks(len(values)), (Line("Reçues", values),))


def read(markup: str) -> ET.Element:
    return ET.fromstring(str(markup))


def texts(markup: str) -> list[str]:
    return ["".join(one.itertext()) for one in read(markup).iter(f"{SVG}text")]


def drawn_width(markup: str, colour: str) -> list[float]:
    return [float(one.get("width", "0")) for one in read(markup).iter(f"{SVG}rect") if one.get("fill") == colour]


# ---- every drawing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "size"), DRAWN)
def test_a_drawing_is_well_formed_and_carries_its_own_colours(name: str, size: str) -> None:
    root = read(samples.charts()[name].svg(size))
    allowed = {"none", *(c for c in vars(palette).values() if isinstance(c, str)), *palette.RAMP, *palette.TILES}
    for one in root.iter():
        assert "style" not in one.attrib
        assert {one.get("fill", "none"), one.get("stroke", "none")} <= allowed
    assert root.get("role") == "img"
    assert len(root.get("aria-label", "")) > 20
    assert root.get("width") == str(SIZES[size].width)


@pytest.mark.parametrize(("name", "size"), DRAWN)
def test_nothing_leaves_the_drawing(name: str, size: str) -> None:
    root = read(samples.charts()[name].svg(size))
    _, _, width, height = (float(part) for part in root.get("viewBox", "").split())
    for one in root.findall(f"{SVG}rect"):
        x, y = float(one.get("x", "0")), float(one.get("y", "0"))
        assert x >= 0
        assert x + float(one.get("width", "0")) <= width + 0.2
        assert y + float(one.get("height", "0")) <= height + 0.2
    for one in root.findall(f"{SVG}text"):
        words, x = "".join(one.itertext()), float(one.get("x", "0"))
        wide = text_width(words)
        start = x - {"end": wide, "middle": wide / 2}.get(one.get("text-anchor", ""), 0)
        assert start >= -2
        assert start + wide <= width + 2
        assert 0 < float(one.get("y", "0")) <= height


@pytest.mark.parametrize(("name", "size"), DRAWN)
def test_every_figure_is_written_in_french(name: str, size: str) -> None:
    written = " | ".join(texts(samples.charts()[name].svg(size)))
    assert not PLAIN_SPACES_IN_FIGURES.search(written)
    assert not re.search(r"\d\.\d", written)


@pytest.mark.parametrize(("name", "size"), DRAWN)
def test_no_text_is_under_the_size_that_can_be_read(name: str, size: str) -> None:
    sizes = {float(one.get("font-size", "0")) for one in read(samples.charts()[name].svg(size)).findall(f"{SVG}text")}
    assert sizes <= {14.0}


@pytest.mark.parametrize(
    "chart",
    [Trend((), (Line("Reçues", ()),)), Funnel(()), Bars(()), Pairs(()), Stacks((), ("Acceptées",)), FranceMap({})],
    ids=lambda chart: type(chart).__name__,
)
def test_without_data_it_says_so(chart: Chart) -> None:
    assert chart.empty
    assert texts(chart.svg("narrow")) == ["Aucune donnée sur cette période."]
    assert "Aucune donnée" in read(chart.svg("narrow")).get("aria-label", "")


def test_names_are_text_and_never_markup() -> None:
    drawn = Bars((Bar('<script>"&', 3),)).svg("wide")
    assert "<script>" not in drawn
    assert '<script>"&' in texts(drawn)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_figure_that_cannot_be_drawn_is_refused(value: float) -> None:
    for draw in (
        lambda: Bars((Bar("Lycée", value),)),
        lambda: trend_of(value),
        lambda: Funnel((Stage("Reçues", value),)),
        lambda: FranceMap({"59": value}),
        lambda: Progress(value, 10),
        lambda: Spark((value,)),
    ):
        with pytest.raises(ValueError, match="cannot be drawn"):
            draw()


# ---- masked ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chart",
    [
        Bars((Bar("Lycée", 640), Bar("CFA", MASKED))),
        Pairs((Pair("15 à 17 ans", 640, MASKED),)),
        Funnel((Stage("Reçues", 640), Stage("Acceptées", MASKED))),
        FranceMap({"59": 640, "974": MASKED}),
    ],
    ids=lambda chart: type(chart).__name__,
)
def test_a_masked_value_is_said_and_never_shown(chart: Chart) -> None:
    assert "moins de\u00a05" in texts(chart.svg("wide"))
    assert any("moins de\u00a05" in row for row in chart.table.printed())


def test_all_masked_bars_are_drawn_alike() -> None:
    few, many = (Bars((Bar("CFA", MASKED), Bar("Lycée", value))).svg("narrow") for value in (6, 60_000))
    assert drawn_width(few, palette.PAPER) == drawn_width(many, palette.PAPER)


def test_no_share_and_no_total_tells_a_masked_value() -> None:
    steps = Funnel((Stage("Reçues", 12), Stage("Acceptées", MASKED), Stage("En binôme", 0)))
    assert [steps.kept(at) for at in range(3)] == ["", "", ""]
    drawn = Stacks((Stack("Tourcoing", (64, MASKED)),), ("Acceptées", "Réorientées")).svg("wide")
    assert [one for one in texts(drawn) if one.isdigit()] == ["64"]


def test_a_line_stops_at_a_masked_week_and_says_why_when_all_are() -> None:
    line = Line("Reçues", (12, 13, MASKED, 14, 15))
    trend = Trend(weeks(5), (line,))
    assert [len(run) for run in trend.runs(line, trend.frame(NARROW))] == [2, 2]
    hidden = Trend(weeks(2), (Line("Reçues", (MASKED, MASKED)),))
    assert "Moins de\u00a05 à chaque fois" in " ".join(texts(hidden.svg("narrow")))


# ---- trend -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=60), st.sampled_from(sorted(SIZES)))
def test_points_stay_in_the_frame_and_keep_the_order_of_values(values: list[int], size: str) -> None:
    trend = trend_of(*values)
    frame = trend.frame(SIZES[size])
    points = [point for run in trend.runs(trend.lines[0], frame) for point in run]
    assert len(points) == len(values)
    for x, y in points:
        assert 0 < frame.left - 0.1 <= x <= frame.right + 0.1 < SIZES[size].width
        assert frame.top - 0.1 <= y <= frame.bottom + 0.1
    assert max(values) == 0 or min(y for _, y in points) == pytest.approx(frame.y(max(values)))


@pytest.mark.parametrize(
    ("largest", "measure", "lines"),
    [
        (489, COUNT, (0, 200, 400)), (0, COUNT, (0, 1, 2)), (1, COUNT, (0, 1, 2)), (5, COUNT, (0, 2, 4)),
        (1_200_000, COUNT, (0, 600_000, 1_200_000)), (0.72, SHARE, (0, 0.3, 0.6)), (3.8, Measure(1, "j"), (0, 1.5, 3)),
    ],
)  # fmt: skip
def test_three_gridlines_are_rounded(largest: float, measure: Measure, lines: tuple[float, ...]) -> None:
    assert gridlines(largest, measure) == pytest.approx(lines)


def test_zeros_are_drawn_on_the_axis_and_one_point_as_a_dot() -> None:
    zeros = trend_of(0, 0, 0)
    frame = zeros.frame(NARROW)
    assert {y for _, y in zeros.runs(zeros.lines[0], frame)[0]} == {frame.bottom}
    assert not zeros.empty
    alone = read(trend_of(12).svg("narrow"))
    assert len(alone.findall(f"{SVG}circle")) == 1
    assert alone.findall(f"{SVG}polyline") == []


def test_huge_figures_leave_room_for_the_line() -> None:
    frame = trend_of(1_200_000, 900_000).frame(NARROW)
    assert frame.right - frame.left > NARROW.width / 3
    assert "1\u00a0200\u00a0000" in texts(trend_of(1_200_000, 900_000).svg("narrow"))


def test_the_marked_moment_has_shorter_words_on_a_phone() -> None:
    assert "rentrée\u00a0: 489\u00a0en une semaine" in texts(samples.trend().svg("wide"))
    assert "rentrée\u00a0: 489" in texts(samples.trend().svg("narrow"))


def test_a_trend_refuses_lines_that_do_not_match_its_days() -> None:
    refused: tuple[Callable[[], Trend], ...] = (
        lambda: Trend(weeks(2), (Line("Reçues", (1,)),)),
        lambda: Trend(weeks(2)[::-1], (Line("Reçues", (1, 2)),)),
        lambda: Trend(weeks(1), ()),
        lambda: Trend(weeks(1), (Line("Reçues", (1,)),) * 4),
        lambda: Trend(weeks(1), (Line("Reçues", (1,)),), Highlight(1, "demain")),
    )
    for wrong in refused:
        with pytest.raises(ValueError, match=r"lines|line|moment"):
            wrong()


@given(st.lists(st.floats(0, 300), min_size=1, max_size=3), st.integers(10, 40))
def test_names_at_the_ends_never_cover_each_other(wanted: list[float], height: int) -> None:
    placed = sorted(spread(wanted, [float(height)] * len(wanted), 0, 300))
    assert all(b - a >= height - 1e-6 for a, b in pairwise(placed))
    assert placed[0] >= height / 2 - 1e-6
    assert placed[-1] <= 300 - height / 2 + 1e-6


def ticks(days: tuple[date, ...], width: int) -> list[Tick]:
    span = max((days[-1] - days[0]).days, 1)
    return day_ticks(days, lambda one: 40 + (width - 80) * (one - days[0]).days / span, width)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 25, 60, 160, 520])
@pytest.mark.parametrize("size", SIZES.values(), ids=lambda size: size.name)
def test_months_are_never_written_over_each_other(count: int, size: Size) -> None:
    found = ticks(weeks(count), size.width)
    assert found
    assert all(b.start > a.end for a, b in pairwise(found))
    assert found[0].start >= 0
    assert found[-1].end <= size.width


def test_months_are_in_french_and_january_says_its_year_when_there_are_several() -> None:
    assert [tick.words for tick in ticks(weeks(20), 560)] == ["juin", "juil.", "août", "sept.", "oct."]
    assert "janv.\u00a02027" in [tick.words for tick in ticks(weeks(60), 800)]
    assert ticks((date(2026, 6, 1), date(2026, 6, 8)), 560)[0].words == "1er\u00a0juin"
    assert [tick.words for tick in ticks(weeks(200), 288)] == ["2027", "2028", "2029", "2030"]


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_a_step_says_what_is_left_of_the_one_before() -> None:
    steps = samples.funnel()
    assert [steps.kept(at) for at in range(5)] == ["", "96\u00a0%", "86\u00a0%", "91\u00a0%", "80\u00a0%"]
    assert "96\u00a0% de l’étape d’avant" in texts(steps.svg("narrow"))
    assert Funnel((Stage("Reçues", 0), Stage("Acceptées", 3))).kept(1) == ""
    assert len(drawn_width(steps.svg("narrow"), palette.CORAL)) == 1


def test_bars_are_as_long_as_their_figures() -> None:
    drawn = Bars((Bar("Lycée", 50), Bar("Collège", 100), Bar("CFA", 0))).svg("narrow")
    assert drawn_width(drawn, palette.PETROL) == [288, 144]


def test_rows_are_ranked_unless_their_order_means_something() -> None:
    rows = Bar("Un", 1), Bar("Masqué", MASKED), Bar("Rien", 0), Bar("Dix", 10)
    assert [row[0] for row in Bars(rows).table.rows] == ["Dix", "Un", "Masqué", "Rien"]
    assert [row[0] for row in Bars(rows, ranked=False).table.rows] == ["Un", "Masqué", "Rien", "Dix"]


@pytest.mark.parametrize("size", SIZES)
def test_both_sides_of_pairs_are_drawn_on_one_scale(size: str) -> None:
    drawn = Pairs((Pair("À orienter", 30, 13), Pair("Sans place", 4, 3))).svg(size)
    (first, fourth), (second, third) = drawn_width(drawn, palette.PETROL), drawn_width(drawn, palette.CORAL)
    assert second / first == pytest.approx(13 / 30, abs=0.02)
    assert fourth > third


def test_more_than_the_step_before_is_no_share_of_it() -> None:
    steps = Funnel((Stage("Confiées", 412), Stage("Acceptées", 422), Stage("En binôme", 422)))
    assert [row[2] for row in steps.table.rows] == ["—", "—", "100\u00a0%"]
    assert "102" not in " ".join(texts(steps.svg("narrow")))


@pytest.mark.parametrize("size", ["narrow", "wide"])
def test_a_long_reason_stands_on_two_lines_and_the_next_row_under_it(size: str) -> None:
    reason = "Il faut un prescripteur ou un établissement partenaire"
    drawn = Bars((Bar(reason, 9, "75\u00a0%"), Bar("Plus de place", 3, "25\u00a0%"))).svg(size)
    said = [one for one in texts(drawn) if one in reason]
    assert " ".join(said) == reason
    assert len(said) == 2
    names = {"".join(one.itertext()): float(one.get("y", "0")) for one in read(drawn).iter(f"{SVG}text")}
    assert names["Plus de place"] - names[said[1]] >= 19


def test_parts_of_a_whole_fill_the_row() -> None:
    rows = Stack("Roubaix", (1, 1)), Stack("Lille", (300, 100)), Stack("Croix", (0, 0))
    drawn = Stacks(rows, ("Acceptées", "Réorientées"), whole=True).svg("narrow")
    first, second = (drawn_width(drawn, colour) for colour, _ in palette.PARTS[:2])
    assert first[1:] == pytest.approx([142.5, 214.5], abs=0.2)
    assert second[1:] == pytest.approx([142.5, 70.5], abs=0.2)
    with pytest.raises(ValueError, match="a value for each"):
        Stacks((Stack("Lille", (1,)),), ("Acceptées", "Réorientées"))


def test_a_long_name_is_cut_and_whole_when_pointed_at() -> None:
    long = "Enseignement supérieur, écoles d’ingénieurs et de commerce comprises"
    root = read(Bars((Bar(long, 3),)).svg("narrow"))
    assert [one.text for one in root.iter(f"{SVG}title")] == [long]
    assert fitted(long, 100).endswith("…")
    assert text_width(fitted(long, 100)) <= 100
    assert wrapped("Placées du premier coup", 100) == ["Placées du", "premier coup"]


@pytest.mark.parametrize(("value", "whole", "width", "colour"), [
    (74, 100, 97.7, palette.PETROL), (60, 100, 79.2, palette.MAP_2), (150, 100, 132, palette.PETROL), (0, 0, 0, palette.MAP_2),
])  # fmt: skip
def test_progress_is_darker_from_the_median_on(value: int, whole: int, width: float, colour: str) -> None:
    drawn = Progress(value, whole, median=0.7).svg()
    assert drawn_width(drawn, colour) == [width]
    assert len(drawn_width(drawn, palette.CORAL)) == 1
    assert 'aria-hidden="true"' in drawn
    assert 'role="img"' in Progress(1, 2, label="1 sur 2").svg()


@given(st.lists(st.one_of(st.integers(0, 10**7), st.just(MASKED)), max_size=40))
def test_a_small_line_stays_in_its_frame(values: list[Value]) -> None:
    spark = Spark(tuple(values))
    assert all(0 <= x <= 92 and 0 <= y <= 26 for x, y in spark.points())
    assert read(spark.svg()).tag == f"{SVG}svg"


# ---- tables and colours ----------------------------------------------------------------------------------------------


def test_a_table_keeps_raw_figures_and_prints_them_in_french() -> None:
    trend = Trend((date(2026, 6, 1),), (Line("Part", (0.685,)), Line("Avant", (None,))), measure=SHARE, per="mois")
    assert trend.table.columns == ("Mois", "Part", "Avant")
    assert trend.table.rows == (("juin\u00a02026", 0.685, None),)
    assert trend.table.printed() == (("juin\u00a02026", "69\u00a0%", "—"),)
    assert Measure(1, "j").words(3.75) == "3,8\u00a0j"


def test_colours_are_those_of_the_look() -> None:
    css = (Path(components.__file__).parents[1] / "static/css/tokens.css").read_text()
    tokens = {
        name: value.replace("#fff", "#ffffff") if len(value) == 4 else value for name, value in TOKEN.findall(css)
    }
    named = {
        k.lower().replace("_", "-"): v for k, v in vars(palette).items() if isinstance(v, str) and v.startswith("#")
    }
    assert {name: tokens[name] for name in named} == named
    assert [tokens[f"map-{at}"] for at in range(5)] == list(palette.RAMP)
