"""A report said in French: what a coordinator would understand, and nothing that chance alone would say."""

from typing import Any

import pytest

from admin.engine_told import associations, headline, honesty, lines, shifts, shifts_title, speaks_against
from matching.vocabulary import Side

FIGURES = {
    "served": 100, "placed": 100, "placed_at_once": 90, "waitlisted": 5, "unroutable": {"none": 3, "hops": 2}, "hops": 20,
    "days_median": 0.5, "days_p90": 2.25, "lowest": 0.3, "tenth_percentile": 0.4, "gini": 0.08, "mean_shortfall": 0.1,
}  # fmt: skip


def report(placed: int, gini: float, draws: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    after = {**FIGURES, "served": placed, "placed": placed, "gini": gini, "days_p90": 2.29, "lowest": 0.31}
    return {
        "before": FIGURES,
        "after": after,
        "differences": {
            "served": list(draws),
            "placed": list(draws),
            "gini": [gini - 0.08] * 3,
            "days_median": [None, None, None],
        },
        "same_as_recorded": {"same": 3, "of": 4},
        **more,
    }


@pytest.mark.parametrize(
    ("placed", "gini", "draws", "side", "said"),
    [
        (127, 0.06, (20, 25, 31), Side.MENTEE, "25 jeunes de plus, et des associations servies plus également"),
        (99, 0.12, (-3, -1, -1), Side.MENTOR, "1 bénévole de moins, et des associations servies moins également"),
        (
            104,
            0.081,
            (-7, 4, 12),
            Side.MENTEE,
            "À peu près autant de jeunes accueillis, et des associations servies aussi également",
        ),
        (100, 0.08, (0, 0, 0), Side.MENTEE, "Autant de jeunes accueillis, et des associations servies aussi également"),
    ],
)
def test_the_headline_says_the_middle_of_what_holds_at_every_draw(
    placed: int, gini: float, draws: tuple[float, float, float], side: Side, said: str
) -> None:
    assert headline(report(placed, gini, draws), side).replace("\u00a0", " ") == said


def test_each_measure_is_told_before_after_with_its_difference_and_its_tone() -> None:
    told = {line.measure.key: line for line in lines(report(127, 0.12, (20, 25, 31)))}
    assert told["placed"].shown == ("100", "127", "+27")
    assert (told["placed"].tone, told["placed"].interval) == ("good", "+25, de\u00a0+20 à\u00a0+31")
    assert told["gini"].shown == ("0,080", "0,120", "+0,040")
    assert told["gini"].tone == "bad"
    assert told["nowhere"].shown == ("5", "5", "0")
    assert told["lowest"].shown == ("30\u00a0%", "31\u00a0%", "+1\u00a0pt")
    assert told["days_median"].interval == ""


def test_a_difference_that_rounds_to_nothing_is_neither_good_nor_bad() -> None:
    line = next(one for one in lines(report(100, 0.08, (0, 0, 0))) if one.measure.key == "days_p90")
    assert line.shown == ("2,3\u00a0j", "2,3\u00a0j", "0\u00a0j")
    assert line.tone == ""


@pytest.mark.parametrize(
    ("gini", "draws", "against"),
    [
        (0.08, (-9, -5, -1), True),
        (0.08, (-9, -5, 0), False),
        (0.086, (3, 4, 5), True),
        (0.084, (3, 4, 5), False),
        (0.08, (0, 0, 0), False),
    ],
)
def test_what_every_draw_says_speaks_against_a_rule(
    gini: float, draws: tuple[float, float, float], against: bool
) -> None:
    assert speaks_against(report(100, gini, draws)) is against


def test_a_change_of_evenness_that_no_headline_tells_is_neither_good_nor_bad() -> None:
    tones = [
        next(one.tone for one in lines(report(100, gini, (0, 0, 0))) if one.measure.key == "gini")
        for gini in (0.0846, 0.086, 0.074)
    ]
    assert tones == ["", "bad", "good"]


def test_an_association_whose_attainment_falls_comes_before_one_given_a_few_more() -> None:
    rows = [
        {"id": "a", "before": [100, 400], "after": [104, 400]},
        {"id": "b", "before": [87, 200], "after": [87, 400]},
    ]
    found = associations(report(100, 0.08, (0, 0, 0), associations=rows), {"a": "Afev", "b": "Article 1"})
    assert [one.name for one in found] == ["Article 1", "Afev"]


def test_honesty_is_told_with_its_share() -> None:
    said = honesty(report(100, 0.08, (0, 0, 0))).replace("\u00a0", " ")
    assert "Sur 4 demandes vraiment proposées à une association" in said
    assert "3 fois (75 %)" in said


def test_associations_that_move_most_come_first_and_only_they_are_drawn() -> None:
    rows = [
        {"id": "a", "before": [10, 40], "after": [11, 40]},
        {"id": "b", "before": [5, 10], "after": [9, 10]},
        {"id": "c", "before": [5, 0], "after": [9, 0]},
        {"id": "gone", "before": [1, 2], "after": [1, 2]},
    ]
    told = report(100, 0.08, (0, 0, 0), associations=rows)
    found = associations(told, {"a": "Afev", "b": "Bis", "c": "Cor"})
    assert [one.name for one in found] == ["Bis", "Afev", "Cor", "Association retirée"]
    assert [one.moved for one in found] == ["+40\u00a0pts", "+3\u00a0pts", "—", "0\u00a0pt"]
    assert [row.name for row in shifts(found).rows] == ["Bis", "Afev"]
    assert shifts_title(told) == "Équité\u00a0: l’écart reste le même"
