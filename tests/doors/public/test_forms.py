"""Typical people fill a form in, and what they said reaches the right places, sealed or not."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from matching.profile import Profile
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel
from portal.foundation.crypto import token_digest, vault
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.campaign import Campaign
from portal.models.person import Person
from portal.queries.people import person_of, referrals_matching
from tests.doors.public.walking import (
    ASE_FOR_12,
    MENTOR,
    MISSION_LOCALE_FOR_17,
    MOTHER_OF_11,
    PUPIL_OF_14,
    REFERRER,
    REFUGEE_OF_20,
    RETIRED_MENTOR,
    STUDENT_MENTOR,
    YOUNG,
    Steps,
    aged,
    changed,
    fill,
    post,
    refused,
    send,
    text_of,
)

pytestmark = pytest.mark.usefixtures("campaign")
Owner = psycopg.Connection[tuple[Any, ...]]


def profile_of(owner: Owner) -> Profile:
    row = owner.execute("SELECT profile FROM referral").fetchone()
    assert row is not None
    return Profile.from_json(row[0])


def person_behind(owner: Owner) -> Person:
    row = owner.execute("SELECT id FROM referral").fetchone()
    assert row is not None
    with acting_as(Scope(DatabaseRole.STAFF)):
        person = person_of(row[0])
    assert person is not None
    return person


def column(owner: Owner, query: str) -> set[Any]:
    return {row[0] for row in owner.execute(query)}


def test_a_refugee_of_20_in_roubaix_is_received(client: FlaskClient, owner: Owner) -> None:
    shown = send(client, YOUNG, REFUGEE_OF_20)
    assert "C’est envoyé, Amina." in shown
    assert "la confirmation de ton adresse" in shown
    assert "A••••@example.org" in shown
    profile = profile_of(owner)
    assert (profile.side, profile.channel, profile.age) == (Side.MENTEE, Channel.SELF, 20)
    assert profile.situations == {Situation.SEEKING_JOB, Situation.SEEKING_TRAINING}
    assert profile.level is None
    assert profile.needs == {Need.FIRST_JOB, Need.FRENCH_SCHOOLING}
    assert profile.places is not None
    assert {"commune:59512", "zone:cite-educative-roubaix", "departement:59"} <= profile.places
    assert profile.modalities == {Modality.IN_PERSON, Modality.HYBRID}
    assert profile.publics == {
        Public.MODEST: True,
        Public.RURAL: False,
        Public.WOMAN: True,
        Public.REFUGEE: True,
        Public.NEWLY_ARRIVED: True,
    }
    assert column(owner, "SELECT message FROM outbox") == {"confirm_address"}
    assert column(owner, "SELECT kind FROM consent") == {"applicant", "sensitive"}
    assert owner.execute("SELECT state, awaiting FROM referral").fetchall() == [("awaiting_consent", ["address"])]


def test_who_she_is_stays_sealed_and_can_be_found_by_staff(client: FlaskClient, owner: Owner) -> None:
    send(client, YOUNG, REFUGEE_OF_20)
    person = person_behind(owner)
    assert (person.applicant.first_name, person.applicant.last_name) == ("Amina", "Haidari")
    assert person.applicant.mail == "Amina@example.org"
    assert person.applicant.telephone == "+33639980001"
    assert person.words == "Je veux travailler dans la cuisine."
    with acting_as(Scope(DatabaseRole.STAFF)):
        assert len(referrals_matching("haidari")) == 1
        assert len(referrals_matching("0639980001")) == 1
    everything = str(owner.execute("SELECT r::text, d::text FROM referral r, draft d").fetchall())
    for secret in ("Amina", "Haidari", "example.org", "cuisine", "639980001"):
        assert secret not in everything


def test_a_pupil_of_14_needs_two_answers_before_routing(client: FlaskClient, owner: Owner) -> None:
    shown = send(client, YOUNG, PUPIL_OF_14)
    assert "Il manque deux choses" in shown
    assert "s••••@example.org" in shown
    assert owner.execute("SELECT state, awaiting FROM referral").fetchall() == [
        ("awaiting_consent", ["address", "guardian"])
    ]
    assert column(owner, "SELECT message FROM outbox") == {"confirm_address", "guardian_consent"}
    assert column(owner, "SELECT purpose FROM referral_link") == {"address", "guardian"}
    guardian = person_behind(owner).guardian
    assert guardian is not None
    assert guardian.mail == "sarah@example.org"


def test_a_mother_consents_in_the_form_for_her_child_of_11(client: FlaskClient, owner: Owner) -> None:
    shown = send(client, REFERRER, MOTHER_OF_11)
    assert "votre adresse" in shown
    profile, person = profile_of(owner), person_behind(owner)
    assert (profile.channel, profile.age, profile.needs) == (Channel.FAMILY, 11, None)
    assert profile.publics == {Public.QPV: True, Public.REP: True}
    assert profile.home == "Paris 11e arrondissement"
    assert person.referrer is not None
    assert person.guardian is not None
    assert person.referrer.name == person.guardian.name == "Nadia Benali"
    assert column(owner, "SELECT kind FROM consent") == {"applicant", "guardian"}
    assert owner.execute("SELECT awaiting FROM referral").fetchall() == [(["address"],)]


def test_a_mission_locale_registers_a_young_person_of_17(client: FlaskClient, owner: Owner) -> None:
    send(client, REFERRER, MISSION_LOCALE_FOR_17)
    profile, person = profile_of(owner), person_behind(owner)
    assert profile.channel is Channel.PROFESSIONAL
    assert profile.referrer_type is ReferrerType.MISSION_LOCALE
    assert profile.establishment_name == "Mission locale de Roubaix"
    assert person.referrer is not None
    assert (person.referrer.role, person.referrer.mail) == ("Conseillère", "claire@example.org")
    assert owner.execute("SELECT awaiting FROM referral").fetchall() == [(["address"],)]
    assert "guardian_informed" in column(owner, "SELECT message FROM outbox")
    assert column(owner, "SELECT kind FROM consent") == {"applicant", "guardian_informed"}


ALONE_AT_16 = changed(
    {key: values for key, values in PUPIL_OF_14.items() if key != "responsable"},
    naissance=aged(16),
    niveau={"level": "unknown"},
)


def test_an_unaccompanied_minor_of_16_goes_to_the_end_without_naming_anybody(client: FlaskClient, owner: Owner) -> None:
    send(client, YOUNG, {**ALONE_AT_16, "responsable": {}})
    assert person_behind(owner).guardian is None
    assert owner.execute("SELECT awaiting FROM referral").fetchall() == [(["address"],)]
    assert column(owner, "SELECT message FROM outbox") == {"confirm_address"}


def test_a_guardians_address_is_enough_to_inform_from_15_on(client: FlaskClient, owner: Owner) -> None:
    send(client, YOUNG, {**ALONE_AT_16, "responsable": {"mail": "sarah@example.org"}})
    guardian = person_behind(owner).guardian
    assert guardian is not None
    assert (guardian.name, guardian.mail) == ("", "sarah@example.org")
    assert "guardian_informed" in column(owner, "SELECT message FROM outbox")


def levels_offered(client: FlaskClient, years: int, *situations: str) -> list[str]:
    known = changed(REFUGEE_OF_20, naissance=aged(years), situation={"situations": list(situations)})
    fill(client, YOUNG, {key: known[key] for key in ("prenom", "naissance", "situation")})
    menu = text_of(client.get(f"/{YOUNG}/niveau")).partition("<select")[2].partition("</select>")[0]
    return [option.partition('"')[0] for option in menu.split('value="')[1:]]


@pytest.mark.parametrize(
    ("years", "situations", "offered"),
    [
        (17, ["college"], ["", "6e", "5e", "4e", "3e", "unknown"]),
        (7, ["pupil"], ["", "cp", "ce1", "ce2", "cm1", "cm2", "unknown"]),
        (17, ["college", "vocational_lycee"], ["", "6e", "5e", "4e", "3e", "2de", "1re", "tle", "unknown"]),
        (16, ["general_lycee", "seeking_internship"], ["", "2de", "1re", "tle", "unknown"]),
    ],
)
def test_the_levels_offered_are_those_of_the_schools_attended(
    client: FlaskClient, years: int, situations: list[str], offered: list[str]
) -> None:
    assert levels_offered(client, years, *situations) == offered


def test_out_of_school_any_level_of_that_age_is_offered(client: FlaskClient) -> None:
    at_15, at_25 = levels_offered(client, 15, "none"), levels_offered(client, 25, "seeking_job")
    assert ("cp" in at_15, "bac" in at_15, "bac+5" in at_15) == (True, True, False)
    assert ("cp" in at_25, "bac+8" in at_25) == (True, True)


def test_no_level_that_suits_is_no_reason_to_stop(client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, changed(PUPIL_OF_14, niveau={"level": "unknown"}))
    assert "Autre, ou je ne sais pas" in text_of(client.get(f"/{YOUNG}/relire"))
    post(client, YOUNG, "relire", {"agreed": "y"})
    assert profile_of(owner).level is None


def test_the_review_names_optional_questions_by_their_page_and_spaces_telephones(client: FlaskClient) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    shown = text_of(client.get(f"/{YOUNG}/relire"))
    assert "<dt>Là où tu vis</dt><dd>1\u00a0question sans réponse</dd>" in shown
    assert "<dt>Où tu en es</dt>" in shown
    assert "Questions facultatives" not in shown
    assert "06\u00a039\u00a098\u00a000\u00a001" in shown


def test_child_welfare_attests_its_written_agreement_in_the_guardians_stead(client: FlaskClient, owner: Owner) -> None:
    send(client, REFERRER, ASE_FOR_12)
    assert owner.execute("SELECT awaiting FROM referral").fetchall() == [(["address"],)]
    assert column(owner, "SELECT kind FROM consent") == {"applicant", "professional_attestation", "sensitive"}


def test_without_that_attestation_nothing_goes_on(client: FlaskClient, owner: Owner) -> None:
    before = {key: ASE_FOR_12[key] for key in ("qui", "structure", "vous", "prenom", "naissance")}
    assert fill(client, REFERRER, before).endswith("/attestation")
    answer = refused(client, REFERRER, "attestation", {"agreed": "y"})
    assert answer.status_code == 422
    assert "attestation est nécessaire" in text_of(answer)


def test_a_student_offers_time_as_a_mentor(client: FlaskClient, owner: Owner) -> None:
    shown = send(client, MENTOR, STUDENT_MENTOR)
    assert "C’est envoyé, Hugo." in shown
    profile = profile_of(owner)
    assert (profile.side, profile.level, profile.home) == (Side.MENTOR, StudyLevel.BAC_3, "Lille")
    assert (profile.months, profile.hours_a_month, profile.available_from) == (10, 8, None)
    assert profile.publics == {Public.TWO_YEARS_EXPERIENCE: False, Public.WOMAN: False}
    assert profile.establishment_name == "Université de Lille"
    assert owner.execute("SELECT wording FROM consent").fetchall() == [("mentor-1",)]


def test_a_retired_mentor_prefers_to_meet_remotely(client: FlaskClient, owner: Owner) -> None:
    send(client, MENTOR, RETIRED_MENTOR)
    profile = profile_of(owner)
    assert profile.situations == {Situation.RETIRED}
    assert profile.modalities == {Modality.REMOTE}
    assert profile.publics[Public.BUSINESS_BACKGROUND] is True


def test_sensitive_answers_are_forgotten_when_consent_is_taken_back(client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    post(client, YOUNG, "plus-personnel", {"personal": "no"})
    post(client, YOUNG, "plus-personnel", {"personal": "yes"})
    assert client.get(f"/{YOUNG}/relire").location.endswith("/personnel")
    post(client, YOUNG, "plus-personnel", {"personal": "no"})
    post(client, YOUNG, "relire", {"agreed": "y"})
    assert Public.REFUGEE not in profile_of(owner).publics
    assert column(owner, "SELECT kind FROM consent") == {"applicant"}


def test_a_postal_code_of_several_communes_asks_which(client: FlaskClient, owner: Owner) -> None:
    steps = changed(REFUGEE_OF_20, lieu={"postal_code": "51300"})
    upto = {key: steps[key] for key in ("prenom", "naissance", "situation", "niveau", "besoins", "lieu")}
    assert fill(client, YOUNG, upto).endswith("/commune")
    shown = text_of(client.get(f"/{YOUNG}/commune"))
    assert "Vitry-le-François" in shown
    assert shown.count("<option") == 47
    assert refused(client, YOUNG, "commune", {"commune": "59512"}).status_code == 422
    assert post(client, YOUNG, "commune", {"commune": "51649"}).location.endswith("/rencontre")
    post(client, YOUNG, "lieu", {"postal_code": "59100"})
    assert client.get(f"/{YOUNG}/commune").status_code == 303
    rest = {key: REFUGEE_OF_20[key] for key in list(REFUGEE_OF_20)[6:]}
    fill(client, YOUNG, rest)
    post(client, YOUNG, "relire", {"agreed": "y"})
    assert profile_of(owner).home == "Roubaix"


def test_an_adult_is_not_asked_for_a_guardian(client: FlaskClient) -> None:
    assert fill(client, YOUNG, REFUGEE_OF_20).endswith("/relire")
    assert client.get(f"/{YOUNG}/responsable").status_code == 303


@pytest.mark.parametrize(
    ("form", "years", "page"),
    [(YOUNG, 4, "trop-jeune"), (YOUNG, 34, "trop-age"), (REFERRER, 34, "trop-age"), (MENTOR, 14, "trop-jeune")],
)
def test_other_ages_are_told_why_and_where_to_go(client: FlaskClient, form: str, years: int, page: str) -> None:
    born = {**PUPIL_OF_14["naissance"], "year": str(int(PUPIL_OF_14["naissance"]["year"]) + 14 - years)}
    before: Steps = {"qui": {"filler": "relative"}, "vous": MOTHER_OF_11["vous"]} if form == REFERRER else {}
    fill(client, form, {**before, "prenom": PUPIL_OF_14["prenom"]})
    answer = post(client, form, "naissance", born)
    assert answer.location == f"/{form}/{page}"
    assert "Corriger la date" in text_of(client.get(answer.location))
    assert client.get(f"/{form}").location.endswith("/naissance")


@pytest.mark.parametrize("name", ["123", "😀", "-", "' '"])
def test_figures_and_pictures_alone_name_nobody(client: FlaskClient, name: str) -> None:
    refused = post(client, YOUNG, "prenom", {"first_name": name, "last_name": "Martin"})
    assert "Ce nom ne contient aucune lettre." in text_of(client.get(refused.location))


@pytest.mark.parametrize("years", [31, 32, 33])
def test_31_to_33_can_apply(client: FlaskClient, years: int) -> None:
    born = {**PUPIL_OF_14["naissance"], "year": str(int(PUPIL_OF_14["naissance"]["year"]) + 14 - years)}
    fill(client, YOUNG, {"prenom": PUPIL_OF_14["prenom"], "naissance": born})
    assert client.get(f"/{YOUNG}/situation").status_code == 200


def test_no_address_of_a_page_holds_anything_personal(client: FlaskClient, owner: Owner) -> None:
    seen = [post(client, YOUNG, key, values).location for key, values in PUPIL_OF_14.items()]
    assert all("?" not in address for address in seen)
    assert not any(secret in " ".join(seen).lower() for secret in ("martin", "example", "59100", "college"))


def test_the_tracking_link_is_derived_and_only_its_digest_is_stored(
    app: Flask, client: FlaskClient, owner: Owner, campaign: Campaign
) -> None:
    shown = send(client, YOUNG, REFUGEE_OF_20)
    found = owner.execute("SELECT id, tracking_digest FROM referral").fetchone()
    assert found is not None
    token = vault().link_token("tracking", found[0], 1)
    assert f"/suivi/{token}" in shown
    assert token_digest(token) == found[1]
