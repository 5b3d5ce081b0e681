"""« Mes courriels »: everybody chooses what they are told, for each association they work for."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.morning import MorningMode
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.operations.notices import DEFAULTS
from portal.web.typography import day
from tests.doors.auth.conftest import SignedInAs
from tests.factories import make_account, make_association

PAGE = "/compte/courriels"


@pytest.fixture
def association(arrange: Session) -> Association:
    return make_association(arrange, "Proxité")


@pytest.fixture
def claire(arrange: Session, association: Association) -> Account:
    return make_account(arrange, "claire@example.org", association=association, role=Role.ADMINISTRATOR)


@pytest.fixture
def browser(signed_in_as: SignedInAs, claire: Account, association: Association) -> FlaskClient:
    return signed_in_as(claire, association=association)


def text_of(answer: Any) -> str:
    return str(answer.text).replace("\u00a0", " ").replace("&nbsp;", " ")


def wanted(association: Association | None, **changed: str) -> dict[str, str]:
    """A whole form, everything at its default but what is changed."""
    whole = {notice.value: rhythm.value for notice, rhythm in DEFAULTS.items()} | changed
    return whole | {"association": str(association.id) if association else ""}


def choices(arrange: Session) -> dict[tuple[Any, Notice], Rhythm]:
    arrange.rollback()
    return {(row.association_id, row.notice): row.rhythm for row in arrange.scalars(select(NoticeChoice))}


def test_each_notice_is_said_in_plain_words_with_its_default_chosen(browser: FlaskClient) -> None:
    page = text_of(browser.get(PAGE))
    for words in ("Demandes à traiter", "Demandes qui vont partir", "Suivi à compléter", "toujours exactes ?"):
        assert words in page
    assert "Réponse à vos critères" in page
    assert "équipe du Collectif" not in page.split("<form")[1]
    assert 'name="offered" value="daily" id="offered-1" checked' in page
    assert page.count(" checked>") == len(Notice) - 1


def test_a_coordinator_is_not_asked_about_what_only_administrators_are_told(
    arrange: Session, signed_in_as: SignedInAs, association: Association
) -> None:
    page = signed_in_as(make_account(arrange, association=association), association=association).get(PAGE).text
    assert "Réponse à vos critères" not in page
    assert 'name="criteria"' not in page


def test_choices_are_kept_and_shown_again(browser: FlaskClient, arrange: Session, association: Association) -> None:
    answer = browser.post(PAGE, data=wanted(association, offered="at_once", places="never"), follow_redirects=True)
    page = text_of(answer)
    assert "Vos choix sont enregistrés pour Proxité." in page
    assert 'name="offered" value="at_once" id="offered-0" checked' in page
    kept = choices(arrange)
    assert (kept[association.id, Notice.OFFERED], kept[association.id, Notice.PLACES]) == (
        Rhythm.AT_ONCE,
        Rhythm.NEVER,
    )
    browser.post(PAGE, data=wanted(association, offered="never"))
    assert choices(arrange)[association.id, Notice.OFFERED] is Rhythm.NEVER


@pytest.mark.parametrize("value", ["weekly", "toujours", None])
def test_what_is_not_offered_is_refused_on_its_field_and_the_rest_is_kept_as_typed(
    browser: FlaskClient, arrange: Session, association: Association, value: str | None
) -> None:
    form = wanted(association, offered="never") | {"silence": value}
    answer = browser.post(PAGE, data={name: one for name, one in form.items() if one is not None})
    assert answer.status_code == 422
    assert "Erreur" in answer.text
    assert 'name="offered" value="never" id="offered-3" checked' in answer.text
    assert choices(arrange) == {}


def test_the_page_says_when_the_associations_setting_sends_the_file(
    browser: FlaskClient, arrange: Session, association: Association
) -> None:
    assert "depuis 24 heures sans avoir été vue" in text_of(browser.get(PAGE))
    for mode, words in ((MorningMode.ALWAYS, "chaque matin"), (MorningMode.NEVER, "pas de fichier")):
        association.morning_mode = mode
        arrange.commit()
        assert words in text_of(browser.get(PAGE))


def test_a_mailbox_that_refuses_is_told_to_its_owner(browser: FlaskClient, arrange: Session, claire: Account) -> None:
    assert "refuse nos messages" not in text_of(browser.get(PAGE))
    since = clock.now() - timedelta(days=3)
    claire.mail_refused_at = since
    arrange.commit()
    said = f"Cette adresse refuse nos messages depuis le {day(since)}".replace("\u00a0", " ")
    assert said in text_of(browser.get(PAGE))


def test_whoever_works_for_two_associations_chooses_for_the_one_shown(
    arrange: Session, signed_in_as: SignedInAs, claire: Account, association: Association
) -> None:
    other = make_association(arrange, "Télémaque")
    arrange.add(Membership(account_id=claire.id, association_id=other.id, role=Role.COORDINATOR))
    here, there = (signed_in_as(claire, association=one) for one in (association, other))
    here.post(PAGE, data=wanted(association, places="never"))
    assert "Ces choix valent pour Télémaque" in text_of(there.get(PAGE))
    assert 'value="at_once" id="places-0" checked' in there.get(PAGE).text
    there.post(PAGE, data=wanted(other, silence="never"))
    kept = choices(arrange)
    assert kept[association.id, Notice.PLACES] is Rhythm.NEVER
    assert kept[other.id, Notice.PLACES] is Rhythm.AT_ONCE


def test_a_form_drawn_for_another_association_changes_nothing(
    arrange: Session, signed_in_as: SignedInAs, claire: Account, association: Association
) -> None:
    other = make_association(arrange, "Télémaque")
    arrange.add(Membership(account_id=claire.id, association_id=other.id, role=Role.COORDINATOR))
    there = signed_in_as(claire, association=other)
    for drawn_for in (str(association.id), "", "rien"):
        answer = there.post(PAGE, data=wanted(other, places="never") | {"association": drawn_for})
        assert answer.status_code == 409
        assert "Vous travaillez maintenant pour Télémaque. Rien n’a été enregistré." in text_of(answer)
    assert choices(arrange) == {}


def test_staff_choose_what_waits_for_the_collectif(arrange: Session, signed_in_as: SignedInAs) -> None:
    staff = signed_in_as(make_account(arrange, staff=True))
    page = text_of(staff.get(PAGE))
    assert "Ce qui attend l’équipe du Collectif" in page
    assert "Demandes à traiter" not in page
    assert staff.post(PAGE, data={"staff_news": "weekly", "association": ""}).status_code == 303
    assert choices(arrange) == {(None, Notice.STAFF_NEWS): Rhythm.WEEKLY}


def test_nobody_chooses_for_somebody_else(
    browser: FlaskClient, arrange: Session, claire: Account, association: Association
) -> None:
    """Neither by what the form carries, nor for an association they do not work for."""
    colleague = make_account(arrange, association=association)
    arrange.commit()
    data = wanted(association, places="never") | {"account": str(colleague.id), "account_id": str(colleague.id)}
    browser.post(PAGE, data=data)
    arrange.rollback()
    assert set(arrange.scalars(select(NoticeChoice.account_id))) == {claire.id}
    foreign = make_association(arrange)
    arrange.commit()
    assert browser.post(PAGE, data=wanted(foreign, places="at_once")).status_code == 409


def test_the_account_leads_to_the_choices(browser: FlaskClient) -> None:
    assert f'href="{PAGE}"' in browser.get("/compte").text
