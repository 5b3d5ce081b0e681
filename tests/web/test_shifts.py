"""Where each row stood and would stand: the scale holds every dot, and every figure is in the table."""

import re

import pytest

from portal.web.charts.shifts import Shift, Shifts

ROWS = (Shift("Proxité", 0.42, 0.61), Shift("Télémaque & cie", 1.18, 0.97))


def circles(svg: str) -> list[tuple[float, str]]:
    return [(float(x), fill) for x, fill in re.findall(r'<circle cx="([\d.]+)"[^>]*fill="([^"]+)"', svg)]


@pytest.mark.parametrize("size", ["narrow", "medium", "wide", "broad"])
def test_every_dot_and_word_stays_within_the_drawing(size: str) -> None:
    svg = str(Shifts(ROWS).svg(size))
    width = float(re.findall(r'width="([\d.]+)"', svg)[0])
    assert len(circles(svg)) == 2 * (len(ROWS) + 1)
    assert all(0 < x < width for x, _ in circles(svg))
    assert "Télémaque &amp; cie" in svg


def test_what_grows_goes_to_the_right_and_what_falls_to_the_left() -> None:
    dots = circles(str(Shifts(ROWS).svg()))[2:]
    assert dots[0][0] < dots[1][0]
    assert dots[2][0] > dots[3][0]
    assert dots[0][1] != dots[1][1]


@pytest.mark.parametrize(
    ("before", "after", "ticks"),
    [
        (0.42, 1.12, [0.25, 0.5, 0.75, 1.0, 1.25]),
        (0.5, 0.5, [0.5, 0.55]),
        (0.0, 12.0, [0.0, 5.0, 10.0, 15.0]),
        (0.981, 0.995, [0.95, 1.0]),
    ],
)
def test_the_scale_holds_every_row(before: float, after: float, ticks: list[float]) -> None:
    found = Shifts((Shift("Proxité", before, after),)).ticks()
    assert found == ticks
    assert found[0] <= min(before, after) <= max(before, after) <= found[-1]


def test_its_figures_are_told_and_listed() -> None:
    chart = Shifts(ROWS)
    assert chart.words == (
        "En vigueur, puis rejoué\u00a0: Proxité de 42\u00a0% à 61\u00a0% et Télémaque & cie de 118\u00a0% à 97\u00a0%."
    )
    assert chart.table.printed()[0] == ("Proxité", "42\u00a0%", "61\u00a0%")
    assert Shifts(()).empty
