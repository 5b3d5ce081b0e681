"""The trial at the association's door: its words, its trace in the journal, its limits, and faults said while typing."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.association.criteria_form import MOST_PLACES, Clause, Form, Kind, Line, faults_of, wrong_in
from portal.association.criteria_typed import fields_of, typed_form
from portal.foundation.errors import DomainError
from portal.foundation.extensions import limiter
from portal.foundation.permissions import Role
from portal.models.programme import CriteriaProposal, ProgrammeVersion, Verdict
from portal.models.referral import ReferralState
from portal.operations import criteria as saving
from portal.places import search_places
from portal.queries import trial_told
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of
from tests.doors.association.test_criteria import address, aged, posted, typed, versions

Owner = psycopg.Connection[tuple[object, ...]]
AGED = {"all": [{"test": "age", "min": 14, "max": 17}]}


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    arrange.commit()
    return signed_in_as(app, arrange, account, house.association)


def tried(administrator: Tab, house: House, form: Form) -> str:
    answer = posted(administrator, address(house, "/essai"), typed(form, act="try"))
    assert answer.status_code == 200
    return text_of(answer)


def panel(page: str) -> str:
    return page.partition('id="trial"')[2].partition('class="save-bar"')[0]


def waiting(arrange: Session, house: House, many: int) -> None:
    for _ in range(many):
        factories.make_referral(arrange, house.campaign, state=ReferralState.WAITLISTED)
    arrange.commit()


def in_care_at(*places: str) -> Form:
    public = Line(Kind.PUBLIC, chosen=("ase",))
    return Form((Clause((Line(Kind.TERRITORY, places=places),)), Clause((public,))))


def test_nobody_and_one_read_the_same(administrator: Tab, house: House, arrange: Session) -> None:
    waiting(arrange, house, 6)
    nobody = panel(tried(administrator, house, in_care_at("departement:59")))
    factories.make_referral(arrange, house.campaign, state=ReferralState.WAITLISTED, facts={"publics": {"ase": True}})
    arrange.commit()
    one = panel(tried(administrator, house, in_care_at("departement:59")))
    assert "moins de 5" in nobody
    assert nobody.splitlines() == one.splitlines()


def test_a_town_and_a_public_are_not_counted_and_can_be_saved(
    administrator: Tab, house: House, arrange: Session
) -> None:
    waiting(arrange, house, 6)
    page = tried(administrator, house, in_care_at("commune:59512"))
    assert "Essai non chiffré : ces critères désignent trop peu de monde." in page
    assert "moins de 5" not in page
    assert "Non enregistré" in page
    assert posted(administrator, address(house), typed(in_care_at("commune:59512"))).status_code == 303
    assert len(versions(arrange, house)) == 2


def test_each_trial_is_journalled_without_its_criteria(
    administrator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    administrator.get(address(house))
    assert owner.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)
    tried(administrator, house, aged("18", "25"))
    tried(administrator, house, in_care_at("commune:59512"))
    assert (
        owner.execute("SELECT act, detail FROM journal_entry").fetchall()
        == [("searched", f"trial {house.programme.id} mentee")] * 2
    )
    refused = posted(administrator, address(house), typed(aged("18", "25"), drawn=7))
    assert refused.status_code == 409
    assert "L’essai reprend" in panel(text_of(refused))


def test_a_busy_portal_asks_to_try_again_and_loses_nothing(
    administrator: Tab, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_told, "PATIENCE", 0.01)
    with trial_told.one_at_a_time:
        page = tried(administrator, house, aged("18", "25"))
    assert "Réessayez dans un instant" in page
    assert 'name="least:0.0" value="18"' in page


def test_the_thirty_first_trial_of_a_minute_waits(
    app: Flask, administrator: Tab, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)
    pages = [tried(administrator, house, in_care_at("commune:59512")) for _ in range(31)]
    assert all("Essai non chiffré" in page for page in pages[:30])
    assert "Réessayez dans un instant" in pages[30]


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        ("30", "25", "L’âge le plus bas dépasse le plus haut."),
        ("-5", "", "Écrivez un âge entre 0 et 99 ans, par exemple 14."),
        ("", "999999999999", "Écrivez un âge entre 0 et 99 ans, par exemple 14."),
    ],
)
def test_what_is_wrong_is_said_beside_the_box_while_typing(
    administrator: Tab, house: House, least: str, most: str, said: str
) -> None:
    page = text_of(posted(administrator, address(house, "/essai"), typed(aged(least, most))))
    beside = page.partition('id="fault-0-0"')[2].partition("</div>")[0]
    assert said in beside
    assert page.count(said) == 1
    assert "Un critère est à corriger" in page
    assert "#fault-0-0" in page.partition("hx-select-oob")[2]


def test_what_is_not_written_yet_is_no_fault_while_typing(administrator: Tab, house: House) -> None:
    page = text_of(posted(administrator, address(house, "/essai"), typed(aged("", ""))))
    assert "Un critère est incomplet" in page
    assert "field__error" not in page
    empty = Form(tuple(Clause((Line(kind),)) for kind in Kind))
    assert len(faults_of(empty)) == len(Kind)
    assert wrong_in(empty) == {}


def many_places() -> tuple[str, ...]:
    found = {place.code for letters in ("sa", "la", "le", "be", "ma") for place in search_places(letters, limit=200)}
    return tuple(sorted(found))


def test_four_hundred_places_in_all_however_they_are_spread(administrator: Tab, house: House, arrange: Session) -> None:
    places = many_places()[: MOST_PLACES // 2 + 50]
    assert len(places) > MOST_PLACES // 2
    spread = Form(tuple(Clause((Line(Kind.TERRITORY, places=places),)) for _ in range(20)))
    read = typed_form(fields_of(spread), Form())
    assert sum(len(line.places) for _, _, line in read.lines()) == MOST_PLACES + 1
    answer = posted(administrator, address(house), typed(spread))
    assert answer.status_code == 422
    assert "Pas plus de 400 lieux en tout" in text_of(answer)
    assert len(answer.data) < 700_000
    assert len(versions(arrange, house)) == 1


def test_criteria_too_long_to_be_read_again_are_refused() -> None:
    codes = [f"commune:{number:05}" for number in range(5_000)]
    with pytest.raises(DomainError, match="trop longs") as caught:
        saving.checked({"all": [{"test": "territory", "any_of": codes}]})
    assert caught.value.field == "criteria"
    assert saving.checked({"all": [{"test": "territory", "any_of": codes[:400]}]})


def propose(arrange: Session, house: House, **known: Any) -> None:
    arrange.add(
        CriteriaProposal(
            association_id=house.association.id, programme_id=house.programme.id, side=Side.MENTEE,
            criteria=AGED, based_on=1, **known,
        )
    )  # fmt: skip
    house.association.approval_required = True
    arrange.commit()


def test_the_editor_and_the_versions_say_that_a_proposal_waits(
    administrator: Tab, house: House, arrange: Session
) -> None:
    assert "attend la relecture" not in text_of(administrator.get(address(house)))
    propose(arrange, house)
    page = text_of(administrator.get(address(house)))
    assert "Une proposition du" in page
    assert "remplacera cette proposition" in page
    assert "Une proposition attend la relecture" in text_of(administrator.get(address(house, "/versions")))


def test_the_editor_says_why_the_last_proposal_was_refused(administrator: Tab, house: House, arrange: Session) -> None:
    (version,) = versions(arrange, house)
    assert isinstance(version, ProgrammeVersion)
    now = version.created_at
    propose(arrange, house, verdict=Verdict.REFUSED, reason="Votre agrément s’arrête à 17 ans.", settled_at=now)
    assert "Votre agrément s’arrête à 17 ans." in text_of(administrator.get(address(house)))
