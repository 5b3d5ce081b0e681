"""The Collectif reviews criteria: proposals beside what is in force, and the expert editor of any programme."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.criteria import in_french, pretty, read_text
from matching.criteria import Expression, write_criteria
from matching.vocabulary import Side
from portal.foundation.permissions import Role
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.models.programme import CriteriaProposal, Programme, ProgrammeVersion, Verdict
from portal.models.referral import ReferralState
from tests import factories
from tests.matching.strategies import criteria

Owner = psycopg.Connection[tuple[object, ...]]
AGED: dict[str, Any] = {"all": [{"test": "age", "min": 14, "max": 17}, {"test": "public", "any_of": ["qpv"]}]}
OLDER: dict[str, Any] = {"all": [{"test": "age", "min": 18, "max": 25}, {"test": "public", "any_of": ["qpv"]}]}
DEEP: dict[str, Any] = {"any": [{"not": {"all": [{"test": "age", "min": 20}]}}, {"test": "age", "min": 25}]}


@pytest.fixture
def programme(arrange: Session, campaign: Campaign) -> Programme:
    association = factories.make_association(arrange, "Proxité", approval_required=True)
    factories.make_capacity(arrange, association, campaign, 10, "departement:59")
    found = factories.make_programme(arrange, association, AGED)
    arrange.commit()
    return found


@pytest.fixture
def author(arrange: Session, programme: Programme) -> Account:
    its = arrange.get_one(factories.Association, programme.association_id)
    account = factories.make_account(arrange, association=its, role=Role.ADMINISTRATOR)
    arrange.commit()
    return account


@pytest.fixture
def proposal(arrange: Session, programme: Programme, author: Account) -> CriteriaProposal:
    found = CriteriaProposal(
        association_id=programme.association_id, programme_id=programme.id, side=Side.MENTEE, criteria=OLDER,
        notes=["Nos mentors sont étudiants."], based_on=1, created_by=author.id,
    )  # fmt: skip
    arrange.add(found)
    arrange.commit()
    return found


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True)).replace("\u00a0", " ").replace("&nbsp;", " ")


def versions(arrange: Session) -> list[ProgrammeVersion]:
    arrange.rollback()
    return list(arrange.scalars(select(ProgrammeVersion).order_by(ProgrammeVersion.number)))


def path(programme: Programme, more: str = "") -> str:
    return f"/collectif/criteres/{programme.id}/jeunes{more}"


def test_a_proposal_is_read_beside_what_is_in_force(
    staff: FlaskClient, proposal: CriteriaProposal, arrange: Session, campaign: Campaign
) -> None:
    for _ in range(6):
        factories.make_referral(arrange, campaign, state=ReferralState.WAITLISTED, facts={"publics": {"qpv": True}})
    arrange.commit()
    listed = text_of(staff.get("/collectif/criteres"))
    assert "1 proposition attend votre relecture" in listed
    page = text_of(staff.get(f"/collectif/criteres/propositions/{proposal.id}"))
    assert "1 critère changé" in page
    assert "De 14 à 17 ans" in page
    assert "De 18 à 25 ans" in page
    assert page.count("<mark>") == 2
    assert "Nos mentors sont étudiants." in page
    assert "demandes en attente viendraient maintenant" in page


def test_approving_publishes_in_the_authors_name(
    staff: FlaskClient, samir: Account, author: Account, proposal: CriteriaProposal, arrange: Session, owner: Owner
) -> None:
    answer = staff.post(f"/collectif/criteres/propositions/{proposal.id}/approuver", data={"beside": "1"})
    assert answer.status_code == 303
    _, new = versions(arrange)
    assert (new.number, new.criteria, new.created_by, new.notes) == (2, OLDER, author.id, proposal.notes)
    arrange.refresh(proposal)
    assert (proposal.verdict, proposal.settled_by) == (Verdict.APPROVED, samir.id)
    named = {name for (name,) in owner.execute("SELECT name FROM event").fetchall()}
    assert {"criteria_changed", "proposal_settled"} <= named
    assert owner.execute("SELECT act, account_id FROM journal_entry").fetchall() == [("criteria_changed", samir.id)]
    again = staff.post(f"/collectif/criteres/propositions/{proposal.id}/approuver", data={"beside": "2"})
    assert again.status_code == 422
    assert "n’attend plus de réponse" in text_of(again)
    assert len(versions(arrange)) == 2


@pytest.mark.parametrize(("beside", "status"), [("0", 409), ("7", 409), ("", 422), ("deux", 422)])
def test_what_was_not_read_is_not_approved(
    staff: FlaskClient, proposal: CriteriaProposal, arrange: Session, beside: str, status: int
) -> None:
    answer = staff.post(f"/collectif/criteres/propositions/{proposal.id}/approuver", data={"beside": beside})
    assert answer.status_code == status
    assert len(versions(arrange)) == 1
    arrange.refresh(proposal)
    assert proposal.verdict is None


def test_a_refusal_says_why(staff: FlaskClient, proposal: CriteriaProposal, arrange: Session) -> None:
    refuse = f"/collectif/criteres/propositions/{proposal.id}/refuser"
    answer = staff.post(refuse, data={"reason": "Non."})
    assert answer.status_code == 422
    assert "Dites pourquoi" in text_of(answer)
    assert "Non." in text_of(answer)
    assert staff.post(refuse, data={"reason": "Votre agrément s’arrête à 17 ans."}).status_code == 303
    arrange.refresh(proposal)
    assert (proposal.verdict, proposal.reason) == (Verdict.REFUSED, "Votre agrément s’arrête à 17 ans.")
    assert len(versions(arrange)) == 1
    assert "Refusée" in text_of(staff.get("/collectif/criteres"))


def test_a_proposal_for_an_archived_programme_waits(
    staff: FlaskClient, proposal: CriteriaProposal, programme: Programme, arrange: Session
) -> None:
    programme.archived_at = proposal.created_at
    arrange.commit()
    answer = staff.post(f"/collectif/criteres/propositions/{proposal.id}/approuver", data={"beside": "1"})
    assert answer.status_code == 422
    assert "est archivé" in text_of(answer)
    arrange.refresh(proposal)
    assert proposal.verdict is None


def test_the_expert_editor_reads_tries_and_publishes(
    staff: FlaskClient, programme: Programme, arrange: Session
) -> None:
    page = text_of(staff.get(path(programme)))
    assert "&#34;test&#34;: &#34;age&#34;" in page
    tried = text_of(staff.post(path(programme, "/apercu"), data={"criteria": json.dumps(DEEP), "drawn": "1"}))
    assert "(sauf à partir de 20 ans) ou à partir de 25 ans" in tried
    assert "Essai sur 30 jours" in tried
    assert len(versions(arrange)) == 1
    sent = {"criteria": json.dumps(DEEP), "drawn": "1", "note": "Demandé par l’association."}
    assert staff.post(path(programme), data=sent).status_code == 303
    assert (versions(arrange)[-1].criteria, versions(arrange)[-1].notes) == (DEEP, ["Demandé par l’association."])
    stale = staff.post(path(programme), data=sent | {"criteria": json.dumps(OLDER)})
    assert stale.status_code == 409
    assert "quelqu’un a publié la version 2" in text_of(stale)
    assert 'name="drawn" value="2"' in text_of(stale)
    assert staff.post(path(programme), data=sent | {"drawn": "2"}).status_code == 422


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ('{"all": [', "Ce n’est pas du JSON : ligne 1"),
        ('{"all": [{"test": "age"}]}', "Ligne 1, à « $.all[0] » : il faut au moins une borne"),
        ('{"all": [\n {"test": "age", "min": 8},\n {"test": "age", "min": "14"}\n]}', "Ligne 3, à « $.all[1].min »"),
        ('{"all": [{"test": "age", "min": "14"}]}', "« $.all[0].min » : il faut un nombre entier"),
        ('{"all": [{"test": "taille"}]}', "« taille » n’est pas dans la liste"),
        ('{"every": []}', "il faut « all », « any », « not » ou « test »"),
        ('{"all": [{"test": "public", "any_of": []}]}', "il faut au moins une valeur"),
        ('{"all": [{"test": "territory", "any_of": ["Lille"]}]}', "il faut un lieu"),
        ("[]", "il faut un objet"),
        ('{"all": [{"test": "territory", "any_of": ["commune:\\u0000"]}]}', "sans caractère de contrôle"),
        ('{"all": [{"test": "territory", "any_of": ["commune:\\ud800"]}]}', "sans caractère de contrôle"),
        ('{"all": [{"test": "age", "min": 14, "\\ud83d": 1}]}', "ce champ n’existe pas ici"),
        ('{"all": [{"test": "age", "min": ' + "9" * 5_000 + "}]}", "Un nombre de ce texte est trop long"),
        ('{"all": [' + ", ".join(['{"test": "age", "min": 14}'] * 301) + "]}", "301 conditions : 300 au plus"),
        ('{"all": {}}', "il faut une liste"),
        ('{"not":' * 30 + '{"all":[]}' + "}" * 30, "trop de niveaux"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(
    staff: FlaskClient, programme: Programme, arrange: Session, criteria: str, said: str
) -> None:
    for more in ("/apercu", ""):
        answer = staff.post(path(programme, more), data={"criteria": criteria, "drawn": "1"})
        assert answer.status_code == 422
        assert said in text_of(answer)
    assert len(versions(arrange)) == 1


@given(criteria())
def test_what_is_drawn_in_the_editor_is_read_back_the_same(expression: Expression) -> None:
    assert read_text(pretty(write_criteria(expression))).draft == expression


def test_a_text_beyond_any_criteria_is_refused() -> None:
    assert "trop long" in read_text("[" * 120_001).fault
    assert read_text("[" * 50_000).fault
    assert in_french("something new") == "something new"


def test_an_earlier_version_is_put_back(staff: FlaskClient, programme: Programme, arrange: Session) -> None:
    staff.post(path(programme), data={"criteria": json.dumps(OLDER), "drawn": "1"})
    first = versions(arrange)[0]
    history = text_of(staff.get(path(programme, "/versions")))
    assert "La version 2 est en vigueur" in history
    back = f"/collectif/criteres/versions/{first.id}/remettre"
    assert "publié la version 2" in text_of(staff.post(back, data={"drawn": "1"}, follow_redirects=True))
    assert len(versions(arrange)) == 2
    assert staff.post(back, data={"drawn": "2"}).status_code == 303
    assert (versions(arrange)[-1].number, versions(arrange)[-1].criteria) == (3, AGED)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_nobody_of_an_association_reviews(
    browser_of: Callable[..., FlaskClient],
    arrange: Session,
    programme: Programme,
    proposal: CriteriaProposal,
    role: Role,
) -> None:
    its = arrange.get_one(factories.Association, programme.association_id)
    account = factories.make_account(arrange, association=its, role=role)
    client = browser_of(account, its)
    assert client.get("/collectif/criteres").status_code == 403
    assert client.get(f"/collectif/criteres/propositions/{proposal.id}").status_code == 403
    assert client.post(f"/collectif/criteres/propositions/{proposal.id}/approuver").status_code == 403
    assert client.post(path(programme), data={"criteria": json.dumps(OLDER), "drawn": "1"}).status_code == 403
    assert len(versions(arrange)) == 1


def test_what_does_not_exist_is_not_there(staff: FlaskClient, programme: Programme) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert staff.get(f"/collectif/criteres/propositions/{nobody}").status_code == 404
    assert staff.get(f"/collectif/criteres/{nobody}/jeunes").status_code == 404
    assert staff.get(f"/collectif/criteres/{programme.id}/parents").status_code == 404
    assert staff.post(f"/collectif/criteres/versions/{nobody}/remettre").status_code == 404
