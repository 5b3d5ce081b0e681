"""When the portal is unreachable, one command makes and sends the same files from a copy of the database."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from portal.cli_morning import morning
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import handing_over
from portal.jobs import morning as jobs
from portal.models.assignment import AssignmentState
from portal.models.association import Association
from portal.models.event import Event, EventName
from portal.models.morning import MorningMode, RenewedBecause
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.operations.file_passwords import opened, renew_password, valid_passwords
from portal.operations.morning import open_day
from portal.operations.morning_ledger import AlreadyRunning, NotOurs, ledger_in
from portal.paper.workbook import rows_in
from portal.queries.morning import Content
from tests import factories
from tests.mail import post_offices
from tests.mail.post_offices import Act, PostOffice, Stage, Trouble
from tests.replica import replica_of
from tests.servers import FOLDER

Owner = psycopg.Connection[tuple[Any, ...]]
JOBS = Scope(DatabaseRole.JOBS)
NOBODY_ANSWERS = "redis://127.0.0.1:1/0"
Command = Callable[..., Result]


@pytest.fixture
def associations(app: Flask, arrange: Session) -> dict[str, Association]:
    """Two with three requests each and two members, one that never wants a file, one where nothing waits."""
    campaign = factories.make_campaign(arrange)
    found = {
        "afev": factories.make_association(arrange, "Afev", morning_mode=MorningMode.ALWAYS),
        "proxite": factories.make_association(arrange, "Proxité", morning_mode=MorningMode.WHEN_UNSEEN),
        "never": factories.make_association(arrange, "Jamais", morning_mode=MorningMode.NEVER),
        "quiet": factories.make_association(arrange, "Calme", morning_mode=MorningMode.ALWAYS),
    }
    for slug, association in found.items():
        association.slug = slug
        programme = factories.make_programme(arrange, association)
        for _ in range(2):
            factories.make_account(arrange, association=association)
        for days in range(1, 4) if slug != "quiet" else ():
            referral = factories.make_referral(arrange, campaign)
            at = clock.now() - timedelta(days=days)
            waiting = factories.make_assignment(
                arrange, referral, association, programme, offered_at=at, excerpt={}, to_verify=[]
            )
            event = Event(name=EventName.REFERRAL_PLACED, at=at, data={})
            event.referral_id, event.association_id, event.assignment_id = referral.id, association.id, waiting.id
            arrange.add(event)
    arrange.commit()
    jobs.keep_passwords()
    return found


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_offices.opened() as found:
        yield found


@pytest.fixture
def command(app: Flask, settings: Settings, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in this process, with a press that is quick."""

    def press(content: Content, passwords: Sequence[str]) -> list[bytes]:
        return [f"{content.association}: {len(content.lines)}".encode() for _ in passwords]

    monkeypatch.setattr(handing_over, "protected_workbooks", press)

    def run(*words: str, smtp_port: int = office.port) -> Result:
        monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"smtp_port": smtp_port}))
        return CliRunner().invoke(morning, words)

    return run


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "morning", *words]


def typed(told: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv(*words), env=told, capture_output=True, text=True, check=False)


def environment(base: dict[str, str], office: PostOffice, **told: str) -> dict[str, str]:
    return {**os.environ, **base, "REDIS_URL": NOBODY_ANSWERS, "SMTP_PORT": str(office.port), **told}


def made_by_the_portal(owner: Owner) -> dict[str, str]:
    """Digests in hexadecimal, by slug."""
    with transaction(JOBS):
        open_day(clock.today())
    for (file_id,) in owner.execute("SELECT id FROM morning_file").fetchall():
        jobs.make(str(file_id))
    rows = owner.execute(
        "SELECT slug, encode(digest, 'hex') FROM morning_file f JOIN association a ON a.id = association_id"
        " WHERE state = 'made'"
    ).fetchall()
    return dict(rows)


def noted(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]


def password_of(association: Association) -> str:
    with transaction(JOBS):
        return opened(valid_passwords(association.id, clock.now())[0])


