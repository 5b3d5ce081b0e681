"""The same morning files from a copy of the database, when the portal itself cannot make them.

Reads only: every transaction is read-only, so that a replica will do. No queue, no worker, no page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy import func, select

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.mail.letter import Attachment, as_message
from portal.mail.team_messages import Joined, Team, morning_file
from portal.models.account import Account
from portal.models.association import Association
from portal.models.event import Event
from portal.models.morning import MorningFile, MorningMode, MorningState
from portal.models.outbox import Message, Outbox, OutboxState
from portal.operations.file_passwords import opened, valid_passwords
from portal.operations.morning_content import Gathered, gather, outcome
from portal.operations.morning_ledger import Ledger, keep_file
from portal.operations.morning_proof import content_digest
from portal.operations.notices import recipients

READER = Scope(DatabaseRole.JOBS, read_only=True)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLDER = "-ancien-mot-de-passe"


@dataclass(frozen=True)
class Wanting:
    """An association that may want its file."""

    id: UUID
    slug: str
    name: str
    mode: MorningMode


@dataclass(frozen=True)
class Bundle:
    """One association's content, and the passwords to close it with, newest first."""

    wanting: Wanting
    gathered: Gathered
    passwords: tuple[str, ...]


@dataclass(frozen=True)
class Parcel:
    """What one association's team is sent. paths: in the folder, newest password first; digest: of the content."""

    wanting: Wanting
    day: date
    lines: int
    new: int
    digest: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Mailbox:
    """A member who wants the file."""

    account_id: UUID
    mail: str


def wanting(*, everyone: bool) -> list[Wanting]:
    """All but those who never want one. everyone: a file for whatever waits, seen or not."""
    query = select(Association.id, Association.slug, Association.name, Association.morning_mode)
    wanted = query.where(Association.morning_mode != MorningMode.NEVER)
    with acting_as(READER):
        found = db.session.execute(wanted.order_by(Association.slug)).all()
    return [Wanting(row[0], row[1], row[2], MorningMode.ALWAYS if everyone else row[3]) for row in found]


def latest_event() -> datetime | None:
    """The instant of the last thing this copy knows of."""
    with acting_as(READER):
        return db.session.scalar(select(func.max(Event.at)))


def files_of(day: date, slug: str | None) -> list[tuple[UUID, str]]:
    """The id and the association of each row of that day, by name."""
    query = select(MorningFile.id, Association.slug).join(Association, Association.id == MorningFile.association_id)
    wanted = query.where(MorningFile.day == day, *([Association.slug == slug] if slug else []))
    with acting_as(READER):
        return [(row[0], row[1]) for row in db.session.execute(wanted.order_by(Association.slug))]


def bundled(one: Wanting) -> Bundle | None:
    """What waits for it now, if its file is wanted today. passwords: none when the copy holds none."""
    gathered = gather(one.id)
    if outcome(one.mode, gathered) is not MorningState.MADE:
        return None
    with acting_as(READER):
        passwords = tuple(opened(password) for password in valid_passwords(one.id, clock.now()))
    return Bundle(one, gathered, passwords)


def parcel_of(bundle: Bundle, folder: Path, day: date) -> Parcel:
    """Where its files are to lie: named by the association and the day."""
    lines = bundle.gathered.content.lines
    return Parcel(
        bundle.wanting,
        day,
        lines=len(lines),
        new=sum(line.new for line in lines),
        digest=content_digest(lines).hex(),
        paths=_paths(bundle.wanting, folder, day, len(bundle.passwords)),
    )


def _paths(wanted: Wanting, folder: Path, day: date, files: int) -> tuple[Path, ...]:
    return tuple(folder / f"{wanted.slug}-{day}{_which(rank)}.xlsx" for rank in range(files))


def _which(rank: int) -> str:
    """The current password's file bears none; then the older ones, latest first."""
    return "" if rank == 0 else OLDER if rank == 1 else f"{OLDER}-{rank}"


def keep_parcel(parcel: Parcel, files: Iterable[bytes], ledger: Ledger) -> None:
    """The files into the folder, each whole or not at all, and then their line in the ledger."""
    for path, file in zip(parcel.paths, files, strict=True):
        keep_file(path, file)
    ledger.note(
        made=parcel.wanting.slug,
        day=str(parcel.day),
        lines=parcel.lines,
        new=parcel.new,
        digest=parcel.digest,
        files=len(parcel.paths),
    )


def kept_parcel(wanted: Wanting, folder: Path, day: date, ledger: Ledger) -> Parcel | None:
    """What an earlier call made that day: whoever was not reached yet is sent the very same."""
    fact = ledger.find(made=wanted.slug, day=str(day))
    if fact is None:
        return None
    paths = _paths(wanted, folder, day, int(fact["files"]))
    if not all(path.is_file() and not path.is_symlink() for path in paths):
        return None
    return Parcel(wanted, day, int(fact["lines"]), int(fact["new"]), str(fact["digest"]), paths)


def mailboxes(association_id: UUID) -> list[Mailbox]:
    """Those of the members whom the portal itself would send the file."""
    with acting_as(READER):
        chosen = recipients(Message.MORNING_FILE, association_id, clock.now())
        query = select(Account.id, Account.mail).where(Account.id.in_(chosen)).order_by(Account.id)
        return [Mailbox(row[0], row[1]) for row in db.session.execute(query)]


def left_to_send(parcel: Parcel, ledger: Ledger) -> list[Mailbox]:
    """Those that have not taken it yet from this folder."""
    day, slug = str(parcel.day), parcel.wanting.slug
    return [
        box for box in mailboxes(parcel.wanting.id) if ledger.find(sent=slug, day=day, to=str(box.account_id)) is None
    ]


def reached_already(parcel: Parcel) -> frozenset[UUID]:
    """The accounts to whom the portal itself has sent that day's file, as far as this copy knows."""
    query = (
        select(Outbox.account_id)
        .join(MorningFile, MorningFile.id == Outbox.reference_id)
        .where(
            Outbox.message == Message.MORNING_FILE,
            Outbox.state == OutboxState.SENT,
            MorningFile.day == parcel.day,
            MorningFile.association_id == parcel.wanting.id,
            Outbox.account_id.is_not(None),
        )
    )
    with acting_as(READER):
        return frozenset(db.session.scalars(query))


def note_sent(parcel: Parcel, box: Mailbox, ledger: Ledger) -> None:
    """The mailbox has taken it; whose it is stays an id."""
    ledger.note(sent=parcel.wanting.slug, day=str(parcel.day), to=str(box.account_id))


def message_of(parcel: Parcel, box: Mailbox, settings: Settings) -> EmailMessage:
    """One message to one member, as the portal's own; its Message-ID tells a repeat."""
    joined = Joined(parcel.lines, parcel.new, len(parcel.paths))
    letter = morning_file(Team(settings.base_url, parcel.wanting.name, parcel.wanting.id, joined=joined))
    name = uuid5(box.account_id, f"{parcel.wanting.id}:{parcel.day}")
    return as_message(
        letter,
        to=box.mail,
        sender=settings.mail_from,
        brand=settings.brand_name,
        contact=settings.contact_mail,
        message_id=f"<{name}@{settings.mail_from.partition('@')[2]}>",
        attachments=tuple(_attachment(parcel, rank) for rank in range(len(parcel.paths))),
    )


def _attachment(parcel: Parcel, rank: int) -> Attachment:
    return Attachment(f"demandes-{parcel.day}{_which(rank)}.xlsx", parcel.paths[rank].read_bytes(), WORKBOOK)
