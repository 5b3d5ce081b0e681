"""The reports' pages: findings in words, charts with their figures, both sides; sums only."""

from dataclasses import replace
from datetime import date, timedelta

from matching.vocabulary import Side
from portal.models.company import LeadState, OfferPage
from portal.models.referral import ReferralState
from portal.paper.association_report import association_report, beside
from portal.paper.board_report import board_report
from portal.paper.kit import company_kit
from portal.queries.figures import Period, Tally
from portal.queries.figures_live import Waiting
from portal.queries.offer_texts import Shown
from portal.queries.reports import AssociationMonth, BoardPeriod, ProgrammeLine, Standings, Stuck
from tests.paper.figures import OCTOBER, make_figures, network, objective
from tests.paper.reading import sheets_of
from tests.paper.territory import PUBLISHER

TODAY = date(2026, 11, 22)
TREND = Period(OCTOBER.last - timedelta(weeks=13), OCTOBER.last)


def month(*, busy: bool = True) -> AssociationMonth:
    return AssociationMonth(
        name="Proxité",
        month=OCTOBER.first,
        period=OCTOBER,
        figures=make_figures(busy=busy),
        trend=make_figures(TREND, busy=busy),
        network=network(),
        campaign="Campagne 2026",
        objectives={Side.MENTEE: objective()} if busy else {},
        programmes=(ProgrammeLine("Parrainage", Side.MENTEE, 40, 30, 8, 2),) if busy else (),
    )


def test_the_months_report_says_what_matters_first() -> None:
    first, *_ = sheets_of(association_report(month(), PUBLISHER, TODAY))
    for said in (
        "Rapport d’octobre 2026",
        "Jeunes : 40 demandes reçues, 30 acceptées, 12 binômes formés.",
        "Jeunes : la moitié des réponses arrivent en 2,0 jours ; dans le réseau, en 4,0 jours.",
        "Jeunes : premier motif de réorientation, plus de place : 75 %.",
        "Jeunes : 2 demandes sont reparties sans réponse au bout du délai.",
        "30 engagements à ce jour pour un objectif de 40, soit 75 %.",
        "Parrainage jeunes 40 30 8 2",
    ):
        assert said in first


def test_the_months_report_has_a_page_per_side_that_did_something() -> None:
    pages = sheets_of(association_report(month(), PUBLISHER, TODAY))
    assert len(pages) == 3
    assert "Semaine après semaine" in pages[1]
    assert "Les treize dernières semaines" in pages[1]
    assert "Jeunes : vous répondez plus vite que le réseau : 2,0 j contre 4,0 j" in pages[2]
    for said in ("Vos délais, à côté du réseau", "Motif Réorientations", "12 · 75 %"):
        assert said in pages[2]
    assert "Bénévoles" not in pages[2]


def test_a_silent_month_is_a_report_of_one_page() -> None:
    pages = sheets_of(association_report(month(busy=False), PUBLISHER, TODAY))
    assert len(pages) == 1
    assert "Aucune demande ne vous a été confiée ce mois-ci." in pages[0]


def test_a_month_that_is_not_over_says_until_when() -> None:
    begun = replace(month(), period=Period(OCTOBER.first, TODAY))
    assert "chiffres jusqu’au 22 nov. 2026" in sheets_of(association_report(begun, PUBLISHER, TODAY))[0]


def test_the_networks_delays_are_kept_back_when_they_would_tell_of_a_few() -> None:
    own = Tally({("accepted", "hours", "24"): 30})
    assert beside(own, Tally({("accepted", "hours", "24"): 33})) is None
    assert beside(own, Tally({("accepted", "hours", "24"): 35})) is not None


def board(*, busy: bool = True) -> BoardPeriod:
    states = {ReferralState.WAITLISTED: 7, ReferralState.UNROUTABLE: 3} if busy else {}
    lines = tuple(objective(f"Association {n}", n, 60, n) for n in range(60, 0, -1)) if busy else ()
    return BoardPeriod(
        period=OCTOBER,
        figures=make_figures(busy=busy),
        waiting={side: Waiting(states if side is Side.MENTEE else {}) for side in Side},
        campaign="Campagne 2026",
        standings={side: Standings(lines, 0.5 if busy else None) for side in Side},
        stuck={Side.MENTEE: (Stuck("59", 7, 2), Stuck("", 0, 1)) if busy else (), Side.MENTOR: ()},
        leads={state: int(busy) * 2 for state in LeadState},
        leads_received=4 if busy else 0,
        volunteers=(("Filature du Nord", 12),) if busy else (),
    )


