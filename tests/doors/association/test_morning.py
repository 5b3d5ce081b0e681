"""The morning file's page: when it is wanted, the password that opens it, and what became of each day's."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.morning import MorningMode, MorningState, RenewedBecause
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of
from tests.doors.association.mornings import keep, make_day, make_password, show_who_it_is

Owner = psycopg.Connection[tuple[object, ...]]
PAGE, PASSWORD, RENEW = "/fichier", "/fichier/mot-de-passe", "/fichier/mot-de-passe/nouveau"
PROOF = "/compte/preuve?suite=/fichier%23mot-de-passe"
SECRET, OLDER, OLDEST = "abcd-efgh-jkmn-pqrs-tuvw", "wvut-srqp-nmkj-hgfe-dcba", "2222-3333-4444-5555-6666"
MORNING = datetime.combine(date(2026, 11, 24), time(11), PARIS)


@pytest.fixture
def now() -> Iterator[datetime]:
    """A Tuesday, at eleven in Paris."""
    with clock.at(MORNING):
        yield MORNING


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    return signed_in_as(app, arrange, account, house.association)


def journal_of(owner: Owner) -> list[tuple[object, ...]]:
    return owner.execute("SELECT act, detail FROM journal_entry ORDER BY id").fetchall()


def setting(owner: Owner) -> tuple[object, ...] | None:
    return owner.execute("SELECT morning_mode, morning_hours FROM association WHERE name = 'Proxité'").fetchone()


def heading(page: str) -> str:
    return page.split("<h1>")[1].split("</h1>", maxsplit=1)[0]


# What became of this morning's


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        (MorningState.MADE, {}, "Le fichier de ce matin est prêt depuis 10 h, 6 demandes dont 2 nouvelles"),
        (MorningState.MADE, {"new": 0}, "prêt depuis 10 h, 6 demandes, aucune nouvelle"),
        (MorningState.MADE, {"new": 6}, "prêt depuis 10 h, 6 demandes, toutes nouvelles"),
        (MorningState.MADE, {"lines": [["x", "00"]], "new": 1}, "prêt depuis 10 h, 1 demande, nouvelle"),
        (MorningState.MADE, {"lines": [["x", "00"]], "new": 0}, "prêt depuis 10 h, 1 demande</h1>"),
        (MorningState.EMPTY, {}, "Rien n’attendait ce matin"),
        (MorningState.NOT_NEEDED, {}, "Ce matin, tout avait été vu : pas de fichier"),
        (MorningState.NOT_NEEDED, {"unseen": 2}, "aucune demande n’attendait depuis assez longtemps : pas de fichier"),
        (MorningState.NOT_WANTED, {}, "Pas de fichier ce matin : c’est votre choix"),
        (MorningState.WAITING, {}, "Le fichier de ce matin se prépare"),
        (MorningState.FAILED, {}, "Le fichier de ce matin n’a pas pu être préparé"),
        (MorningState.MISSED, {}, "Pas de fichier ce matin : le portail était arrêté"),
    ],
)
def test_a_coordinator_reads_in_the_title_what_became_of_this_mornings_file(
    coordinator: Tab, house: House, state: MorningState, fields: dict[str, Any], said: str
) -> None:
    make_day(house, MORNING.date(), state, **fields)
    assert said in text_of(coordinator.get(PAGE))


@pytest.mark.parametrize(
    ("hour", "mode", "said"),
    [
        (9, MorningMode.ALWAYS, "Le prochain fichier se prépare à 10 h"),
        (11, MorningMode.ALWAYS, "Le fichier de ce matin se prépare"),
        (9, MorningMode.NEVER, "Vous ne recevez pas de fichier : c’est votre choix"),
    ],
)
def test_before_there_is_one_the_page_says_what_comes(
    sign_in: Callable[[House], Tab], house: House, hour: int, mode: MorningMode, said: str
) -> None:
    house.association.morning_mode = mode
    house.session.commit()
    with clock.at(datetime.combine(MORNING.date(), time(hour), PARIS)):
        page = text_of(sign_in(house).get(PAGE))
    assert heading(page) == said
    assert "Pas encore de fichier" in page
    assert "Il se crée tout seul, dans la minute" in page


def test_the_navigation_leads_to_the_page(coordinator: Tab) -> None:
    side = coordinator.get("/demandes").text.split('class="side-nav"')[1].split("</nav>")[0]
    assert f'href="{PAGE}"' in side


# When it is wanted


def typed(house: House, **changes: str) -> dict[str, str]:
    return {"version": str(house.association.version), "mode": "when_unseen", "hours": "24", **changes}


def test_an_administrator_sets_when_the_file_is_wanted(administrator: Tab, house: House, owner: Owner) -> None:
    page = text_of(administrator.get(PAGE))
    assert "Enregistrer" in page
    answer = administrator.post(PAGE, data=typed(house, hours=" 4 8 "))
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert setting(owner) == ("when_unseen", 48)
    assert journal_of(owner) == [("file_setting_changed", "when_unseen:48")]
    assert owner.execute("SELECT name, data FROM event").fetchall() == [
        ("association_changed", {"morning_mode": "when_unseen", "morning_hours": 48})
    ]
    assert "Ce réglage vaut dès le prochain fichier" in text_of(administrator.get(PAGE))


@pytest.mark.parametrize("mode", ["always", "never"])
@pytest.mark.parametrize("hours", ["", "0", "999", "douze"])
def test_the_hours_matter_only_to_the_choice_that_asks_for_them(
    administrator: Tab, house: House, owner: Owner, mode: str, hours: str
) -> None:
    assert administrator.post(PAGE, data=typed(house, mode=mode, hours=hours)).status_code == 303
    assert setting(owner) == (mode, 24)


@pytest.mark.parametrize("hours", ["0", "999", "169", "", "  ", "-1", "1,5", "douze", "9" * 30])
def test_hours_that_cannot_be_are_told_on_the_field_and_kept(
    administrator: Tab, house: House, owner: Owner, hours: str
) -> None:
    answer = administrator.post(PAGE, data=typed(house, hours=hours))
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'id="hours-error"' in page
    assert "Écrivez un nombre d’heures entre 1 et 168, par exemple 24." in page
    assert f'value="{hours}"' in page
    assert "<title>Erreur : Fichier de 10 h" in page
    assert setting(owner) == ("when_unseen", 24)
    assert journal_of(owner) == []


@pytest.mark.parametrize("mode", ["", "demain"])
def test_a_choice_that_is_not_offered_is_told(administrator: Tab, house: House, owner: Owner, mode: str) -> None:
    answer = administrator.post(PAGE, data=typed(house, mode=mode, hours="48"))
    assert answer.status_code == 422
    assert 'id="mode-error"' in answer.text
    assert 'value="48"' in answer.text
    assert setting(owner) == ("when_unseen", 24)


@pytest.mark.parametrize("version", ["0", "x", "", "7"])
def test_what_another_tab_changed_is_not_overwritten(
    administrator: Tab, house: House, owner: Owner, version: str
) -> None:
    administrator.post(PAGE, data=typed(house, mode="never"))
    answer = administrator.post(PAGE, data=typed(house, version=version, mode="always"))
    page = text_of(answer)
    assert answer.status_code == 409
    assert "a changé pendant ce temps" in page
    assert 'value="always" id="mode-0" checked' in page
    assert setting(owner) == ("never", 24)
    assert administrator.post(PAGE, data=typed(house, version="2", mode="always")).status_code == 303
    assert setting(owner) == ("always", 24)


def test_the_same_setting_again_writes_nothing(administrator: Tab, house: House, owner: Owner) -> None:
    assert administrator.post(PAGE, data=typed(house)).status_code == 303
    assert journal_of(owner) == []


def test_a_coordinator_reads_the_setting_and_does_not_change_it(coordinator: Tab, house: House, owner: Owner) -> None:
    page = text_of(coordinator.get(PAGE))
    assert "Seulement quand une demande attend sans avoir été vue depuis 24 heures." in page
    assert "Enregistrer" not in page
    assert RENEW not in page
    assert coordinator.post(PAGE, data=typed(house, mode="never")).status_code == 403
    assert coordinator.post(RENEW).status_code == 403
    assert setting(owner) == ("when_unseen", 24)


# The password


def test_the_password_is_shown_after_a_fresh_proof_and_noted(
    coordinator: Tab, house: House, owner: Owner, arrange: Session
) -> None:
    make_password(house, SECRET)
    page = text_of(coordinator.get(PAGE))
    assert "Mot de passe actuel" in page
    assert "Il change au plus tard le" in page
    answer = coordinator.post(PASSWORD)
    assert (answer.status_code, answer.location) == (303, PROOF)
    assert journal_of(owner) == []
    show_who_it_is(arrange)
    shown = coordinator.post(PASSWORD)
    assert shown.status_code == 200
    assert SECRET in shown.text.replace("<wbr>", "")
    assert "no-store" in shown.headers["Cache-Control"]
    assert journal_of(owner) == [("file_password_read", "1")]


def test_the_proof_leads_back_to_the_password(coordinator: Tab, house: House) -> None:
    make_password(house, SECRET)
    where = coordinator.post(PASSWORD).location
    assert "rien n’a encore été affiché" in text_of(coordinator.get(where))
    answer = coordinator.post(where, data={"password": factories.PASSWORD})
    assert answer.location == "/fichier#mot-de-passe"
    assert SECRET in coordinator.post(PASSWORD).text.replace("<wbr>", "")


def test_no_page_that_is_only_read_ever_shows_it(coordinator: Tab, house: House, arrange: Session) -> None:
    make_password(house, SECRET)
    show_who_it_is(arrange)
    coordinator.post(PASSWORD)
    assert SECRET not in coordinator.get(PAGE).text.replace("<wbr>", "")
    assert coordinator.get(PASSWORD).status_code == 405
    assert SECRET not in coordinator.get("/equipe").text
    assert "a affiché le mot de passe du fichier de 10 h" in text_of(coordinator.get("/equipe"))


def test_once_a_member_has_left_those_before_open_only_what_was_made_by_then(
    coordinator: Tab, house: House, arrange: Session
) -> None:
    now = clock.now()
    make_password(house, OLDER, 1, created_at=now - timedelta(days=20), retired_at=now - timedelta(days=2))
    make_password(house, SECRET, 2, created_at=now - timedelta(days=2), because=RenewedBecause.MEMBER_LEFT)
    show_who_it_is(arrange)
    page = text_of(coordinator.post(PASSWORD))
    assert "renouvelé au départ d’un membre de l’équipe" in page
    assert "Il n’ouvre plus que les fichiers gardés de ce temps-là" in page
    assert "Il ouvre encore les fichiers jusqu’au" not in page


def test_those_before_it_are_shown_while_they_open_a_file(coordinator: Tab, house: House, arrange: Session) -> None:
    now = clock.now()
    long_ago = {"created_at": now - timedelta(days=110), "retired_at": now - timedelta(days=20)}
    make_password(house, OLDEST, 1, **long_ago)
    make_password(house, OLDER, 2, created_at=now - timedelta(days=20), retired_at=now - timedelta(days=2))
    make_password(house, SECRET, 3, created_at=now - timedelta(days=2), because=RenewedBecause.QUARTER)
    show_who_it_is(arrange)
    page = text_of(coordinator.post(PASSWORD)).replace("<wbr>", "")
    assert page.index(SECRET) < page.index(OLDER) < page.index(OLDEST)
    assert "renouvelé comme tous les 90" in page
    assert "Il ouvre encore les fichiers jusqu’au" in page
    assert "Il n’ouvre plus que les fichiers gardés de ce temps-là" in page


def test_before_the_first_password_there_is_nothing_to_show(
    coordinator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    show_who_it_is(arrange)
    assert coordinator.post(PASSWORD).status_code == 303
    assert journal_of(owner) == []


def test_an_administrator_asks_for_a_new_password(
    administrator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    make_password(house, SECRET)
    assert administrator.post(RENEW).location == f"/compte/preuve?suite={RENEW}"
    assert administrator.get(RENEW).location == f"/compte/preuve?suite={RENEW}"
    assert owner.execute("SELECT count(*) FROM file_password").fetchone() == (1,)
    show_who_it_is(arrange)
    assert administrator.post(RENEW).status_code == 303
    rows = owner.execute("SELECT number, because, retired_at IS NULL FROM file_password ORDER BY number").fetchall()
    assert rows == [(1, "first", False), (2, "asked", True)]
    assert journal_of(owner) == [("file_password_renewed", "2")]
    page = text_of(administrator.get(PAGE))
    assert "affichez-le et notez-le" in page
    assert "demandé par quelqu’un de l’équipe" in page


def test_before_a_new_password_a_page_says_what_will_happen_and_changes_nothing(
    administrator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    make_password(house, SECRET)
    show_who_it_is(arrange)
    assert f'href="{RENEW}"' in administrator.get(PAGE).text
    page = text_of(administrator.get(RENEW))
    assert heading(page) == "Créer un nouveau mot de passe du fichier ?"
    assert "Chaque membre qui reçoit le fichier en est prévenu" in page
    assert "L’ancien ouvre encore les fichiers jusqu’au" in page
    assert SECRET not in page
    assert owner.execute("SELECT count(*) FROM file_password").fetchone() == (1,)
    assert journal_of(owner) == []


def test_a_coordinator_does_not_come_to_that_page(coordinator: Tab, house: House, arrange: Session) -> None:
    make_password(house, SECRET)
    show_who_it_is(arrange)
    assert coordinator.get(RENEW).status_code == 403


def test_where_scripts_run_the_proof_and_the_lack_of_a_password_lead_away(
    coordinator: Tab, house: House, arrange: Session
) -> None:
    script = {"HX-Request": "true"}
    answer = coordinator.post(PASSWORD, headers=script)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, PROOF)
    show_who_it_is(arrange)
    assert coordinator.post(PASSWORD, headers=script).headers["HX-Redirect"] == PAGE
    make_password(house, SECRET)
    assert SECRET in coordinator.post(PASSWORD, headers=script).text.replace("<wbr>", "")


def test_too_many_new_passwords_in_a_week_are_refused_in_words(
    administrator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    make_password(house, SECRET)
    show_who_it_is(arrange)
    assert [administrator.post(RENEW).status_code for _ in range(2)] == [303, 303]
    refused = administrator.post(RENEW)
    assert refused.status_code == 409
    assert "a déjà changé deux fois en sept jours" in text_of(refused)
    assert "Rien n’a changé" in text_of(refused)
    assert owner.execute("SELECT max(number) FROM file_password").fetchone() == (3,)


# The days


@pytest.mark.usefixtures("now")
def test_a_member_downloads_a_kept_file_after_a_fresh_proof(
    coordinator: Tab, house: House, arrange: Session, owner: Owner
) -> None:
    row = make_day(house, MORNING.date() - timedelta(days=1))
    keep(house, row, b"the older", 1)
    keep(house, row, b"encrypted", 2)
    address = f"{PAGE}/{row.id}"
    assert f'action="{address}"' in coordinator.get(PAGE).text
    assert coordinator.post(address).location == "/compte/preuve?suite=/fichier%23jours"
    assert journal_of(owner) == []
    show_who_it_is(arrange)
    answer = coordinator.post(address)
    assert (answer.status_code, answer.data) == (200, b"encrypted")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="demandes-2026-11-23.xlsx"'
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert journal_of(owner) == [("morning_file_read", "2026-11-23")]
    assert coordinator.get(address).status_code == 405


@pytest.mark.usefixtures("now")
def test_what_is_another_associations_or_no_longer_kept_is_not_found(
    coordinator: Tab, house: House, neighbour: House, arrange: Session, owner: Owner
) -> None:
    theirs, gone = make_day(neighbour, MORNING.date()), make_day(house, MORNING.date())
    keep(neighbour, theirs, b"not yours")
    show_who_it_is(arrange)
    for key in (theirs.id, gone.id, new_id()):
        answer = coordinator.post(f"{PAGE}/{key}")
        assert answer.status_code == 404
        assert b"not yours" not in answer.data
    assert str(theirs.id) not in coordinator.get(PAGE).text
    assert journal_of(owner) == []


@pytest.mark.usefixtures("now")
def test_thirty_days_are_listed_latest_first_and_the_password_that_differs_is_named(
    coordinator: Tab, house: House, arrange: Session
) -> None:
    make_password(house, OLDER, 1, retired_at=MORNING - timedelta(days=3))
    make_password(house, SECRET, 2)
    kept = make_day(house, MORNING.date() - timedelta(days=5))
    keep(house, kept, b"x", 1)
    for back in (0, 1, 29, 30, 60):
        make_day(house, MORNING.date() - timedelta(days=back), MorningState.EMPTY)
    page = text_of(coordinator.get(PAGE))
    days = ("Mardi 24 novembre", "Lundi 23 novembre", "Jeudi 19 novembre", "Lundi 26 octobre")
    assert sorted(days, key=page.index) == list(days)
    assert "Dimanche 25 octobre" not in page
    assert "Mot de passe remplacé le 21 nov. 2026" in page


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize(
    ("state", "said"),
    [
        (MorningState.MADE, "Préparé à 10 h"),
        (MorningState.EMPTY, "Regardé à 10 h"),
        (MorningState.NOT_NEEDED, "Regardé à 10 h"),
        (MorningState.NOT_WANTED, ""),
    ],
)
def test_a_day_without_a_file_says_when_it_was_looked_at(
    coordinator: Tab, house: House, state: MorningState, said: str
) -> None:
    make_day(house, MORNING.date(), state, at=MORNING.replace(hour=10))
    row = text_of(coordinator.get(PAGE)).split('<th scope="row"')[1].split("</tr>")[0]
    words = " ".join(re.sub(r"<[^>]+>", "", row).split())
    assert ("Préparé à 10 h" in words, "Regardé à 10 h" in words) == (said[:1] == "P", said[:1] == "R")
    assert ("10 h" in words) is bool(said)


# Limits


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@pytest.mark.usefixtures("now")
def test_more_days_and_passwords_ask_no_more_of_the_database(coordinator: Tab, house: House) -> None:
    coordinator.get(PAGE)
    with counted() as few:
        coordinator.get(PAGE)
    for back in range(30):
        row = make_day(house, MORNING.date() - timedelta(days=back))
        keep(house, row, b"x")
    for number in range(1, 4):
        make_password(house, SECRET, number, retired_at=None if number == 3 else clock.now())
    with counted() as many:
        page = coordinator.get(PAGE).text
    assert page.count("Télécharger le fichier du") == 30
    assert len(many) == len(few)


def test_every_act_of_the_page_is_a_plain_form_of_this_association(
    administrator: Tab, house: House, arrange: Session
) -> None:
    make_password(house, SECRET)
    keep(house, make_day(house, clock.today()), b"x")
    page = administrator.get(PAGE).text
    main = page.split("<main")[1].split("</main>")[0]
    forms = main.split("<form")[1:]
    assert len(forms) == 3
    for form in forms:
        assert 'method="post"' in form
        assert f'name="association" value="{house.association.id}"' in form.split("</form>")[0]
    administrator.drawn_for = str(new_id())
    for address in (PAGE, PASSWORD, RENEW, f"{PAGE}/{new_id()}"):
        assert administrator.post(address, data=typed(house, mode="never")).status_code == 409


def test_whoever_is_not_of_an_association_does_not_come_in(
    app: Flask, arrange: Session, house: House, sign_in: Callable[[House], Tab]
) -> None:
    stranger = Tab(app, app.response_class, use_cookies=True)
    for answer in (stranger.get(PAGE), stranger.post(PAGE), stranger.post(PASSWORD)):
        assert answer.location.startswith("/connexion")
