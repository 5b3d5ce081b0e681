"""The texts of the offer: looked at before anything is kept, drafted, published, compared and put back."""

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from admin.offer_pages import SLUGS, Change, differences
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.models.account import Account
from portal.models.company import OfferPage, OfferText
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.event import JournalAct, JournalEntry
from portal.queries.offer_texts import Shown
from tests.factories import make_account

TEXTS = "/collectif/entreprises/textes"
INFORMER = f"{TEXTS}/informer"
KIT = f"{TEXTS}/kit-annonce"


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def typed(action: str = "brouillon", base: int = 0, **changed: str) -> dict[str, str]:
    form = {
        "title": "Le mentorat",
        "lead": "En deux mots.",
        "body": "## Pourquoi\n\nParce que **oui**.",
        "base": str(base),
    }
    return form | {"action": action} | changed


def kept(arrange: Session) -> list[OfferText]:
    arrange.expire_all()
    return list(arrange.scalars(select(OfferText).order_by(OfferText.page, OfferText.number)))


def journal(arrange: Session) -> list[tuple[JournalAct, str | None]]:
    rows = arrange.execute(select(JournalEntry.act, JournalEntry.detail).order_by(JournalEntry.at, JournalEntry.id))
    return [(act, detail) for act, detail in rows]


def test_before_anything_is_written_the_built_in_texts_are_in_force(staff: FlaskClient) -> None:
    page = read(staff, TEXTS)
    assert page.count("Texte d’origine") == len(OfferPage)
    assert "8\u00a0textes, aucun brouillon" in page
    for slug in SLUGS.values():
        assert "Texte d’origine en vigueur" in read(staff, f"{TEXTS}/{slug}")
        assert "En vigueur" in read(staff, f"{TEXTS}/{slug}/versions/0")


def test_a_preview_shows_the_page_and_keeps_nothing(staff: FlaskClient, arrange: Session) -> None:
    answer = staff.post(INFORMER, data=typed("apercu", body="Un [lien](/entreprises) <script>x</script>"))
    assert answer.status_code == 200
    assert "Aperçu, rien n’est enregistré" in answer.text
    assert '<a href="/entreprises">lien</a> &lt;script&gt;' in answer.text
    assert kept(arrange) == []
    assert journal(arrange) == []


