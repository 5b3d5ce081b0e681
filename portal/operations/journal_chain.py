"""The chain over the audit journal: each entry sealed with the one before, in one order, under one lock.

Without the lock a chain forks; so writers only append, and this seals what they have committed.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, select, text

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.models.event import JournalEntry, JournalSeal

BATCH = 1000
KEPT = timedelta(days=365)
START = b"\0" * 32
TAKE_CHAIN = text("SELECT pg_advisory_xact_lock(726403)")


@dataclass(frozen=True)
class Verdict:
    """sealed: links that hold. pending: entries not sealed yet. broken_at: first position that does not hold."""

    sealed: int
    pending: int
    broken_at: int | None = None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def seal_pending(limit: int = BATCH) -> int:
    """Seal the entries not sealed yet, oldest first (jobs' scope); returns how many."""
    db.session.execute(TAKE_CHAIN)
    last = db.session.scalar(select(JournalSeal).order_by(JournalSeal.position.desc()).limit(1))
    position, mac = (last.position, last.mac) if last else (0, START)
    sealed = exists().where(JournalSeal.entry_id == JournalEntry.id)
    query = select(JournalEntry).where(~sealed).order_by(JournalEntry.at, JournalEntry.id).limit(limit)
    entries = list(db.session.scalars(query))
    for place, entry in enumerate(entries, start=position + 1):
        mac = vault().chain(mac, written(entry))
        db.session.add(JournalSeal(position=place, entry_id=entry.id, mac=mac))
    return len(entries)


def written(entry: JournalEntry) -> bytes:
    """All that an entry says, in one form for ever."""
    said = (
        entry.id,
        entry.at.isoformat(),
        entry.act.value,
        entry.account_id,
        entry.association_id,
        entry.referral_id,
        entry.detail,
    )
    return json.dumps([None if one is None else str(one) for one in said], ensure_ascii=False).encode()


def forget_old() -> int:
    """Entries older than twelve months go (jobs' scope), but for the latest of them. Returns how many."""
    db.session.execute(TAKE_CHAIN)
    return int(db.session.scalar(select(func.forget_old_journal())) or 0)


def _start() -> tuple[int, bytes]:
    """Position and seal that the chain starts after: those of the last entry forgotten, if any."""
    first = db.session.scalar(select(JournalSeal).order_by(JournalSeal.position).limit(1))
    if first is None or db.session.get(JournalEntry, first.entry_id) is not None:
        return 0, START
    return first.position, first.mac


def _too_young(entry: JournalEntry, position: int) -> bool:
    """What comes first after forgotten ones must itself be old: else it is not age that took the others."""
    return position > 0 and entry.at >= clock.now() - KEPT


def verify() -> Verdict:
    """Walk the whole chain (jobs' or staff's scope): an entry altered, removed or put in between breaks it."""
    last = db.session.scalar(select(func.max(JournalSeal.position))) or 0  # before the walk: more is sealed meanwhile
    start, mac = _start()
    position = start
    chain = select(JournalSeal, JournalEntry).join(JournalEntry, JournalEntry.id == JournalSeal.entry_id)
    chain = chain.where(JournalSeal.position > start)
    ordered = chain.order_by(JournalSeal.position).execution_options(yield_per=BATCH)
    for seal, entry in db.session.execute(ordered):
        holds = seal.position == position + 1 and seal.mac == vault().chain(mac, written(entry))
        if not holds or (position == start and _too_young(entry, start)):
            return Verdict(position - start, _pending(), broken_at=position + 1)
        mac, position = seal.mac, seal.position
    lost = last > position or (start > 0 and position == start)
    return Verdict(position - start, _pending(), broken_at=position + 1 if lost else None)


def _pending() -> int:
    sealed = exists().where(JournalSeal.entry_id == JournalEntry.id)
    return len(list(db.session.scalars(select(JournalEntry.id).where(~sealed))))
