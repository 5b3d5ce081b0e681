"""What is typed is never lost, never read by another browser, and never sent twice."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest
from portal.queries.drafts import LIFE
from tests.doors.public.walking import (
    MENTOR,
    MISSION_LOCALE_FOR_17,
    PUPIL_OF_14,
    REFERRER,
    REFUGEE_OF_20,
    STUDENT_MENTOR,
    YOUNG,
    Steps,
    fill,
    post,
    refused,
    send,
    text_of,
)

pytestmark = pytest.mark.usefixtures("campaign")
Owner = psycopg.Connection[tuple[Any, ...]]


def upto(steps: Steps, key: str) -> Steps:
    """The answers before this step."""
    keys = list(steps)
    return {one: steps[one] for one in keys[: keys.index(key)]}


def sealed(owner: Owner) -> list[tuple[Any, ...]]:
    return owner.execute("SELECT sealed, expires_at FROM draft ORDER BY id").fetchall()


BAD: list[tuple[str, Steps, str, dict[str, Any], str, str]] = [
    (YOUNG, REFUGEE_OF_20, "prenom", {"first_name": "Amina", "last_name": "  "}, "Le nom de famille est nécessaire.", "Amina"),
    (YOUNG, REFUGEE_OF_20, "prenom", {"first_name": "A" * 81, "last_name": "H"}, "trop long", "A" * 81),
    (YOUNG, REFUGEE_OF_20, "naissance", {"day": "31", "month": "2", "year": "2008"}, "Cette date n’existe pas", 'value="31"'),
    (YOUNG, REFUGEE_OF_20, "naissance", {"day": "1", "month": "1", "year": "2999"}, "dans le futur", 'value="2999"'),
    (YOUNG, REFUGEE_OF_20, "naissance", {"day": "1", "month": "13", "year": "2008"}, "Cette date n’existe pas", 'value="2008"'),
    (YOUNG, REFUGEE_OF_20, "situation", {}, "Une réponse est nécessaire", ""),
    (YOUNG, REFUGEE_OF_20, "situation", {"situations": ["astronaut"]}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "situation", {"situations": ["retired"]}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "niveau", {"level": "bac+42"}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "besoins", {"needs": ["guidance", "culture", "mobility", "autonomy"], "words": "mes mots"}, "Trois réponses au plus", "mes mots"),
    (YOUNG, REFUGEE_OF_20, "besoins", {"needs": ["guidance", "unknown"]}, "se choisit seule", ""),
    (YOUNG, REFUGEE_OF_20, "besoins", {"needs": ["guidance"], "words": "x" * 301}, "trop long", "x" * 301),
    (YOUNG, REFUGEE_OF_20, "lieu", {"postal_code": "00000"}, "Nous ne connaissons pas ce code postal", 'value="00000"'),
    (YOUNG, REFUGEE_OF_20, "rencontre", {"meeting": "by_fax"}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "quartier", {"qpv": "perhaps"}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "plus-personnel", {}, "Une réponse est nécessaire", ""),
    (YOUNG, REFUGEE_OF_20, "personnel", {"refugee": "oui"}, "pas dans la liste", ""),
    (YOUNG, REFUGEE_OF_20, "contact", {"mail": "amina@example"}, "Exemple", 'value="amina@example"'),
    (YOUNG, REFUGEE_OF_20, "contact", {"mail": "amina@example.org", "telephone": "12 34"}, "semble incomplet", 'value="12 34"'),
    (YOUNG, PUPIL_OF_14, "responsable", {"name": "Sarah Martin"}, "L’adresse e-mail du parent est nécessaire", "Sarah Martin"),
    (YOUNG, PUPIL_OF_14, "responsable", {"mail": "sarah@example.org"}, "Le nom du parent ou responsable légal est nécessaire", "sarah@example.org"),
    (YOUNG, PUPIL_OF_14, "responsable", {"name": "Sarah", "mail": "LEA@example.org"}, "doit être différente", "LEA@example.org"),
    (REFERRER, MISSION_LOCALE_FOR_17, "qui", {"filler": "stranger"}, "pas dans la liste", ""),
    (REFERRER, MISSION_LOCALE_FOR_17, "structure", {"referrer_type": "college", "establishment": "Collège Anne-Frank", "code": "12"}, "sept chiffres et une lettre", "Collège Anne-Frank"),
    (REFERRER, MISSION_LOCALE_FOR_17, "vous", {"name": "Claire", "mail": ""}, "Votre adresse e-mail est nécessaire.", "Claire"),
    (REFERRER, MISSION_LOCALE_FOR_17, "contact", {"telephone_checked": "y"}, "Il manque le numéro vérifié", ""),
    (MENTOR, STUDENT_MENTOR, "engagement", {"months": "10", "hours": "5000"}, "pas dans la liste", ""),
    (MENTOR, STUDENT_MENTOR, "engagement", {"months": "10", "hours": "8", "available_from": "1999-01-01"}, "dans l’année qui vient", "1999-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "steps", "key", "typed", "words", "kept"), BAD)
def test_a_bad_answer_is_explained_kept_and_changes_nothing(
    client: FlaskClient, owner: Owner, form: str, steps: Steps, key: str, typed: dict[str, Any], words: str, kept: str
) -> None:
    fill(client, form, upto(steps, key))
    answer = refused(client, form, key, typed)
    assert answer.status_code == 422
    shown = text_of(answer)
    assert words in shown
    assert kept in shown
    assert "Il reste quelque chose à corriger" in shown
    again = client.get(f"/{form}/{key}")
    assert again.status_code == 200
    assert "Il reste quelque chose à corriger" not in text_of(again)
    assert client.get(f"/{form}/relire").location == f"/{form}/{key}"
    assert owner.execute("SELECT count(*) FROM referral").fetchone() == (0,)
    assert owner.execute("SELECT count(*) FROM draft").fetchone() == (1,)


def test_what_was_refused_replaces_no_answer_and_is_forgotten_once_corrected(client: FlaskClient) -> None:
    fill(client, YOUNG, upto(REFUGEE_OF_20, "besoins"))
    address = post(client, YOUNG, "prenom", {"first_name": "Samira", "last_name": ""}).location
    assert 'value="Samira"' in text_of(client.get(address))
    assert 'value="Amina"' in text_of(client.get(f"/{YOUNG}/prenom"))
    assert client.post(address, data=REFUGEE_OF_20["prenom"]).location == f"/{YOUNG}/naissance"
    back = client.get(address)
    assert back.status_code == 200
    assert "Samira" not in text_of(back)


def test_an_answer_corrected_from_the_review_leads_back_to_it(client: FlaskClient) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    address = client.post(f"/{YOUNG}/prenom?retour=relire", data={"first_name": ""}).location
    answer = client.post(address, data={"first_name": "Amina", "last_name": "Haïdari"})
    assert answer.location == f"/{YOUNG}/relire"


def test_no_more_is_kept_of_a_refused_answer_than_anybody_types(client: FlaskClient, owner: Owner) -> None:
    refused(client, YOUNG, "prenom", {"first_name": "A" * 500_000, "last_name": ["B"] * 500})
    assert len(sealed(owner)[0][0]) < 10_000


def test_the_agreement_is_necessary_to_send(client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    answer = refused(client, YOUNG, "relire", {})
    assert answer.status_code == 422
    assert "Ton accord\u00a0: Pour envoyer la demande, il faut cocher cette case.</a>" in text_of(answer)
    assert "J’accepte que mes réponses servent à me trouver une association" in text_of(answer)
    assert owner.execute("SELECT count(*) FROM referral").fetchone() == (0,)


def test_back_and_forth_nothing_is_lost(client: FlaskClient) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    assert 'value="Haidari"' in text_of(client.get(f"/{YOUNG}/prenom"))
    assert "Je veux travailler dans la cuisine." in text_of(client.get(f"/{YOUNG}/besoins"))
    answer = client.post(f"/{YOUNG}/prenom?retour=relire", data={"first_name": "Amina", "last_name": "Haïdari"})
    assert answer.location == f"/{YOUNG}/relire"
    shown = text_of(client.get(answer.location))
    assert "Amina Haïdari" in shown
    assert "Trouver un premier emploi, progresser en français" in shown


def test_another_age_asks_what_it_calls_for_and_then_comes_back(client: FlaskClient) -> None:
    fill(client, YOUNG, PUPIL_OF_14)
    of_age = {**PUPIL_OF_14["naissance"], "year": str(int(PUPIL_OF_14["naissance"]["year"]) - 4)}
    answer = client.post(f"/{YOUNG}/naissance?retour=relire", data=of_age)
    assert answer.location == f"/{YOUNG}/relire"
    assert "Sarah Martin" not in text_of(client.get(answer.location))
    client.post(f"/{YOUNG}/naissance?retour=relire", data=PUPIL_OF_14["naissance"])
    assert "Sarah Martin" in text_of(client.get(f"/{YOUNG}/relire"))


def test_who_comes_back_later_resumes_where_they_were(client: FlaskClient) -> None:
    fill(client, YOUNG, upto(REFUGEE_OF_20, "lieu"))
    assert client.get(f"/{YOUNG}").location == f"/{YOUNG}/lieu"
    assert client.get(f"/{YOUNG}/contact").location == f"/{YOUNG}/lieu"
    assert client.get(f"/{YOUNG}/relire").location == f"/{YOUNG}/lieu"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    answer = post(client, YOUNG, "prenom", REFUGEE_OF_20["prenom"])
    (cookie,) = (one for one in answer.headers.getlist("Set-Cookie") if one.startswith("brouillon"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Path=/{YOUNG}" in cookie


def test_no_other_browser_can_read_a_draft(app: Flask, client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, upto(REFUGEE_OF_20, "contact"))
    stranger = app.test_client()
    assert stranger.get(f"/{YOUNG}/besoins").location == f"/{YOUNG}/prenom"
    stolen = owner.execute("SELECT token_digest, id FROM draft").fetchone()
    assert stolen is not None
    for guess in (stolen[0], str(stolen[1]), new_token()):
        stranger.set_cookie(f"brouillon-{YOUNG}", guess, path=f"/{YOUNG}")
        assert stranger.get(f"/{YOUNG}/besoins").location == f"/{YOUNG}/prenom"
        assert "Amina" not in text_of(stranger.get(f"/{YOUNG}/prenom"))


def test_a_draft_opens_only_the_form_it_was_begun_in(client: FlaskClient) -> None:
    answer = post(client, YOUNG, "prenom", REFUGEE_OF_20["prenom"])
    token = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    client.set_cookie(f"brouillon-{MENTOR}", token, path=f"/{MENTOR}")
    assert "Amina" not in text_of(client.get(f"/{MENTOR}/prenom"))


def test_sending_twice_makes_one_request_and_shows_the_same_page(client: FlaskClient, owner: Owner) -> None:
    first = send(client, YOUNG, REFUGEE_OF_20)
    again = post(client, YOUNG, "relire", {"agreed": "y"})
    assert again.location == f"/{YOUNG}/envoyee"
    assert text_of(client.get(again.location)) == first
    assert owner.execute("SELECT count(*) FROM referral").fetchone() == (1,)


def test_once_sent_the_answers_are_no_longer_in_the_draft_and_a_new_form_is_empty(client: FlaskClient) -> None:
    send(client, YOUNG, REFUGEE_OF_20)
    assert client.get(f"/{YOUNG}/besoins").location == f"/{YOUNG}/envoyee"
    assert "Haidari" not in text_of(client.get(f"/{YOUNG}/prenom"))
    assert post(client, YOUNG, "prenom", PUPIL_OF_14["prenom"]).location == f"/{YOUNG}/naissance"
    assert "Quelle est ta date" in text_of(client.get(f"/{YOUNG}/naissance"))


def test_a_draft_of_more_than_seven_days_is_gone_and_says_so(client: FlaskClient) -> None:
    fill(client, YOUNG, upto(REFUGEE_OF_20, "lieu"))
    with clock.at(clock.now() + LIFE):
        answer = post(client, YOUNG, "lieu", REFUGEE_OF_20["lieu"])
        assert answer.location == f"/{YOUNG}"
        shown = text_of(client.get(answer.location, follow_redirects=True))
    assert "effacées au bout de sept jours" in shown
    assert "Amina" not in shown


def test_everything_can_be_erased_at_once(client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, upto(REFUGEE_OF_20, "lieu"))
    answer = client.post(f"/{YOUNG}/effacer", follow_redirects=True)
    assert "rien n’a été gardé" in text_of(answer)
    assert owner.execute("SELECT count(*) FROM draft").fetchone() == (0,)


def test_a_closed_season_keeps_the_answers_and_says_why(client: FlaskClient, owner: Owner) -> None:
    fill(client, YOUNG, REFUGEE_OF_20)
    owner.execute("UPDATE campaign SET starts_on = current_date + 10, ends_on = current_date + 300")
    answer = post(client, YOUNG, "relire", {"agreed": "y"})
    assert answer.status_code == 422
    assert "pas encore ouvertes" in text_of(answer)
    assert client.get(f"/{YOUNG}/relire").status_code == 200


def test_the_token_is_stored_by_its_digest_only(client: FlaskClient, owner: Owner) -> None:
    answer = post(client, YOUNG, "prenom", REFUGEE_OF_20["prenom"])
    token = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    assert owner.execute("SELECT token_digest FROM draft").fetchall() == [(token_digest(token),)]


def test_a_step_sent_from_another_site_is_refused(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, owner: Owner
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    shown = text_of(client.get(f"/{YOUNG}/prenom"))
    assert post(client, YOUNG, "prenom", REFUGEE_OF_20["prenom"]).status_code == 419
    assert owner.execute("SELECT count(*) FROM draft").fetchone() == (0,)
    token = shown.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert post(client, YOUNG, "prenom", {**REFUGEE_OF_20["prenom"], "csrf_token": token}).status_code == 303


def test_a_valid_answer_repeated_without_end_is_not_kept(client: FlaskClient, owner: Owner) -> None:
    names = {"first_name": "Léa", "last_name": ["Martin", *["x" * 2000] * 40]}
    assert client.post(f"/{YOUNG}/prenom", data=names).status_code == 413
    assert owner.execute("SELECT count(*) FROM draft").fetchone() == (0,)


def test_a_birth_year_beyond_any_calendar_is_refused_in_words(client: FlaskClient, owner: Owner) -> None:
    client.post(f"/{YOUNG}/prenom", data={"first_name": "Léa", "last_name": "Martin"})
    answer = refused(client, YOUNG, "naissance", {"day": "1", "month": "1", "year": "99999999999"})
    assert "Cette date n’existe pas" in text_of(answer)