@pytest.mark.timeout(400)
def test_from_a_read_only_replica_it_makes_and_sends_the_portals_own_files(
    pytestconfig: pytest.Config,
    associations: dict[str, Association],
    owner: Owner,
    office: PostOffice,
    portal_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """As somebody types it, on a machine where nothing else of the portal runs, the queue neither."""
    expected = made_by_the_portal(owner)
    (reached,) = sent_by_the_portal(owner, "afev", 1)
    folder = tmp_path / "out"
    with (
        tempfile.TemporaryDirectory(prefix="replica-") as data,
        replica_of(pytestconfig.stash[FOLDER], Path(data)) as copy,
    ):
        url = copy.url(urlsplit(portal_environment["DATABASE_URL"]).path.removeprefix("/"))
        told = environment(portal_environment, office, DATABASE_URL=url)
        proved = typed(told, "verify")
        done = typed(told, "hand-over", "--out", str(folder), "--send")
    assert (proved.returncode, done.returncode) == (0, 0), proved.stderr + done.stderr + done.stdout
    assert "afev: intact: 3 requests waited" in proved.stdout
    assert "3 files hold, 1 had nothing to prove" in proved.stdout
    assert "2 files made" in done.stdout
    assert "3 messages sent\n1 mailbox left out, the portal had sent theirs already" in done.stdout
    assert {fact["made"]: fact["digest"] for fact in noted(folder) if "made" in fact} == expected
    assert set(expected) == {"afev", "proxite"}
    assert_closed_and_named(folder, associations)
    assert Counter(office.mailboxes) == Counter(members_of(owner, "afev", "proxite")) - Counter([reached])


def sent_by_the_portal(owner: Owner, slug: str, members: int) -> list[str]:
    """Their messages are spread, and some have left: the mailboxes of those."""
    rows = owner.execute(
        "INSERT INTO outbox (id, deduplication_key, message, reference_id, association_id, account_id, state, attempts,"
        " token, created_at, next_attempt_at, gives_up_at, sent_at)"
        " SELECT gen_random_uuid(), 'morning_file:' || f.id || ':' || m.account_id, 'morning_file', f.id, a.id,"
        " m.account_id, CASE WHEN rank <= %s THEN 'sent' ELSE 'pending' END, 1, 1, now(), now(), now(), now()"
        " FROM morning_file f JOIN association a ON a.id = f.association_id JOIN (SELECT *, row_number() OVER"
        " (PARTITION BY association_id ORDER BY id) AS rank FROM membership) m ON m.association_id = a.id"
        " WHERE slug = %s RETURNING state, account_id",
        [members, slug],
    ).fetchall()
    reached = [account_id for state, account_id in rows if state == "sent"]
    found = owner.execute("SELECT mail FROM account WHERE id = ANY(%s)", [reached]).fetchall()
    return [str(mail) for (mail,) in found]


def members_of(owner: Owner, *slugs: str) -> list[str]:
    rows = owner.execute(
        "SELECT mail FROM account c JOIN membership m ON m.account_id = c.id JOIN association a ON a.id = association_id"
        " WHERE slug = ANY(%s)",
        [list(slugs)],
    )
    return [str(row[0]) for row in rows.fetchall()]


def assert_closed_and_named(folder: Path, associations: dict[str, Association]) -> None:
    day = clock.today()
    assert folder.stat().st_mode & 0o777 == 0o700
    files = {path.name: path for path in folder.iterdir()}
    assert set(files) == {f"afev-{day}.xlsx", f"proxite-{day}.xlsx", "ledger.jsonl"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files.values())
    rows = rows_in(files[f"afev-{day}.xlsx"].read_bytes(), password_of(associations["afev"]))
    assert len(rows) == 3


def test_a_second_call_sends_nothing_twice_and_makes_nothing_anew(
    associations: dict[str, Association], command: Command, office: PostOffice, tmp_path: Path
) -> None:
    for _ in range(2):
        done = command("hand-over", "--out", str(tmp_path / "out"), "--send")
        assert done.exit_code == 0, done.output
    assert "0 files made" in done.output
    assert "2 were there" in done.output
    assert "0 messages sent" in done.output
    assert len(office.kept) == 4
    assert set(office.times_kept.values()) == {1}


def test_whoever_the_portal_has_sent_theirs_is_left_out_unless_it_is_asked_for(
    associations: dict[str, Association], owner: Owner, command: Command, office: PostOffice, tmp_path: Path
) -> None:
    made_by_the_portal(owner)
    reached = sent_by_the_portal(owner, "afev", 2)
    done = command("hand-over", "--out", str(tmp_path / "one"), "--send")
    assert done.exit_code == 0, done.output
    assert "2 messages sent\n2 mailboxes left out, the portal had sent theirs already (--again" in done.output
    assert Counter(office.mailboxes) == Counter(members_of(owner, "proxite"))
    again = command("hand-over", "--out", str(tmp_path / "one"), "--send", "--again")
    assert "2 messages sent" in again.output
    assert "left out" not in again.output
    assert Counter(office.mailboxes) == Counter([*members_of(owner, "proxite"), *reached])


def test_what_the_portal_sent_of_another_day_or_association_leaves_nobody_out(
    associations: dict[str, Association], owner: Owner, command: Command, office: PostOffice, tmp_path: Path
) -> None:
    made_by_the_portal(owner)
    sent_by_the_portal(owner, "afev", 2)
    owner.execute("UPDATE morning_file SET day = day - 1")
    assert "4 messages sent" in command("hand-over", "--out", str(tmp_path / "one"), "--send").output
    owner.execute("UPDATE morning_file SET day = day + 1")
    owner.execute("UPDATE outbox SET state = 'dead' WHERE state = 'sent'")
    assert "4 messages sent" in command("hand-over", "--out", str(tmp_path / "two"), "--send").output


def test_each_message_carries_its_own_associations_file_and_names_nobody(
    associations: dict[str, Association], owner: Owner, command: Command, office: PostOffice, tmp_path: Path
) -> None:
    command("hand-over", "--out", str(tmp_path / "out"), "--send")
    for message in office.messages:
        (attached,) = message.iter_attachments()
        assert attached.get_filename() == f"demandes-{clock.today()}.xlsx"
        expected = "Afev: 3" if str(message["To"]) in members_of(owner, "afev") else "Proxité: 3"
        assert attached.get_payload(decode=True) == expected.encode()
        assert "Léa" not in message.as_string()
        assert len(message["To"].addresses) == 1


def test_while_two_passwords_are_valid_both_files_are_made_and_sent(
    associations: dict[str, Association], owner: Owner, command: Command, office: PostOffice, tmp_path: Path
) -> None:
    with transaction(JOBS):
        renew_password(associations["afev"].id, RenewedBecause.QUARTER)
    command("hand-over", "--out", str(tmp_path / "out"), "--send")
    day = clock.today()
    names = {path.name for path in (tmp_path / "out").glob("*.xlsx")}
    assert names == {f"afev-{day}.xlsx", f"afev-{day}-ancien-mot-de-passe.xlsx", f"proxite-{day}.xlsx"}
    sent = {str(one["To"]): [part.get_filename() for part in one.iter_attachments()] for one in office.messages}
    for mail in members_of(owner, "afev"):
        assert sent[mail] == [f"demandes-{day}.xlsx", f"demandes-{day}-ancien-mot-de-passe.xlsx"]


def test_whoever_said_never_is_sent_nothing(
    associations: dict[str, Association],
    arrange: Session,
    owner: Owner,
    command: Command,
    office: PostOffice,
    tmp_path: Path,
) -> None:
    row = owner.execute(
        "SELECT account_id FROM membership WHERE association_id = %s ORDER BY id LIMIT 1", [associations["afev"].id]
    ).fetchone()
    assert row
    choice = NoticeChoice(id=new_id(), account_id=row[0], notice=Notice.MORNING_FILE, rhythm=Rhythm.NEVER)
    choice.association_id = associations["afev"].id
    arrange.add(choice)
    arrange.commit()
    done = command("hand-over", "--out", str(tmp_path / "out"), "--send")
    assert "3 messages sent" in done.output


def test_without_send_the_files_are_made_and_nobody_is_written_to(
    associations: dict[str, Association], command: Command, office: PostOffice, tmp_path: Path
) -> None:
    done = command("hand-over", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert "2 files made" in done.output
    assert len(list((tmp_path / "out").glob("*.xlsx"))) == 2
    assert office.kept == []
    assert "4 messages sent" in command("hand-over", "--out", str(tmp_path / "out"), "--send").output


def test_where_all_had_been_seen_a_file_is_made_only_for_everyone(
    associations: dict[str, Association], owner: Owner, command: Command, tmp_path: Path
) -> None:
    owner.execute(
        "UPDATE assignment SET state = %s, seen_at = now() WHERE association_id = %s",
        [AssignmentState.SEEN.value, associations["proxite"].id],
    )
    assert "1 file made" in command("hand-over", "--out", str(tmp_path / "one")).output
    assert "2 files made" in command("hand-over", "--out", str(tmp_path / "all"), "--everyone").output


def test_nothing_is_written_in_the_database(
    associations: dict[str, Association], owner: Owner, command: Command, tmp_path: Path
) -> None:
    tables = ("outbox", "morning_file", "morning_workbook", "file_password", "event", "journal_entry", "job_track")
    looks = [f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM {table} t" for table in tables]
    before = [owner.execute(look).fetchone() for look in looks]
    assert command("hand-over", "--out", str(tmp_path / "out"), "--send").exit_code == 0
    assert [owner.execute(look).fetchone() for look in looks] == before


def test_an_association_without_a_password_in_the_copy_is_told_of(
    associations: dict[str, Association], owner: Owner, command: Command, tmp_path: Path
) -> None:
    owner.execute("DELETE FROM file_password WHERE association_id = %s", [associations["afev"].id])
    done = command("hand-over", "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert "1 association has no password" in done.output
    assert "1 file made" in done.output


def test_a_mailbox_that_refuses_costs_nobody_else_theirs(
    associations: dict[str, Association], owner: Owner, command: Command, office: PostOffice, tmp_path: Path
) -> None:
    unlucky = members_of(owner, "afev")[0]
    office.troubles.append(Trouble(Stage.RCPT, Act.REPLY, "550 5.1.1 No such mailbox", times=1, to=unlucky))
    done = command("hand-over", "--out", str(tmp_path / "out"), "--send")
    assert done.exit_code == 1
    assert "3 messages sent" in done.output
    assert "1 mailbox did not take its own" in done.output
    assert "1 message sent" in command("hand-over", "--out", str(tmp_path / "out"), "--send").output
    assert Counter(office.mailboxes) == Counter(members_of(owner, "afev", "proxite"))


def test_a_mail_server_out_of_reach_leaves_the_files_for_another_call(
    associations: dict[str, Association], command: Command, office: PostOffice, tmp_path: Path
) -> None:
    done = command("hand-over", "--out", str(tmp_path / "out"), "--send", smtp_port=1)
    assert done.exit_code == 1
    assert "2 files made" in done.output
    assert "out of reach (unreachable)" in done.output
    assert "4 messages sent" in command("hand-over", "--out", str(tmp_path / "out"), "--send").output


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stage", [Stage.DATA, Stage.CONTENT])
def test_killed_in_the_middle_it_goes_on_and_repeats_at_most_the_message_under_way(
    associations: dict[str, Association],
    owner: Owner,
    office: PostOffice,
    portal_environment: dict[str, str],
    tmp_path: Path,
    stage: Stage,
) -> None:
    words = ("hand-over", "--out", str(tmp_path / "out"), "--send")
    office.troubles.append(Trouble(stage, Act.WAIT, seconds=3, times=1, to=members_of(owner, "afev")[1]))
    with subprocess.Popen(
        argv(*words), env=environment(portal_environment, office), stdout=subprocess.DEVNULL
    ) as running:
        deadline = time.monotonic() + 90
        while not any(one.times == 0 for one in office.troubles):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    time.sleep(4)
    done = typed(environment(portal_environment, office), *words)
    assert done.returncode == 0, done.stderr
    twice = [mark for mark, times in office.times_kept.items() if times > 1]
    assert set(office.mailboxes) == set(members_of(owner, "afev", "proxite"))
    assert len(twice) <= (1 if stage is Stage.CONTENT else 0)


def test_two_at_once_do_not_share_a_folder(tmp_path: Path) -> None:
    with ledger_in(tmp_path / "out"), pytest.raises(AlreadyRunning), ledger_in(tmp_path / "out"):
        pytest.fail("two hold the same ledger")


def test_a_line_cut_short_is_forgotten_and_the_next_one_is_whole(tmp_path: Path) -> None:
    account = str(UUID(int=7))
    with ledger_in(tmp_path) as ledger:
        ledger.note(sent="afev", day="2026-11-17", to=account)
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"sent": "afev", "da')
    with ledger_in(tmp_path) as ledger:
        assert ledger.find(sent="afev", to=account)
        assert ledger.find(sent="afev", to="somebody else") is None
        ledger.note(sent="proxite", day="2026-11-17", to=account)
    assert [fact["sent"] for fact in noted(tmp_path)] == ["afev", "proxite"]


def test_a_spoilt_line_is_left_out_and_told_of(
    associations: dict[str, Association], command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    command("hand-over", "--out", str(folder), "--send")
    with (folder / "ledger.jsonl").open("ab") as file:
        file.write(b'{"sent": "afev"\n\x00\xff\n5\n{"sent": {}}\n')
    done = command("hand-over", "--out", str(folder), "--send")
    assert (done.exit_code, "4 lines of the ledger" in done.output) == (0, True), done.output
    assert "0 messages sent" in done.output
    with (folder / "ledger.jsonl").open("ab") as file:
        file.write(b'{"se')
    assert "5 lines of the ledger" in command("hand-over", "--out", str(folder)).output
    assert "4 lines of the ledger" in command("hand-over", "--out", str(folder)).output


def modes(*paths: Path) -> list[int]:
    return [path.stat().st_mode & 0o7777 for path in paths]


@pytest.mark.parametrize("mode", [0o1777, 0o770, 0o702])
def test_a_folder_that_others_write_in_is_refused_and_keeps_its_rights(
    associations: dict[str, Association], command: Command, tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    done = command("hand-over", "--out", str(folder))
    assert done.exit_code == 1
    assert "others may write in" in done.output
    assert modes(folder) == [mode]
    assert list(folder.iterdir()) == []


def test_a_folder_of_ours_keeps_its_rights_and_what_is_put_there_is_for_us_alone(
    associations: dict[str, Association], command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "ledger.jsonl").touch(mode=0o644)
    assert command("hand-over", "--out", str(folder)).exit_code == 0
    assert modes(folder) == [0o755]
    assert set(modes(*folder.iterdir())) == {0o600}
    assert len(list(folder.iterdir())) == 3


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(NotOurs, match="belongs to somebody else"), ledger_in(folder):
        pytest.fail("the folder of somebody else was taken")


def test_links_are_followed_neither_to_the_folder_nor_in_it(
    associations: dict[str, Association], command: Command, tmp_path: Path
) -> None:
    precious, folder = tmp_path / "precious", tmp_path / "out"
    precious.write_text("one line without an end", encoding="utf-8")
    precious.chmod(0o644)
    folder.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(folder)
    linked = command("hand-over", "--out", str(tmp_path / "link"))
    assert (linked.exit_code, "is a link" in linked.output) == (1, True)
    draft, file = (folder / f"afev-{clock.today()}{suffix}" for suffix in (".draft", ".xlsx"))
    for one in (draft, file):
        one.symlink_to(precious)
    assert command("hand-over", "--out", str(folder)).exit_code == 0
    assert not file.is_symlink()
    assert file.read_bytes() == b"Afev: 3"
    (folder / "ledger.jsonl").unlink()
    (folder / "ledger.jsonl").symlink_to(precious)
    done = command("hand-over", "--out", str(folder))
    assert (done.exit_code, "cannot be used" in done.output) == (1, True)
    assert precious.read_text(encoding="utf-8") == "one line without an end"
    assert modes(precious) == [0o644]


def test_a_place_where_no_folder_can_be_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotOurs, match="cannot be used"), ledger_in(tmp_path / "file" / "out"):
        pytest.fail("a file was taken for a folder")
    with pytest.raises(NotOurs, match="no folder"), ledger_in(tmp_path / "file"):
        pytest.fail("a file was taken for a folder")


def test_a_file_changed_afterwards_is_found_out(
    associations: dict[str, Association], owner: Owner, command: Command
) -> None:
    made_by_the_portal(owner)
    assert command("verify", "--association", "afev").exit_code == 0
    owner.execute("UPDATE morning_file SET lines = lines - 0 WHERE state = 'made'")
    wrong = command("verify", "--day", str(clock.today()))
    assert wrong.exit_code == 1
    assert "2 of 3 files do not hold" in wrong.output
    assert command("verify", "--association", "unknown").exit_code == 1