def test_a_draft_is_kept_for_staff_then_published(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    answer = staff.post(INFORMER, data=typed())
    assert (answer.status_code, answer.location) == (303, INFORMER)
    draft = kept(arrange)[0]
    assert (draft.page, draft.number, draft.published_at) == (OfferPage.INFORMER, 1, None)
    assert draft.created_by == samir.id
    page = read(staff, INFORMER)
    assert "un brouillon" in page
    assert 'value="Le mentorat"' in page
    assert "Brouillon 1" in read(staff, TEXTS)
    version = read(staff, f"{INFORMER}/versions/1")
    assert "Publier ce brouillon" in version
    assert "par rapport au texte d’origine" in version
    assert staff.post(f"{INFORMER}/versions/1/publier").status_code == 303
    shown = kept(arrange)[0]
    assert shown.published_by == samir.id
    assert shown.published_at is not None
    assert journal(arrange) == [(JournalAct.OFFER_CHANGED, "informer:1"), (JournalAct.OFFER_CHANGED, "informer:1")]
    listed = read(staff, TEXTS)
    assert "Version 1" in listed
    assert "Samir Aubert" in listed
    again = staff.post(f"{INFORMER}/versions/1/publier", follow_redirects=True)
    assert "déjà publiée" in unescape(again.text)


def test_publishing_at_once_makes_one_version(staff: FlaskClient, arrange: Session) -> None:
    answer = staff.post(INFORMER, data=typed("publier"))
    assert (answer.status_code, answer.location) == (303, TEXTS)
    assert [(one.number, one.published_at is not None) for one in kept(arrange)] == [(1, True)]
    assert arrange.scalars(select(Document)).all() == []


def test_publishing_a_kit_asks_for_its_pdf(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    staff.post(KIT, data=typed())
    assert arrange.scalars(select(Document)).all() == []
    answer = staff.post(f"{KIT}/versions/1/publier", follow_redirects=True)
    assert "Son PDF se prépare" in unescape(answer.text)
    document = arrange.scalars(select(Document)).one()
    assert (document.kind, document.association_id) == (DocumentKind.COMPANY_KIT, None)
    assert document.parameters == {"page": "kit_announcement", "number": 1}
    assert document.asked_by == samir.id


def test_the_pdf_of_a_kit_in_force_can_be_asked_for(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    assert "n’est pas encore prêt" in read(staff, KIT)
    answer = staff.post(f"{KIT}/pdf", follow_redirects=True)
    assert "Le PDF se prépare" in unescape(answer.text)
    document = arrange.scalars(select(Document)).one()
    assert document.parameters == {"page": "kit_announcement", "number": 0}
    document.state, document.file = DocumentState.READY, b"%PDF-1.7"
    arrange.commit()
    assert "est prêt" in read(staff, KIT)
    assert staff.post(f"{INFORMER}/pdf").status_code == 404


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": " "}, "Écrivez un titre."),
        ({"title": "a" * 161}, "trop long"),
        ({"lead": "a" * 401}, "trop long"),
        ({"body": "\n"}, "Écrivez le texte de la page."),
        ({"body": "a" * 20001}, "Ce texte est trop long"),
        ({"body": "[x](javascript:alert(1))"}, "n’est pas accepté"),
        ({"body": "![x](https://example.org/a.png)"}, "Les images ne sont pas acceptées"),
        ({"body": "> > > > > a"}, "les unes dans les autres"),
    ],
)
@pytest.mark.parametrize("action", ["apercu", "brouillon", "publier"])
def test_a_text_that_cannot_be_kept_is_refused_and_stays_in_the_form(
    staff: FlaskClient, arrange: Session, changed: dict[str, str], sentence: str, action: str
) -> None:
    answer = staff.post(INFORMER, data=typed(action) | {"lead": "Mon chapeau gardé"} | changed)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert sentence in page
    assert ("Mon chapeau gardé" in page) is ("lead" not in changed)
    assert kept(arrange) == []


def test_of_two_writers_the_later_is_told_and_keeps_their_words(
    staff: FlaskClient, arrange: Session, browser_of: Callable[..., FlaskClient]
) -> None:
    ines = make_account(arrange, staff=True)
    ines.name = "Inès Roux"
    arrange.commit()
    assert browser_of(ines).post(INFORMER, data=typed()).status_code == 303
    answer = staff.post(INFORMER, data=typed("publier", body="Mes mots gardés"))
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "Inès Roux a enregistré une version à" in page
    assert "Mes mots gardés" in page
    assert [one.number for one in kept(arrange)] == [1]
    base = page.split('name="base"')[1].split('value="')[1].split('"')[0]
    assert base == "1"
    assert staff.post(INFORMER, data=typed("publier", 1, body="Mes mots gardés")).status_code == 303
    assert [(one.number, one.body) for one in kept(arrange)][1:] == [(2, "Mes mots gardés")]
    stale = staff.post(f"{INFORMER}/versions/1/publier", follow_redirects=True)
    assert "écrit une version plus récente" in unescape(stale.text)
    assert kept(arrange)[0].published_at is None


@pytest.mark.parametrize("base", ["", "rien", "-1", "99999999999"])
def test_a_form_of_no_known_version_is_refused(staff: FlaskClient, arrange: Session, base: str) -> None:
    staff.post(INFORMER, data=typed())
    assert staff.post(INFORMER, data=typed() | {"base": base}).status_code == 422
    assert len(kept(arrange)) == 1


def test_an_earlier_version_is_put_back_as_a_new_one(staff: FlaskClient, arrange: Session) -> None:
    staff.post(INFORMER, data=typed("publier"))
    staff.post(INFORMER, data=typed("publier", 1, body="## Pourquoi\n\nParce que non."))
    page = read(staff, f"{INFORMER}/versions/1")
    assert "Remettre cette version" in page
    assert "2\u00a0paragraphes changés" in page
    assert "Retiré" in page
    assert "Ajouté" in page
    staff.post(f"{INFORMER}/versions/1/remettre", data={"base": "2"})
    third = kept(arrange)[2]
    assert (third.number, third.body) == (3, "## Pourquoi\n\nParce que **oui**.")
    assert third.published_at is not None
    stale = staff.post(f"{INFORMER}/versions/2/remettre", data={"base": "2"}, follow_redirects=True)
    assert "a enregistré une version" in unescape(stale.text)
    staff.post(f"{INFORMER}/versions/0/remettre", data={"base": "3"})
    assert kept(arrange)[3].title == "Le mentorat en dix questions"


def test_unknown_pages_and_versions_are_a_404(staff: FlaskClient) -> None:
    for method, path in (
        ("GET", "/rien"),
        ("POST", "/rien"),
        ("GET", "/informer/versions/7"),
        ("GET", "/informer/versions/99999999999"),
        ("POST", "/informer/versions/7/publier"),
        ("POST", "/informer/versions/0/publier"),
        ("POST", "/informer/versions/7/remettre"),
    ):
        answer = staff.open(TEXTS + path, method=method, data={"base": "0"} if method == "POST" else None)
        assert answer.status_code == 404, path


def test_differences_are_told_paragraph_by_paragraph() -> None:
    before = Shown(OfferPage.HOME, 1, "Titre", "Chapeau", "Un.\n\nDeux.\n\n\nTrois.")
    after = Shown(OfferPage.HOME, 2, "Titre", "", "Un.\n\nDeux et demi.\n \nTrois.\n\nQuatre.")
    assert [(run.change, run.texts) for run in differences(before, after)] == [
        (Change.SAME, ["Titre"]),
        (Change.REMOVED, ["Chapeau"]),
        (Change.SAME, ["Un."]),
        (Change.REMOVED, ["Deux."]),
        (Change.ADDED, ["Deux et demi."]),
        (Change.SAME, ["Trois."]),
        (Change.ADDED, ["Quatre."]),
    ]


def test_the_pages_ask_a_constant_number_of_queries(staff: FlaskClient) -> None:
    staff.post(INFORMER, data=typed("publier"))
    addresses = (TEXTS, INFORMER, f"{INFORMER}/versions/1")
    few = [queries(staff, address) for address in addresses]
    for number in range(1, 6):
        staff.post(INFORMER, data=typed("publier" if number % 2 else "brouillon", number))
        staff.post(KIT, data=typed("publier", number - 1))
    assert [queries(staff, address) for address in addresses] == few
    assert max(few) <= 5


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
