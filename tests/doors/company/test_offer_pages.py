"""The companies' pages to read: what staff published is shown, kits can be taken away, nobody waiting is recognisable."""

import re
from urllib.parse import unquote_plus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.campaign import Campaign
from portal.models.company import OfferPage
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.referral import ReferralState
from portal.queries.offer_builtin import BUILTIN
from tests.doors.company.scene import ANSWERS, look, open_association, open_company, publish, text_of
from tests.factories import make_objective, make_referral

HOME, ADVICE = "/entreprises", "/entreprises/conseiller"
KITS = f"{ADVICE}/kits"


def test_the_home_offers_three_ways_and_the_navigation_leads_there(client: FlaskClient) -> None:
    page = look(client, HOME)
    for path in ("/entreprises/informer", "/entreprises/orienter", ADVICE):
        assert f'href="{path}"' in page
    assert 'href="/entreprises" aria-current="page"' in page
    assert 'href="/entreprises"' in look(client, "/")


@pytest.mark.parametrize("word", ["quatre minutes", "Accessibilité : conforme"])
@pytest.mark.parametrize(
    "path", [HOME, "/entreprises/informer", "/entreprises/orienter", ADVICE, "/entreprises/contact"]
)
def test_nothing_is_claimed_that_is_not_proved(client: FlaskClient, path: str, word: str) -> None:
    assert word.lower() not in look(client, path).lower()


def test_a_house_without_any_published_text_is_not_empty(client: FlaskClient) -> None:
    said = look(client, "/entreprises/informer")
    assert BUILTIN[OfferPage.INFORMER].title.replace("\u00a0", " ") in said


def test_the_highest_published_version_is_shown_and_a_draft_never(client: FlaskClient, arrange: Session) -> None:
    publish(arrange, OfferPage.INFORMER, 1, "Première version")
    publish(arrange, OfferPage.INFORMER, 2, "Deuxième version", "## Un titre\n\nDu **gras**.")
    publish(arrange, OfferPage.INFORMER, 3, "Brouillon secret", live=False)
    page = look(client, "/entreprises/informer")
    assert "Deuxième version" in page
    assert "<strong>gras</strong>" in page
    assert "Première version" not in page
    assert "Brouillon" not in page


def test_html_typed_in_a_text_is_shown_as_typed_and_never_run(client: FlaskClient, arrange: Session) -> None:
    publish(arrange, OfferPage.HOME, 1, "<script>alert(1)</script>", "<img src=x onerror=alert(1)> et <b>gras</b>")
    page = client.get(HOME).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_departements_with_five_young_people_waiting_are_named_and_no_smaller_one(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    assert "aucun département ne compte cinq jeunes" in look(client, HOME)
    for _ in range(5):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    page = look(client, HOME)
    assert "Nord" in page
    assert '<td class="num">5</td>' in page
    assert "aucun département" not in page
    for _ in range(4):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    assert '<td class="num">5</td>' in look(client, HOME)


def test_fewer_than_five_are_not_named(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    for _ in range(4):
        make_referral(arrange, campaign, state=ReferralState.UNROUTABLE)
    arrange.commit()
    assert "aucun département ne compte cinq jeunes" in look(client, HOME)


def test_the_regions_where_associations_lack_mentors_are_named_with_their_number(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    for name, place in (("A", "commune:59512"), ("B", "departement:62"), ("C", "departement:69"), ("D", "country:FR")):
        association = open_association(arrange, campaign, name, {"test": "territory", "any_of": [place]})
        make_objective(arrange, association, campaign, 7, side=Side.MENTOR)
    content = open_association(arrange, campaign, "E", {"test": "territory", "any_of": ["departement:44"]})
    assert content.id
    arrange.commit()
    rows = re.findall(r'lieu=([^&"]+)[^>]*>[^<]+</a></th><td class="num">(\d+)</td>', client.get(HOME).text)
    assert [(unquote_plus(name), count) for name, count in rows] == [
        ("Hauts-de-France", "2"),
        ("Auvergne-Rhône-Alpes", "1"),
    ]


def test_every_kit_can_be_taken_as_text(client: FlaskClient) -> None:
    page = look(client, ADVICE)
    for page_of_kit in (page for page in OfferPage if page.kit):
        path = f"{KITS}/{page_of_kit.value.removeprefix('kit_').replace('_', '-')}.txt"
        assert path in page
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.content_type == "text/plain; charset=utf-8"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert BUILTIN[page_of_kit].title.replace("\u00a0", " ") in text_of(answer)
        assert "**" not in text_of(answer)


def test_a_kit_is_offered_as_a_pdf_only_once_this_very_version_is_drawn(client: FlaskClient, arrange: Session) -> None:
    publish(arrange, OfferPage.KIT_ANNOUNCEMENT, 1, "Annoncer")
    drawn = Document(
        kind=DocumentKind.COMPANY_KIT,
        title="Kit",
        parameters={"page": "kit_announcement", "number": 1},
        state=DocumentState.READY,
        file=b"%PDF-1.7 kit",
        expires_at=clock.now(),
    )
    arrange.add(drawn)
    arrange.commit()
    assert f"{KITS}/announcement.pdf" in look(client, ADVICE)
    answer = client.get(f"{KITS}/announcement.pdf")
    assert (answer.status_code, answer.content_type, answer.data) == (200, "application/pdf", b"%PDF-1.7 kit")
    publish(arrange, OfferPage.KIT_ANNOUNCEMENT, 2, "Annoncer mieux")
    assert f"{KITS}/announcement.pdf" not in look(client, ADVICE)
    assert client.get(f"{KITS}/announcement.pdf").status_code == 404


@pytest.mark.parametrize("path", [f"{KITS}/unknown.txt", f"{KITS}/announcement.pdf", f"{KITS}/home.txt"])
def test_what_is_no_kit_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def queries_of(client: FlaskClient, path: str, query: dict[str, str] | None = None) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get(path, query_string=query).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(
        [statement for statement in seen if statement.lstrip().startswith("SELECT") and "set_config" not in statement]
    )


def test_a_page_asks_the_same_number_of_questions_however_much_there_is(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    first = open_association(arrange, campaign, "Association 0")
    open_company(arrange)
    pages = {
        HOME: None,
        "/entreprises/informer": None,
        ADVICE: None,
        "/entreprises/orienter/resultat": ANSWERS,
        f"/entreprises/associations/{first.slug}": None,
        "/entreprises/contact": {"association": first.slug},
        "/e/filature-du-nord": None,
    }
    few = {path: queries_of(client, path, query) for path, query in pages.items()}
    for number in range(1, 12):
        association = open_association(arrange, campaign, f"Association {number}")
        open_company(arrange, f"entreprise-{number}")
        assert association.id
    for number in range(1, 4):
        publish(arrange, OfferPage.INFORMER, number, f"Version {number}")
    for _ in range(6):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    assert {path: queries_of(client, path, query) for path, query in pages.items()} == few
    assert max(few.values()) <= 7
