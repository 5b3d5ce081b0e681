"""The audit journal is sealed in one chain: whoever alters, removes or slips in an entry is found out."""

from datetime import timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.cli import journal
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.journal import forget, seal
from portal.models.event import JournalAct, JournalEntry
from portal.operations import journal_chain
from portal.operations.journal_chain import Verdict, seal_pending, verify

Owner = psycopg.Connection[Any]


def write(arrange: Session, count: int) -> None:
    now = clock.now()
    for number in range(count):
        arrange.add(JournalEntry(at=now + timedelta(seconds=number), act=JournalAct.SIGNED_IN, detail=f"n° {number}"))
    arrange.commit()


def verdict() -> Verdict:
    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        return verify()


def test_an_empty_journal_is_intact(app: Flask) -> None:
    seal()
    assert verdict() == Verdict(sealed=0, pending=0)


def test_entries_are_sealed_in_order_and_hold(arrange: Session, owner: Owner) -> None:
    write(arrange, 5)
    assert verdict() == Verdict(sealed=0, pending=5)

    seal()
    write(arrange, 2)
    seal()

    assert verdict() == Verdict(sealed=7, pending=0)
    assert verdict().intact
    order = owner.execute("SELECT detail FROM journal_seal JOIN journal_entry e ON e.id = entry_id ORDER BY position")
    assert [row[0] for row in order] == [*(f"n° {number}" for number in range(5)), "n° 0", "n° 1"]


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE journal_entry SET detail = 'autre' WHERE detail = 'n° 2'", 3),
        ("DELETE FROM journal_entry WHERE detail = 'n° 2'", 3),
        ("DELETE FROM journal_entry WHERE detail = 'n° 4'", 5),
        ("UPDATE journal_seal SET mac = '\\x00' WHERE position = 1", 1),
        ("DELETE FROM journal_seal WHERE position = 2", 2),
        ("UPDATE journal_seal SET position = 99 WHERE position = 1", 1),
    ],
)
def test_tampering_is_found_at_its_place(arrange: Session, owner: Owner, tampering: str, broken_at: int) -> None:
    write(arrange, 5)
    seal()

    owner.execute(tampering)

    assert not verdict().intact
    assert verdict().broken_at == broken_at


def test_two_sealers_make_one_chain(
    app: Flask, arrange: Session, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(arrange, 60)
    monkeypatch.setattr(journal_chain.seal_pending, "__defaults__", (5,))

    def work() -> None:
        with app.app_context():
            seal()

    sealers = [Thread(target=work) for _ in range(4)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()

    assert verdict() == Verdict(sealed=60, pending=0)


def test_a_batch_seals_only_so_many(arrange: Session) -> None:
    write(arrange, 3)

    with transaction(Scope(DatabaseRole.JOBS)):
        assert seal_pending(limit=2) == 2

    assert verdict() == Verdict(sealed=2, pending=1)


def test_the_command_says_whether_the_chain_holds(app: Flask, arrange: Session, owner: Owner) -> None:
    write(arrange, 3)
    seal()

    held = app.test_cli_runner().invoke(journal, ["verify"])
    owner.execute("UPDATE journal_entry SET detail = 'altered' WHERE detail = 'n° 1'")
    broken = app.test_cli_runner().invoke(journal, ["verify"])

    assert (held.exit_code, held.output) == (0, "3 entries hold, 0 wait for their seal\n")
    assert broken.exit_code == 1
    assert "broken at position 2" in broken.output


def grow_old(owner: Owner, below: int) -> None:
    """Entries up to that one become older than a year; the chain is made anew over them."""
    owner.execute("UPDATE journal_entry SET at = at - interval '366 days' WHERE substr(detail, 4)::int < %s", [below])
    owner.execute("DELETE FROM journal_seal")
    seal()


def test_what_is_a_year_old_is_forgotten_and_the_rest_still_holds(arrange: Session, owner: Owner) -> None:
    write(arrange, 9)
    grow_old(owner, 5)
    forget()
    left = owner.execute("SELECT detail FROM journal_entry ORDER BY at").fetchall()
    assert [detail for (detail,) in left] == [f"n° {number}" for number in range(4, 9)]
    assert verdict() == Verdict(sealed=5, pending=0)
    forget()
    write(arrange, 2)
    seal()
    assert verdict() == Verdict(sealed=7, pending=0)


def test_nothing_is_forgotten_of_a_young_journal(arrange: Session) -> None:
    write(arrange, 3)
    seal()
    forget()
    assert verdict() == Verdict(sealed=3, pending=0)


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM journal_entry WHERE detail IN ('n° 4', 'n° 5')",
        "DELETE FROM journal_seal WHERE position <= 6; DELETE FROM journal_entry WHERE detail IN ('n° 4', 'n° 5', 'n° 6')",
        "UPDATE journal_entry SET detail = 'autre' WHERE detail = 'n° 4'",
        "DELETE FROM journal_entry",
    ],
)
def test_age_is_no_cover_for_removing_what_is_young(arrange: Session, owner: Owner, tampering: str) -> None:
    write(arrange, 9)
    grow_old(owner, 5)
    forget()
    owner.execute(tampering)
    assert not verdict().intact


def test_what_is_sealed_during_the_walk_is_no_fault(arrange: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    write(arrange, 3)
    seal()
    walked = journal_chain.written

    def meanwhile(entry: JournalEntry) -> bytes:
        monkeypatch.setattr(journal_chain, "written", walked)
        write(arrange, 2)
        seal()
        return walked(entry)

    monkeypatch.setattr(journal_chain, "written", meanwhile)
    assert verdict().intact
