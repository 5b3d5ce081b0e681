"""Employees' links: made from a request or directly, counted, told, closed and opened again."""

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.models.company import Company, Lead
from portal.models.event import JournalAct, JournalEntry
from portal.models.referral import ReferralState
from portal.queries.companies import PAGE, proposed_slug
from tests.doors.admin.company_scene import bring, make_company, make_lead

LINKS = "/collectif/entreprises/liens"


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def only(arrange: Session) -> Company:
    arrange.expire_all()
    return arrange.scalars(select(Company)).one()


def journal(arrange: Session) -> list[tuple[JournalAct, str | None]]:
    rows = arrange.execute(select(JournalEntry.act, JournalEntry.detail).order_by(JournalEntry.at, JournalEntry.id))
    return [(act, detail) for act, detail in rows]


def test_a_link_is_made_from_a_request_with_its_name_and_end_proposed(
    staff: FlaskClient, arrange: Session, samir: Account
) -> None:
    lead = make_lead(arrange, "Les Câbles de l’Œuvre & Cie")
    page = read(staff, f"{LINKS}/nouveau?demande={lead.id}")
    assert 'value="Les Câbles de l’Œuvre & Cie"' in page
    assert 'value="les-cables-de-l-oeuvre-cie"' in page
    sent = {"name": "Les Câbles de l’Œuvre", "slug": "cables-oeuvre", "words": "Venez !"}
    answer = staff.post(f"{LINKS}/nouveau?demande={lead.id}", data=sent)
    company = only(arrange)
    assert (answer.status_code, answer.location) == (303, f"{LINKS}/{company.id}")
    assert (company.slug, company.name, company.words) == ("cables-oeuvre", "Les Câbles de l’Œuvre", "Venez !")
    assert company.created_by == samir.id
    kept = arrange.get(Lead, lead.id)
    assert kept is not None
    assert (kept.company_id, kept.version) == (company.id, 2)
    assert journal(arrange) == [
        (JournalAct.LEAD_CHANGED, str(lead.id)),
        (JournalAct.COMPANY_CHANGED, str(company.id)),
    ]
    page = read(staff, answer.location)
    assert "/e/cables-oeuvre" in page
    assert "data-copy=" in page
    assert lead.number in page


def test_without_an_end_the_link_takes_the_name(staff: FlaskClient, arrange: Session) -> None:
    assert staff.post(f"{LINKS}/nouveau", data={"name": "Filature du Nord"}).status_code == 303
    assert only(arrange).slug == "filature-du-nord"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": "", "slug": "nord"}, "Écrivez le nom de l’entreprise."),
        ({"name": "Nord", "slug": "été"}, "Des lettres sans accent"),
        ({"name": "Nord", "slug": "-nord"}, "Des lettres sans accent"),
        ({"name": "Nord", "slug": "nord/sud"}, "Des lettres sans accent"),
        ({"name": "Nord", "slug": "n" * 41}, "Des lettres sans accent"),
        ({"name": "!!!"}, "Des lettres sans accent"),
        ({"name": "Nord", "slug": "filature"}, "Ce lien existe déjà"),
        ({"name": "n" * 161, "slug": "nord"}, "trop long"),
        ({"name": "Nord", "slug": "nord", "words": "a" * 601}, "trop long"),
    ],
)
def test_a_link_that_cannot_be_is_refused_and_keeps_what_was_typed(
    staff: FlaskClient, arrange: Session, sent: dict[str, str], sentence: str
) -> None:
    make_company(arrange, slug="filature")
    answer = staff.post(f"{LINKS}/nouveau", data={"words": "Mes mots gardés", **sent})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert sentence in page
    assert ("Mes mots gardés" in page) is ("words" not in sent)
    assert only(arrange).slug == "filature"
    assert journal(arrange) == []


