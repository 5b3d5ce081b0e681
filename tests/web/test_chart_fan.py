"""The drawing of a forecast: a line until a day, a fan up to the end, and every figure in its table."""

from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from portal.web.charts.fan import Fan
from portal.web.charts.svg import SIZES

FIRST, WEEK = date(2026, 9, 7), timedelta(days=7)
FAN = Fan(tuple(FIRST + WEEK * n for n in range(4)), (0, 8, 15, 20), date(2027, 2, 28), 40, 55, 72, 60)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(fan: Fan, size: str) -> ET.Element:
    return ET.fromstring(str(fan.svg(size)))


def words(fan: Fan, size: str) -> list[str]:
    return [one.text or "" for one in drawn(fan, size).iter(f"{SVG}text")]


def test_the_fan_opens_where_the_line_ends_and_holds_what_is_foreseen() -> None:
    root = drawn(FAN, "wide")
    lines = [one.get("points", "").split() for one in root.iter(f"{SVG}polyline")]
    (now, high, low) = next(root.iter(f"{SVG}polygon")).get("points", "").split()
    lived = max(lines, key=len)
    expected = next(line for line in lines if line[0] == now)

    assert lived[-1] == now
    heights = [float(point.split(",")[1]) for point in (high, expected[-1], low)]
    assert heights == sorted(heights)


@pytest.mark.parametrize("size", SIZES)
def test_every_figure_is_written_and_nothing_leaves_the_drawing(size: str) -> None:
    told = " ".join(words(FAN, size))
    for figure in ("20", "40", "55", "72", "60"):
        assert figure in told
    assert "…" not in told
    for one in drawn(FAN, size).iter(f"{SVG}text"):
        assert 0 <= float(one.get("y", "0")) <= SIZES[size].height


def test_one_figure_is_written_once() -> None:
    told = words(replace(FAN, low=60, expected=60, high=60, goal=0), "wide")

    assert "60 prévues" in told
    assert not any("au plus" in one or "objectif" in one for one in told)


def test_its_table_and_its_words() -> None:
    assert FAN.table.columns == ("Au", "Engagées", "Au moins", "Prévu", "Au plus")
    assert FAN.table.printed()[-2:] == (
        ("28\u00a0sept.\u00a02026", "20", "—", "—", "—"),
        ("28\u00a0févr.\u00a02027", "—", "40", "55", "72"),
    )
    assert "entre 40 et 72, 55 au milieu. L’objectif est de 60." in FAN.words


def test_nothing_reached_nor_foreseen_is_not_drawn() -> None:
    nothing = replace(FAN, values=(0, 0, 0, 0), low=0, expected=0, high=0)

    assert nothing.empty
    assert "Aucune donnée" in str(nothing.svg())


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": ()},
        {"values": (1, 2)},
        {"low": 56},
        {"high": 54},
        {"end": FIRST},
        {"values": (0, 8, -1, 20)},
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot be drawn|follow|in order"):
        replace(FAN, **wrong)  # type: ignore[arg-type]