def test_the_boards_report_tells_the_whole_network() -> None:
    pages = sheets_of(board_report(board(), PUBLISHER, TODAY))
    whole = " ".join(pages)
    assert "Rapport pour le conseil" in pages[0]
    assert "60 demandes de jeunes" in pages[0]
    for said in (
        "Jeunes : 60 demandes reçues, 30 acceptées, 12 binômes formés. La moitié des accords tombent en moins de 3,0 jours.",
        "7 demandes de jeunes sans place et 3 demandes sans solution, à ce jour.",
        "la médiane des associations est à 50 %, 1 association a atteint le sien.",
        "4 entreprises ont écrit dans la période, 2 sont engagées en tout",
    ):
        assert said in pages[1]
    for said in (
        "Nord (59) 5 moins de 5",
        "Ailleurs, ou lieu inconnu 0 moins de 5",
        "Filature du Nord 10",
        "Corse-du-Sud (2A) 20 0",
    ):
        assert said in whole
    for number in range(1, 61):
        assert f"Association {number} " in whole


def stuck(*rows: Stuck) -> str:
    """The page of what waits, these requests being where they are."""
    told = replace(board(), stuck={Side.MENTEE: rows, Side.MENTOR: ()})
    return " ".join(one for one in sheets_of(board_report(told, PUBLISHER, TODAY)) if "Ce qui attend" in one)


def test_masked_counts_that_their_totals_would_give_away_are_not_told_by_departement() -> None:
    page = stuck(Stuck("59", 1, 1), Stuck("75", 0, 1), Stuck("13", 0, 1))
    assert "1 sans place, 3 sans solution" in page
    assert "Trop peu de demandes pour les dire par département" in page
    assert "moins de 5" not in page
    assert "Nord (59)" not in page


def test_a_map_that_would_give_a_departement_away_is_not_drawn() -> None:
    one = replace(make_figures().side(Side.MENTEE), now=Tally({("received", "departement", "59"): 3}))
    told = replace(board(), figures=replace(make_figures(), sides={**make_figures().sides, Side.MENTEE: one}))
    whole = " ".join(sheets_of(board_report(told, PUBLISHER, TODAY)))
    assert "Jeunes : les départements Trop peu de demandes pour que rien ne soit reconnaissable." in whole
    assert "Nord" not in whole.split("Objectifs")[0]


def test_the_order_of_departements_says_nothing_that_is_masked() -> None:
    for rows in ((Stuck("75", 2, 0), Stuck("13", 1, 0)), (Stuck("13", 2, 0), Stuck("75", 1, 0))):
        page = stuck(*rows)
        assert "moins de 5" in page
        assert page.index("Bouches-du-Rhône (13)") < page.index("Paris (75)")


def test_light_and_dark_bars_have_a_key() -> None:
    assert "Barre foncée : à la médiane ou au-delà ; barre claire : en deçà." in " ".join(
        sheets_of(board_report(board(), PUBLISHER, TODAY))
    )


def test_both_sides_stand_beside_each_other() -> None:
    (page,) = [one for one in sheets_of(board_report(board(), PUBLISHER, TODAY)) if "De la demande au binôme" in one]
    assert "Jeunes" in page
    assert "Bénévoles" in page


def test_a_table_over_two_pages_repeats_its_headings() -> None:
    told = [page for page in sheets_of(board_report(board(), PUBLISHER, TODAY)) if "Eng. / obj." in page]
    assert len(told) == 2
    assert "Association 60 " in told[0]
    assert "Association 1 " in told[1]


def test_a_period_without_anything_is_still_a_report() -> None:
    pages = sheets_of(board_report(board(busy=False), PUBLISHER, TODAY))
    whole = " ".join(pages)
    assert "Aucune entreprise n’a encore écrit" in whole
    assert "Aucune entreprise n’a encore de lien pour ses salariés." in whole
    assert "None" not in whole


def kit(body: str) -> str:
    text = Shown(OfferPage.KIT_QUESTIONS, 3, "Les questions de vos salariés", "Qu'en dire ?", body)
    return company_kit(text, PUBLISHER, TODAY)


def test_a_kit_is_its_text_laid_out() -> None:
    (page,) = sheets_of(kit("## Le temps\n\nDeux heures *par mois*.\n\n- Un\n- Deux"))
    for said in ("Les questions de vos salariés", "Qu’en dire ?", "Le temps", "par mois", "portail.example.org"):
        assert said in page


def test_a_kits_links_to_the_portal_lead_there_from_paper() -> None:
    html = kit("[Prenez rendez-vous](/entreprises/rendez-vous) ou [ailleurs](https://example.org/x)")
    assert 'href="https://portail.example.org/entreprises/rendez-vous"' in html
    assert 'href="https://example.org/x"' in html


def test_a_kit_shows_html_as_it_was_typed() -> None:
    html = kit('<script>alert(1)</script> href="/x"')
    assert "<script>" not in html
