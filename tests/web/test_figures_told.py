"""What is said of figures: findings, masks, periods in an address, and CSV that computes nothing."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask

from matching.vocabulary import Channel, Need, Public, ReferrerType, Side, StudyLevel
from portal.models.assignment import BounceReason
from portal.models.campaign import Campaign
from portal.models.referral import ReferralState
from portal.queries.figures import Period, SideFigures, Tally
from portal.queries.figures_live import Waiting
from portal.web.charts import MASKED, DataTable, Pairs, Trend
from portal.web.figures import charts, findings, groups
from portal.web.figures.masks import LEAST, elsewhere_enough, published, published_table
from portal.web.figures.periods import LONGEST, Asked, asked_by, day_of
from portal.web.figures.sheets import csv_text, table_answer

TODAY = date(2026, 11, 22)
CAMPAIGN = Campaign(name="Campagne", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31))
PERIOD = Period(date(2026, 9, 7), date(2026, 11, 22))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def tally(waits: dict[int, int] | None = None, **totals: int) -> Tally:
    """waits: hours from reception to acceptance, counted."""
    amounts = {(measure, "total", ""): n for measure, n in totals.items()}
    return Tally(amounts | {("accepted", "wait", str(hours)): n for hours, n in (waits or {}).items()})


def side(now: Tally, before: Tally | None = None, **weekly: tuple[int, ...]) -> SideFigures:
    return SideFigures(Side.MENTEE, PERIOD, now, before, weekly)


# Findings


@pytest.mark.parametrize(
    ("now", "before", "no_place", "title"),
    [
        (tally(), None, 0, "Aucune demande sur cette période"),
        (tally(received=100), None, 12, "12 demandes attendent une place"),
        (tally({90: 5}, received=100), tally({110: 5}, received=90), 2, "Le délai médian est passé sous quatre jours"),
        (tally({130: 5}, received=100), tally({100: 5}, received=90), 0, "Le délai médian a dépassé cinq jours"),
        (tally({84: 5}, received=9), tally({92: 5}, received=9), 0, "Le délai médian a baissé : 3,5 jours, 0,3 j de moins"),
        (tally({92: 5}, received=9), tally({84: 5}, received=9), 0, "Le délai médian s’allonge : 3,8 jours, 0,3 j de plus"),
        (tally({48: 5}, received=112), tally({49: 5}, received=100), 0, "Les demandes de jeunes montent : 12 % de plus"),
        (tally({48: 5}, received=50), tally({48: 5}, received=100), 0, "Les demandes de jeunes reculent : 50 % de moins"),
        (tally({48: 5}, received=101), tally({48: 5}, received=100), 0, "La moitié des accords viennent en 2,0 jours"),
        (tally(received=1, accepted=0), None, 0, "1 demande reçue, 0 acceptée"),
    ],
)  # fmt: skip
def test_the_title_is_what_matters_most(now: Tally, before: Tally | None, no_place: int, title: str) -> None:
    assert plain(findings.network_finding(side(now, before), no_place, "jeunes")) == title


@pytest.mark.parametrize(
    ("hours", "totals", "network", "title"),
    [
        ({}, {}, 1.8, "Aucune demande sur cette période"),
        ({72: 3}, {"offered": 4}, 1.8, "Vous répondez en 3,0 jours, le réseau en 1,8"),
        ({24: 3}, {"offered": 4}, 1.8, "Vous répondez plus vite que le réseau : 1,0 j contre 1,8 j"),
        ({44: 3}, {"offered": 20, "bounced": 9}, 1.8, "45 % des demandes sont réorientées"),
        ({44: 3}, {"offered": 20, "accepted": 8, "paired": 2}, 1.8, "2 binômes formés, 8 demandes acceptées"),
        ({44: 3}, {"offered": 20, "accepted": 1, "paired": 1}, None, "1 binôme formé, 1 demande acceptée"),
        ({44: 3}, {"offered": 2, "accepted": 1}, None, "2 demandes reçues, 1 acceptée"),
    ],
)
def test_an_association_s_title(
    hours: dict[int, int], totals: dict[str, int], network: float | None, title: str
) -> None:
    amounts = {("accepted", "hours", str(value)): n for value, n in hours.items()}
    now = Tally(amounts | {(measure, "total", ""): n for measure, n in totals.items()})
    assert plain(findings.association_finding(side(now), network)) == title


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ((), "Rien à compter sur cette période"),
        ((0, 0), "Rien à compter sur cette période"),
        ((10, 12), "Autour de 11 demandes par semaine"),
        ((10,) * 4 + (15,) * 4, "Les demandes montent : 50 % de plus en quatre semaines"),
        ((20,) * 4 + (15,) * 4, "Les demandes retombent : 25 % de moins en quatre semaines"),
        ((2,) * 4 + (3,) * 4, "Autour de 2 demandes par semaine"),
    ],
)
def test_weeks_are_told_by_what_moved(values: tuple[int, ...], title: str) -> None:
    assert plain(findings.weeks_finding(values)) == title


def test_the_busiest_week_is_marked_and_the_cut_ones_left_out() -> None:
    told = charts.weeks(side(tally(), received=(9, 489, *(20,) * 9), accepted=(1,) * 11), {"received": "Reçues"})
    assert isinstance(told.chart, Trend)
    assert told.chart.highlight is not None
    assert plain(told.chart.highlight.words) == "rentrée : 489 en une semaine"
    assert len(told.chart.days) == 11
    partial = SideFigures(Side.MENTEE, Period(date(2026, 9, 9), date(2026, 11, 19)), weekly={"received": (5,) * 11})
    assert len(charts.weeks(partial, {"received": "Reçues"}).chart.days) == 9  # type: ignore[attr-defined]
    assert len(charts.weeks(partial, {"received": "Reçues"}).table.rows) == 11


def test_the_weakest_step_of_the_journey_is_named() -> None:
    steps = {"received": 100, "placed": 98, "accepted": 90, "contacted": 85, "paired": 50}
    assert findings.funnel_finding(steps) == "Le binôme, étape fragile"
    assert (
        findings.funnel_finding({**steps, "accepted": 20, "contacted": 19, "paired": 18}) == "L’accord, étape fragile"
    )
    assert findings.funnel_finding(dict.fromkeys(steps, 10)) == "Presque personne ne se perd en route"
    assert findings.funnel_finding(dict.fromkeys(steps, 0)) == "De la demande au binôme"


def test_places_and_groups_are_told_by_the_first_ones() -> None:
    counts = {"59": 30, "75": 20, "13": 10, "2A": 40}
    assert plain(findings.map_finding(counts)) == "Trois départements font 90 % des demandes"
    assert plain(findings.map_finding({"59": 3})) == "Tout vient d’un département : 3 demandes"
    assert findings.map_finding({}) == "Aucun département pour l’instant"
    assert (
        findings.group_finding({"Collège": 3}, {"Bac": 2, "Bac+3": 5}, "x") == "Jeunes surtout collège, bénévoles bac+3"
    )
    assert findings.group_finding({"Orientation": 3}, {"Orientation": 2}, "x") == "Surtout orientation"
    assert findings.group_finding({}, {"a": 0}, "Les âges") == "Les âges"
    assert plain(findings.first_of({"Plus de place": 6, "Autre": 5}, 11, "x")) == "Plus de place : 55 %"
    assert findings.first_of({"Plus de place": 3}, 3, "Trop peu") == "Trop peu"
    assert (
        findings.first_of({"Plus de place": 9, "Autre": 9}, 18, "Deux") == findings.first_of({}, 20, "Deux") == "Deux"
    )


def test_every_word_of_the_closed_lists_has_its_name() -> None:
    for words, named in (
        (Public, groups.publics), (Need, groups.needs), (ReferrerType, groups.referrers), (BounceReason, groups.reasons),
    ):  # fmt: skip
        assert len(named({one.value: 1 for one in words})) == len(words)
    assert sum(groups.levels({one.value: 1 for one in StudyLevel}).values()) == len(StudyLevel)
    assert sum(groups.channels({one.value: 1 for one in Channel}).values()) == len(Channel)
    assert sum(groups.ages({str(age): 1 for age in range(120)}).values()) == 120
    assert list(groups.ages({"": 4, "12": 1}))[-1] == list(groups.levels({"": 2}))[-1] == groups.UNKNOWN


def test_what_lies_elsewhere_is_told_beside_the_map() -> None:
    places = {("received", "departement", code): n for code, n in {"59": 9, "974": 4, "988": 2, "": 1}.items()}
    told = charts.france(side(Tally(places)))
    assert plain(told.note) == "3 demandes d’ailleurs ou de lieu inconnu."
    assert ("La Réunion", "974", 4) in told.table.rows
    assert len(told.table.rows) == 101


def test_who_waits_is_told_side_by_side() -> None:
    told = charts.waits({Side.MENTEE: Waiting(), Side.MENTOR: Waiting()})
    assert told.title == "Aucune demande n’attend"


def test_without_enough_others_an_association_s_delays_stand_alone() -> None:
    own = Tally({("accepted", "hours", "48"): 3, ("contacted", "hours", "24"): 1})
    assert charts.delays(own, None).title == "Vos délais"
    assert charts.delays(own, None).table.rows == (("Réponse", 2.0), ("Premier contact", 1.0))
    both = charts.delays(own, Tally({("accepted", "hours", "24"): 30, ("contacted", "hours", "24"): 30}))
    assert both.table.rows == (("Réponse", 2.0, 1.0), ("Premier contact", 1.0, 1.0))


def test_the_chart_of_weeks_says_what_the_page_says_of_the_whole_period() -> None:
    now, before = Tally({("received", "total", ""): 680}), Tally({("received", "total", ""): 1000})
    its = SideFigures(Side.MENTEE, Period(date(2026, 10, 24), TODAY), now, before, {"received": (247, 200, 140, 93, 0)})
    title = plain(charts.weeks(its, {"received": "Reçues"}).title)
    assert title == "Les demandes reculent : 32 % de moins"
    assert plain(findings.network_finding(its, 0, "jeunes")) == title.replace("demandes", "demandes de jeunes")


def test_the_bars_of_those_who_wait_are_on_one_scale() -> None:
    waiting = {side: Waiting({ReferralState.TO_ROUTE: n}) for side, n in ((Side.MENTEE, 30), (Side.MENTOR, 13))}
    chart = charts.waits(waiting).chart
    assert isinstance(chart, Pairs)
    assert chart.largest() == 30


def test_a_share_of_more_than_the_whole_is_not_told() -> None:
    assert [plain(findings.share_said(n, 40)) for n in (10, 40, 41)] == ["25 %", "100 %", "—"]


def test_delays_say_their_unit_in_the_sheet() -> None:
    own = Tally({("accepted", "hours", "48"): 3})
    with Flask(__name__).test_request_context():
        sheet = table_answer("delais", charts.delays(own, own).table).get_data(as_text=True)
        counts = table_answer("motifs", charts.bounce_reasons(own).table).get_data(as_text=True)
    assert sheet.splitlines() == ["\ufeffDélai;Votre association (jours);Réseau (jours)", "Réponse;2;2"]
    assert counts.splitlines() == ["\ufeffMotif;Réorientations"]


# Masks


def test_counts_under_five_are_masked_and_the_others_rounded_down() -> None:
    assert [published(n) for n in (0, 1, 4, 5, 9, 10, 5214)] == [0, MASKED, MASKED, 5, 5, 10, 5210]


@pytest.mark.parametrize(("cells", "most"), [(1, 40), (2, 30), (3, 16), (5, 9)])
def test_no_masked_count_can_be_found_from_the_others_and_their_total(cells: int, most: int) -> None:
    """Through all small tables: whatever is published, each masked cell may have held at least two counts."""
    possible: dict[tuple[Any, ...], list[tuple[int, ...]]] = defaultdict(list)
    for world in product(range(most + 1), repeat=cells):
        told = published_table({str(at): n for at, n in enumerate(world)})
        seen = tuple(told.values()) if told else (None,) * cells
        possible[*seen, published(sum(world))].append(world)
    for seen, held in possible.items():
        for at in range(cells):
            if seen[at] is MASKED and max(max(world) for world in held) < most:
                assert len({world[at] for world in held}) > 1, (seen, held)


@pytest.mark.parametrize(("cells", "most"), [(1, 40), (2, 30), (3, 16), (5, 9)])
def test_no_masked_count_can_be_found_beside_an_exact_total(cells: int, most: int) -> None:
    possible: dict[tuple[Any, ...], list[tuple[int, ...]]] = defaultdict(list)
    for world in product(range(most + 1), repeat=cells):
        told = published_table({str(at): n for at, n in enumerate(world)}, exact_total=True)
        possible[*(told.values() if told else (None,) * cells), sum(world)].append(world)
    for seen, held in possible.items():
        for at in range(cells):
            if seen[at] is MASKED and max(max(world) for world in held) < most:
                assert len({world[at] for world in held}) > 1, (seen, held)


@pytest.mark.parametrize("counts", [(9, 9, 9, 9, 4), (1, 1, 1, 1), (4, 4, 4, 4, 4), (*(1,) * 9, 20)])
def test_a_table_that_would_give_one_away_is_not_shown(counts: tuple[int, ...]) -> None:
    assert published_table({str(at): n for at, n in enumerate(counts)}) is None


def test_other_tables_are_shown_with_what_is_few_masked() -> None:
    assert published_table({"a": 3, "b": 23, "c": 0}) == {"a": MASKED, "b": 20, "c": 0}
    assert published_table({"a": 12, "b": 20}) == {"a": 10, "b": 20}
    assert published_table({}) == {}


def test_the_network_is_compared_with_only_when_others_make_it() -> None:
    assert elsewhere_enough(12, 7)
    assert not elsewhere_enough(11, 7)
    assert LEAST == 5


# Periods


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({}, date(2026, 9, 1), TODAY),
        ({"periode": "30-jours"}, date(2026, 10, 24), TODAY),
        ({"periode": "12-mois"}, date(2025, 11, 23), TODAY),
        ({"periode": "nonsense"}, date(2026, 9, 1), TODAY),
        ({"du": "2026-02-01", "au": "2026-02-28"}, date(2026, 2, 1), date(2026, 2, 28)),
        ({"du": "1/2/2026", "au": "28/02/2026"}, date(2026, 2, 1), date(2026, 2, 28)),
        ({"du": "2026-11-01", "au": "2027-02-28"}, date(2026, 11, 1), TODAY),
        ({"du": "2026-02-30", "au": "2026-02-28"}, date(2026, 9, 1), TODAY),
    ],
)
def test_a_period_is_read_from_the_address(given: dict[str, str], first: date, last: date) -> None:
    assert asked_by(given, TODAY, CAMPAIGN).period == Period(first, last)


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ({"du": "x", "au": "2026-01-01"}, "du", "Écrivez la date comme 22/11/2026"),
        ({"au": "2026-01-01"}, "du", "Écrivez la date"),
        ({"du": "2026-02-01", "au": "2026-01-01"}, "au", "La seconde date vient avant la première."),
        ({"du": "2026-12-01", "au": "2026-12-31"}, "du", "n’est pas encore venu"),
        ({"du": "2020-01-01", "au": "2026-01-01"}, "au", "trois ans au plus"),
    ],
)
def test_a_period_that_cannot_be_read_is_told(given: dict[str, str], name: str, words: str) -> None:
    asked = asked_by(given, TODAY, CAMPAIGN)
    assert words in asked.faults[name]
    assert asked.period == Period(date(2026, 9, 1), TODAY)


def test_without_a_campaign_it_is_a_year_and_no_address_says_otherwise() -> None:
    asked = asked_by({"periode": "campagne"}, TODAY, None)
    assert (asked.choice, asked.period.days) == ("12-mois", 365)
    future = Campaign(name="x", starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=9))
    assert asked_by({}, TODAY, future).choice == "12-mois"


def test_a_side_is_asked_in_words_and_strange_signs_are_no_value() -> None:
    assert asked_by({"cote": "benevoles", "du": "\x00", "x": "y"}, TODAY, CAMPAIGN).values == {"cote": "benevoles"}
    assert asked_by({"cote": "benevoles"}, TODAY, CAMPAIGN).side is Side.MENTOR
    assert Asked(TODAY, None).on(Side.MENTOR).side_words == "bénévoles"
    assert day_of("22/11/26") is None
    assert LONGEST > 365


# CSV


def test_no_cell_is_ever_computed(app: Flask) -> None:
    rows = [("=1+1", 3, 0.25), ("@cmd", MASKED, None), ("-2", -2, 1.5), ("Été; « été »", 0, 12345)]
    lines = csv_text(("Nom", "+Nombre", "Part"), rows).split("\r\n")
    assert lines[0] == "Nom;'+Nombre;Part"
    assert lines[1:5] == ["'=1+1;3;0,25", "'@cmd;moins de 5;", "'-2;-2;1,5", '"Été; « été »";0;12345']


def test_a_sheet_is_a_file_that_french_spreadsheets_open(app: Flask) -> None:
    answer = table_answer("chiffres-ages", DataTable(("Âge", "Jeunes"), (("11-14 ans", 3),)))
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="chiffres-ages.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
