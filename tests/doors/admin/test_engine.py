"""The room « Moteur »: rules in force, proposals answered by a second person, and the way back."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Account, LoginSession
from portal.models.campaign import Campaign
from tests.factories import make_account, make_association, make_referral
from tests.operations.test_policies import make_replay

ROOM = "/collectif/moteur"
WHY = "Essai décidé au comité de novembre."
Owner = psycopg.Connection[tuple[object, ...]]
Browser = Callable[..., FlaskClient]


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


@pytest.fixture(autouse=True)
def rules(campaign: Campaign, arrange: Session) -> None:
    """ARM and three associations are in force, version 1; young people and mentors have come."""
    for side in Side:
        make_referral(arrange, campaign, side=side)
    arrange.commit()


@pytest.fixture
def staff(samir: Account, browser_of: Browser, arrange: Session) -> FlaskClient:
    return proved(browser_of(samir), arrange)


@pytest.fixture
def nadia(arrange: Session, browser_of: Browser) -> FlaskClient:
    account = make_account(arrange, "nadia@example.org", staff=True)
    account.name = "Nadia Kessler"
    arrange.commit()
    return proved(browser_of(account), arrange)


def proved(browser: FlaskClient, arrange: Session, minutes: int = 0) -> FlaskClient:
    """Everybody proved who they are that long ago."""
    arrange.execute(update(LoginSession).values(proof_at=clock.now() - timedelta(minutes=minutes)))
    arrange.commit()
    return browser


def propose(browser: FlaskClient, **typed: object) -> TestResponse:
    return browser.post(f"{ROOM}/proposer", data={"policy": "arm", "hops": "4", "reason": WHY, **typed})


def waiting(owner: Owner) -> object:
    found = owner.execute("SELECT id FROM policy_proposal WHERE outcome IS NULL").fetchone()
    return found[0] if found else None


def versions(owner: Owner) -> list[tuple[object, ...]]:
    return owner.execute("SELECT version, name, maximum_hops FROM routing_policy ORDER BY version").fetchall()


def test_the_room_says_what_is_in_force_and_since_when(staff: FlaskClient) -> None:
    page = text_of(staff.get(ROOM))
    assert "ARM : la plus loin de son objectif, 3 associations essayées au plus" in page
    assert "version 1, depuis le" in page
    assert "Aucun rejeu" in page


def test_a_proposal_is_published_by_somebody_else(staff: FlaskClient, nadia: FlaskClient, owner: Owner) -> None:
    assert propose(staff).location == ROOM
    mine, theirs = text_of(staff.get(ROOM)), text_of(nadia.get(ROOM))
    assert "Retirer ma proposition" in mine
    assert ">Publier<" not in mine
    assert WHY in theirs
    assert "Publier" in theirs
    answer = nadia.post(f"{ROOM}/propositions/{waiting(owner)}/publier")
    assert (answer.status_code, answer.location) == (303, ROOM)
    assert versions(owner) == [(1, "arm", 3), (2, "arm", 4)]
    page = text_of(nadia.get(ROOM))
    assert "version 2, depuis le" in page
    assert "publiée par Nadia Kessler" in page
    assert "Revenir à la version 1" in page


def test_whoever_proposes_is_told_that_somebody_else_must_answer(staff: FlaskClient, owner: Owner) -> None:
    propose(staff)
    answer = staff.post(f"{ROOM}/propositions/{waiting(owner)}/publier")
    assert answer.status_code == 422
    assert "Il faut une deuxième personne" in text_of(answer)
    assert versions(owner) == [(1, "arm", 3)]


def test_publishing_wants_a_fresh_proof_of_identity(
    staff: FlaskClient, nadia: FlaskClient, arrange: Session, owner: Owner
) -> None:
    propose(staff)
    proved(nadia, arrange, minutes=11)
    answer = nadia.post(f"{ROOM}/propositions/{waiting(owner)}/publier")
    assert answer.status_code == 303
    assert answer.location.endswith("suite=/collectif/moteur")
    assert versions(owner) == [(1, "arm", 3)]


def test_a_refusal_without_words_is_asked_again(staff: FlaskClient, nadia: FlaskClient, owner: Owner) -> None:
    propose(staff)
    address = f"{ROOM}/propositions/{waiting(owner)}/refuser"
    answer = nadia.post(address, data={"reason": "Non"})
    assert answer.status_code == 422
    assert "Dites pourquoi" in text_of(answer)
    assert "Non</textarea>" in text_of(answer)
    assert waiting(owner) is not None
    assert nadia.post(address, data={"reason": "Attendons la fin de la rentrée."}).status_code == 303
    assert "Attendons la fin de la rentrée." in text_of(staff.get(ROOM))


def test_one_takes_back_ones_own_proposal(staff: FlaskClient, nadia: FlaskClient, owner: Owner) -> None:
    propose(staff)
    address = f"{ROOM}/propositions/{waiting(owner)}/retirer"
    assert nadia.post(address).status_code == 422
    assert staff.post(address).status_code == 303
    assert waiting(owner) is None
    late = nadia.post(address.replace("retirer", "publier"))
    assert late.status_code == 409
    assert "n’attend plus de réponse" in text_of(late)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hops": "3"}, "Rien ne change"),
        ({"hops": "onze"}, "Écrivez un nombre entier"),
        ({"hops": "11"}, "Indiquez un nombre d’associations, de 1 à 10."),
        ({"reason": "Oui"}, "Dites pourquoi"),
        ({"policy": "au-pif"}, "Cette réponse n’est pas dans la liste."),
        ({"policy": "projected"}, "Il manque un rejeu du côté des jeunes et du côté des bénévoles"),
    ],
)
def test_what_makes_no_proposal_is_told_and_what_was_typed_stays(
    staff: FlaskClient, owner: Owner, typed: dict[str, str], said: str
) -> None:
    answer = propose(staff, **typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{typed.get("hops", "4")}"' in text_of(answer)
    assert waiting(owner) is None


def test_a_second_proposal_waits_for_the_first(staff: FlaskClient, nadia: FlaskClient) -> None:
    propose(staff)
    answer = propose(nadia, hops="5")
    assert answer.status_code == 409
    assert "Une autre proposition attend déjà" in text_of(answer)


def test_the_way_back_is_a_proposal_too(staff: FlaskClient, nadia: FlaskClient, owner: Owner) -> None:
    propose(staff)
    nadia.post(f"{ROOM}/propositions/{waiting(owner)}/publier")
    back = f"{ROOM}/versions/1/revenir"
    assert "Revenir à la version 1" in text_of(nadia.get(back))
    assert nadia.post(back, data={"reason": ""}).status_code == 422
    assert nadia.post(back, data={"reason": "Trop de réorientations."}).location == ROOM
    staff.post(f"{ROOM}/propositions/{waiting(owner)}/publier")
    assert versions(owner)[-1] == (3, "arm", 3)
    assert "La version 3 est en vigueur" in text_of(staff.get(f"{ROOM}/versions"))
    assert staff.get(f"{ROOM}/versions/9/revenir").status_code == 404


@pytest.mark.parametrize("asked", ["5", "10"])
def test_the_form_opens_on_the_rules_that_the_address_tells(staff: FlaskClient, asked: str) -> None:
    page = text_of(staff.get(f"{ROOM}/proposer?regle=random&essais={asked}"))
    assert f'name="hops" type="text" value="{asked}"' in page
    assert '<option selected value="random">' in page
    assert "sans regarder les objectifs" in page  # what each policy does


def test_the_second_person_reads_what_the_replay_tells_and_how_many_are_tried_today(
    staff: FlaskClient, nadia: FlaskClient, arrange: Session
) -> None:
    figures = {"unroutable": {}, "gini": 0.1, "served": 100}
    report = {"before": figures, "after": figures, "differences": {"served": [-9, -5, -1], "gini": [0, 0, 0]}}
    rules = {"policy": {"name": "arm", "hops": 1}}
    tried = make_replay(arrange, Side.MENTEE, changes=rules)
    tried.report = report
    arrange.commit()
    staff.post(f"{ROOM}/proposer?rejeu={tried.id}", data={"policy": "arm", "hops": "1", "reason": WHY})
    page = text_of(nadia.get(ROOM))
    assert "5 jeunes de moins, et des associations servies aussi également" in page
    assert "1 (aujourd’hui 3)" in page


def test_a_number_that_no_version_has_is_not_found(staff: FlaskClient) -> None:
    assert staff.get(f"{ROOM}/versions/{10**20}/revenir").status_code == 404
    assert "v1" in text_of(staff.get(f"{ROOM}/versions?avant={10**20}"))


@pytest.mark.parametrize("path", ["", "/versions", "/proposer", "/rejeux", "/rejeux/nouveau"])
def test_a_coordinator_may_not_come_in(arrange: Session, browser_of: Browser, path: str) -> None:
    association = make_association(arrange)
    account = make_account(arrange, association=association, role=Role.ADMINISTRATOR)
    arrange.commit()
    assert browser_of(account, association).get(ROOM + path).status_code == 403