def test_volunteers_are_counted_in_all_and_by_week_never_named(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    ours, other = make_company(arrange), make_company(arrange, "Autre", "autre")
    for _ in range(3):
        bring(arrange, campaign, ours)
    bring(arrange, campaign, ours, at=clock.now() - timedelta(weeks=2))
    bring(arrange, campaign, ours, at=clock.now() - timedelta(weeks=40))
    bring(arrange, campaign, ours, ReferralState.AWAITING_CONSENT)
    bring(arrange, campaign, other)
    page = read(staff, f"{LINKS}/{ours.id}")
    assert "Filature du Nord\u00a0: 5\u00a0volontaires" in page
    assert "4\u00a0volontaires en 12\u00a0semaines" in page
    table = page.split('id="semaines')[1].split("</table>")[0]
    assert table.count("<tr>") == 13
    assert "Martin" not in page
    assert "Léa" not in page
    assert "6\u00a0volontaires venus par 2\u00a0liens d’entreprise" in read(staff, LINKS)


def test_name_and_words_change_but_not_the_link(staff: FlaskClient, arrange: Session) -> None:
    company = make_company(arrange)
    sent = {"name": "Filature des Flandres", "words": "Bienvenue.", "slug": "autre", "version": "1"}
    assert staff.post(f"{LINKS}/{company.id}", data=sent).status_code == 303
    kept = only(arrange)
    assert (kept.name, kept.words, kept.slug, kept.version) == (
        "Filature des Flandres",
        "Bienvenue.",
        "filature-du-nord",
        2,
    )
    late = staff.post(f"{LINKS}/{company.id}", data=sent | {"name": "Mon nom gardé"})
    assert late.status_code == 422
    assert "Quelqu’un vient de changer cette entreprise" in unescape(late.text)
    assert "Mon nom gardé" in late.text
    assert only(arrange).name == "Filature des Flandres"
    assert journal(arrange) == [(JournalAct.COMPANY_CHANGED, str(company.id))]


def test_a_link_closes_and_opens_again(staff: FlaskClient, arrange: Session) -> None:
    company = make_company(arrange)
    answer = staff.post(f"{LINKS}/{company.id}/fermer", data={"version": "1"})
    assert only(arrange).closed_at is not None
    page = read(staff, answer.location)
    assert "Lien fermé" in page
    assert "Rouvrir le lien" in page
    stale = staff.post(f"{LINKS}/{company.id}/rouvrir", data={"version": "1"})
    assert "Quelqu’un vient de changer" in read(staff, stale.location)
    assert only(arrange).closed_at is not None
    staff.post(f"{LINKS}/{company.id}/rouvrir", data={"version": "2"})
    assert only(arrange).closed_at is None
    assert [act for act, _ in journal(arrange)] == [JournalAct.COMPANY_CHANGED] * 2


def test_no_link_yet_says_what_it_is_for(staff: FlaskClient) -> None:
    page = read(staff, LINKS)
    assert "Aucune entreprise n’a encore son lien" in page
    assert "comptés, jamais nommés" in page


def test_unknown_companies_and_requests_are_a_404(staff: FlaskClient) -> None:
    for method, path in (
        ("GET", f"/{uuid4()}"),
        ("POST", f"/{uuid4()}"),
        ("POST", f"/{uuid4()}/fermer"),
        ("POST", f"/{uuid4()}/rouvrir"),
        ("GET", f"/nouveau?demande={uuid4()}"),
        ("GET", "/nouveau?demande=rien"),
        ("POST", f"/nouveau?demande={uuid4()}"),
    ):
        assert staff.open(LINKS + path, method=method).status_code == 404, path


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Filature du Nord", "filature-du-nord"),
        ("  L’Œuvre-Étoile  ", "l-oeuvre-etoile"),
        ("!!!", ""),
        ("a" * 39 + " bc", "a" * 39),
        ("", ""),
    ],
)
def test_the_end_of_a_link_is_drawn_from_the_name(name: str, slug: str) -> None:
    assert proposed_slug(name) == slug


def test_the_pages_ask_a_constant_number_of_queries(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    company = make_company(arrange)
    staff.get(LINKS)
    few = queries(staff, LINKS), queries(staff, f"{LINKS}/{company.id}")
    for number in range(PAGE + 2):
        make_company(arrange, f"Entreprise {number}", f"entreprise-{number}")
    for _ in range(4):
        bring(arrange, campaign, company)
    assert (queries(staff, LINKS), queries(staff, f"{LINKS}/{company.id}")) == few
    assert max(few) <= 5
    older = read(staff, LINKS).split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert "Filature du Nord" in read(staff, older)


def queries(client: FlaskClient, address: str) -> int:
    seen: list[str] = []
    engine = db.engines[DatabaseRole.STAFF]

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
