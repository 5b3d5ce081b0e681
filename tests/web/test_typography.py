"""French on screen, told by what a reader sees."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from portal.web import typography as t

NOW = datetime(2026, 11, 23, 12, 3, tzinfo=UTC)  # a Monday, 13 h 03 in Paris
N = "\u00a0"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Pour quelle raison ?", f"Pour quelle raison{N}?"),
        ("Pour quelle raison?", f"Pour quelle raison{N}?"),
        ("Attention: un parent", f"Attention{N}: un parent"),
        ("l'école d'à côté", "l’école d’à côté"),
        ("« Bonjour »", f"«{N}Bonjour{N}»"),
        ("«Bonjour»", f"«{N}Bonjour{N}»"),
        ("66 % et 84%", f"66{N}% et 84{N}%"),
        ("moins de 15 ans", f"moins de 15{N}ans"),
        ("la suite...", "la suite…"),
        ("Vraiment ?!", f"Vraiment{N}?!"),
        ("oui ; non", f"oui{N}; non"),
    ],
)
def test_a_reader_sees_french_spaces_and_apostrophes(written: str, shown: str) -> None:
    assert t.french(written) == shown


@pytest.mark.parametrize("kept", ["https://exemple.org/a:b", "ouvert à 9:12", "déjà\u00a0: fait\u00a0?"])
def test_addresses_hours_and_good_typography_are_left_alone(kept: str) -> None:
    assert t.french(kept) == kept


@given(st.text(alphabet="abé ?!;:«»'’%0129\u00a0\u202f", max_size=40))
def test_correcting_twice_changes_nothing_more(text: str) -> None:
    once = t.french(text)
    assert t.french(once) == once


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("de la 6e au bac", "de la 6<sup>e</sup> au bac"),
        ("1re générale", "1<sup>re</sup> générale"),
        ("du 1er décembre", "du 1<sup>er</sup> décembre"),
        ("Hem, 2de", "Hem, 2<sup>de</sup>"),
        ("XXIe siècle", "XXI<sup>e</sup> siècle"),
        ("2ème tour", "2<sup>e</sup> tour"),
        ("Bac-3, salle 12eb, cerise", "Bac-3, salle 12eb, cerise"),
    ],
)
def test_ordinals_are_raised_and_nothing_else(written: str, shown: str) -> None:
    assert t.ordinals(written) == Markup(shown)


def test_ordinals_never_let_markup_through() -> None:
    assert t.ordinals("<b>4e</b>") == Markup("&lt;b&gt;4<sup>e</sup>&lt;/b&gt;")
    assert t.ordinals("l’élève &#39;e") == Markup("l’élève &amp;#39;e")


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (1386, 0, f"1{N}386"),
        (22098, 0, f"22{N}098"),
        (3.75, 1, "3,8"),
        (Fraction(1, 3), 2, "0,33"),
        (Decimal("0.5"), 0, "1"),
        (-2, 0, "−2"),
        (None, 0, "—"),
        (0, 0, "0"),
    ],
)
def test_figures_are_written_the_french_way(value: t.Number | None, decimals: int, shown: str) -> None:
    assert t.number(value, decimals) == shown


def test_shares_and_differences() -> None:
    assert t.percent(0.66) == f"66{N}%"
    assert t.percent(0.285, 1) == f"28,5{N}%"
    assert t.percent(None) == "—"
    assert t.share(12, 40) == f"30{N}%"
    assert t.share(1386, 2100, 1) == f"66,0{N}%"
    assert t.share(3, 0) == "—"
    assert (t.signed(4), t.signed(0), t.signed(-2)) == ("+4", "0", "−2")


@given(st.integers(min_value=-(10**12), max_value=10**12), st.integers(min_value=0, max_value=3))
def test_no_figure_carries_a_space_that_fonts_lack(value: int, decimals: int) -> None:
    assert not set(t.number(value, decimals)) & {" ", "\u202f"}


@pytest.mark.parametrize(
    ("count", "shown"), [(0, f"0{N}demande"), (1, f"1{N}demande"), (2, f"2{N}demandes"), (1200, f"1{N}200{N}demandes")]
)
def test_french_is_plural_from_two(count: int, shown: str) -> None:
    assert t.plural(count, "demande") == shown


def test_an_odd_plural_is_given() -> None:
    assert t.plural(2, "place libre", "places libres") == f"2{N}places libres"


def test_dates_in_words() -> None:
    assert t.day(date(2026, 11, 12)) == f"12{N}nov.{N}2026"
    assert t.day(date(2026, 12, 1)) == f"1er{N}déc.{N}2026"
    assert t.day_long(NOW) == f"lundi 23{N}novembre"
    assert t.day_long(date(2027, 1, 5), year=True) == f"mardi 5{N}janvier 2027"
    assert t.day_short(NOW) == f"lun.{N}23{N}nov."
    assert t.period(date(2026, 8, 25), date(2026, 11, 22)) == f"25{N}août – 22{N}nov.{N}2026"
    assert t.period(date(2025, 9, 1), date(2026, 8, 31)) == f"1er{N}sept.{N}2025 – 31{N}août{N}2026"


def test_hours_are_those_of_paris_in_winter_and_in_summer() -> None:
    assert t.hour(datetime(2026, 11, 23, 8, 12, tzinfo=UTC)) == f"9{N}h{N}12"
    assert t.hour(datetime(2026, 7, 23, 8, 0, tzinfo=UTC)) == f"10{N}h"
    assert t.hour(datetime(2026, 7, 23, 22, 5, tzinfo=UTC)) == f"0{N}h{N}05"


@pytest.mark.parametrize(
    ("back", "shown"),
    [
        (timedelta(hours=4), f"aujourd’hui à{N}9{N}h{N}03"),
        (timedelta(hours=14), f"hier à{N}23{N}h{N}03"),
        (timedelta(days=3), f"ven.{N}13{N}h{N}03"),
        (timedelta(days=7), f"lun.{N}16{N}nov., 13{N}h{N}03"),
        (timedelta(days=400), f"19{N}oct.{N}2025"),
        (timedelta(hours=-21), f"demain à{N}10{N}h{N}03"),
        (timedelta(days=-7), f"lun.{N}30{N}nov., 13{N}h{N}03"),
    ],
)
def test_a_moment_is_told_from_now(back: timedelta, shown: str) -> None:
    assert t.moment(NOW - back, now=NOW) == shown


def test_yesterday_is_a_matter_of_calendar_in_paris() -> None:
    just_after_midnight = datetime(2026, 11, 22, 23, 10, tzinfo=UTC)
    assert t.moment(just_after_midnight, now=NOW).startswith("aujourd’hui")


def test_narrow_columns_say_less() -> None:
    assert t.when(NOW - timedelta(minutes=11), now=NOW) == f"12{N}h{N}52"
    assert t.when(NOW - timedelta(days=1), now=NOW) == "hier"
    assert t.when(NOW - timedelta(days=3), now=NOW) == f"20{N}nov."
    assert t.when(NOW - timedelta(days=400), now=NOW) == f"19{N}oct.{N}2025"


@pytest.mark.parametrize(
    ("back", "shown"),
    [
        (timedelta(seconds=30), f"0{N}min"),
        (timedelta(minutes=11), f"11{N}min"),
        (timedelta(hours=3, minutes=59), f"3{N}h"),
        (timedelta(days=4), f"4{N}j"),
        (timedelta(minutes=-5), f"0{N}min"),
    ],
)
def test_how_long_it_has_lasted(back: timedelta, shown: str) -> None:
    assert t.lasting(NOW - back, now=NOW) == shown


def test_minutes_left_are_rounded_up() -> None:
    assert t.minutes_left(NOW + timedelta(minutes=3, seconds=10), now=NOW) == f"4{N}min"
    assert t.minutes_left(NOW + timedelta(minutes=5), now=NOW) == f"5{N}min"
    assert t.minutes_left(NOW + timedelta(seconds=20), now=NOW) == "moins d’une minute"
    assert t.minutes_left(NOW - timedelta(seconds=20), now=NOW) == "moins d’une minute"


def test_a_coordinator_sees_how_long_a_request_has_waited() -> None:
    assert t.age(NOW, now=NOW) == t.Age("Aujourd’hui", "good")
    assert t.age(NOW - timedelta(days=2), now=NOW) == t.Age(f"2{N}jours", "wait")


def test_a_late_request_is_said_late() -> None:
    late = t.age(NOW - timedelta(days=5), now=NOW, late_at=NOW - timedelta(days=2), leaves_at=NOW + timedelta(days=2))
    assert late == t.Age(f"5{N}jours, en retard", "late", "clock")


def test_a_request_about_to_leave_says_when() -> None:
    tomorrow_at_ten = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    leaving = t.age(NOW - timedelta(days=6), now=NOW, late_at=NOW - timedelta(days=3), leaves_at=tomorrow_at_ten)
    assert str(leaving) == f"6{N}jours, part demain à{N}10{N}h"
    assert leaving.tone == "late"


def test_age_is_in_completed_years() -> None:
    assert t.years_old(date(2011, 11, 23), now=NOW) == 15
    assert t.years_old(date(2011, 11, 24), now=NOW) == 14


@pytest.mark.parametrize(
    ("words", "shown"),
    [([], ""), (["Lille"], "Lille"), (["Lille", "Hem"], "Lille et Hem"), (["a", "b", "c"], "a, b et c")],
)
def test_lists_are_read_aloud(words: list[str], shown: str) -> None:
    assert t.listed(words) == shown
