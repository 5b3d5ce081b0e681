"""What a message to a member says, read as that member may read it and at the moment it leaves; and its attachments.

Nothing to tell any more, no message: each reading below answers None then.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.mail.letter import Attachment, Letter
from portal.mail.team_messages import TEAM_LETTERS, Following, Joined, StaffWork, Team, Waiting
from portal.models.account import Account, Membership
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.morning import MorningFile, MorningState, MorningWorkbook
from portal.models.outbox import Message, Outbox
from portal.models.programme import CriteriaProposal, Programme, Verdict
from portal.operations.file_passwords import VALID_AFTER, valid_passwords
from portal.queries.capacity import current_campaign, declared_rows, room_of
from portal.queries.inbox import NEW, Filters, counts_by_folder
from portal.queries.notices import answered, follow_up_counts, staff_waiting

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Found = tuple[str, Letter, tuple[Attachment, ...]]
Reading = Callable[[UUID, Team], Team | None]


def for_member(row: Outbox, settings: Settings) -> Found | None:
    """Mailbox, letter and attachments; None when whoever it is for has left, or there is nothing to tell any more."""
    to = db.session.scalar(mailbox(row.account_id, row.association_id))
    if to is None or row.reference_id is None:
        return None
    with acting_as(scope_of(row)):
        team = Team(settings.base_url, _name(row.association_id), row.association_id)
        about = READINGS[row.message](row.reference_id, team)
        files = _workbooks(row.reference_id) if about and row.message is Message.MORNING_FILE else ()
    return (to, TEAM_LETTERS[row.message](about), files) if about else None


def mailbox(account_id: UUID | None, association_id: UUID | None) -> Select[str]:
    """The mail of an account that is open and still of the association, or of the Collectif's team (None)."""
    return select(Account.mail).where(Account.id == account_id, Account.closed_at.is_(None), _belongs(association_id))


def _belongs(association_id: UUID | None) -> ColumnElement[bool]:
    if association_id is None:
        return Account.staff.is_(True)
    return exists().where(
        Membership.account_id == Account.id,
        Membership.association_id == association_id,
        Membership.ended_at.is_(None),
    )


def scope_of(row: Outbox) -> Scope:
    if row.association_id is None:
        return Scope(DatabaseRole.STAFF, account_id=row.account_id, read_only=True)
    return Scope(DatabaseRole.ASSOCIATION, row.association_id, row.account_id, read_only=True)


def _name(association_id: UUID | None) -> str:
    return db.session.scalar(select(Association.name).where(Association.id == association_id)) or ""


def _offered(assignment_id: UUID, about: Team) -> Team | None:
    found = db.session.get(Assignment, assignment_id)
    if found is None or found.closed_at is not None or found.state not in NEW:
        return None
    return replace(about, path=f"/demandes/{found.id}", number=found.referral_number, due_at=found.due_at)


def _answered(assignment_id: UUID, about: Team) -> Team | None:
    """While the association still has to go on with it, and no other question of its own waits."""
    found = db.session.scalar(select(Assignment).where(Assignment.id == assignment_id, answered(clock.now())))
    if found is None:
        return None
    return replace(about, path=f"/demandes/{found.id}", number=found.referral_number, due_at=found.due_at)


def _waiting(_: UUID, about: Team) -> Team:
    counts = counts_by_folder(Filters())
    leaving = counts.leaving_today, counts.leaving_tomorrow
    return replace(about, waiting=Waiting(counts.to_answer, *leaving, counts.late, counts.answered))


def _gathered(association_id: UUID, about: Team) -> Team | None:
    told = _waiting(association_id, about)
    return told if told.waiting.to_answer or told.waiting.answered else None


def _silent(association_id: UUID, about: Team) -> Team | None:
    told = _waiting(association_id, about)
    return told if told.waiting.to_answer else None


def _followed(_: UUID, about: Team) -> Team | None:
    found = follow_up_counts()
    told = Following(found.uncontacted, found.unpaired, found.answered)
    return replace(about, following=told) if told.total else None


def _places(association_id: UUID, about: Team) -> Team | None:
    """Not once somebody has said this month that they are right, or changed them."""
    campaign, own = current_campaign(), db.session.get(Association, association_id)
    if campaign is None or own is None:
        return None
    rows = declared_rows(campaign.id)
    said = [own.places_confirmed_at, *(row.updated_at for row in rows)]
    if any(instant and _this_month(instant) for instant in said):
        return None
    room = room_of(rows)
    return replace(about, free=None if room.endless else room.free)


def _this_month(instant: datetime) -> bool:
    return instant.astimezone(clock.PARIS).date() >= clock.today().replace(day=1)


def _settled(proposal_id: UUID, about: Team) -> Team | None:
    found = db.session.get(CriteriaProposal, proposal_id)
    if found is None or found.verdict not in {Verdict.APPROVED, Verdict.REFUSED}:
        return None
    name = db.session.scalar(select(Programme.name).where(Programme.id == found.programme_id))
    told = f"Programme « {name} », côté {found.side.label}s."
    return replace(about, approved=found.verdict is Verdict.APPROVED, criteria_of=told)


def _renewed(association_id: UUID, about: Team) -> Team | None:
    valid, own = valid_passwords(association_id, clock.now()), db.session.get(Association, association_id)
    if not valid or own is None:
        return None
    retired = [one.retired_at for one in valid if one.retired_at]
    old_until = max(retired) + VALID_AFTER if retired else None
    return replace(about, because=valid[0].because, old_until=old_until, mode=own.morning_mode)


def _morning(file_id: UUID, about: Team) -> Team | None:
    found = db.session.get(MorningFile, file_id)
    files = len(_workbooks(file_id)) if found else 0
    if found is None or found.state is not MorningState.MADE or not files:
        return None
    return replace(about, joined=Joined(len(found.lines or ()), found.new, files, found.at))


def _workbooks(file_id: UUID) -> tuple[Attachment, ...]:
    """The one under the password of now first; nothing in a name but the day and which password opens it."""
    query = (
        select(MorningWorkbook.file, MorningFile.day)
        .join(MorningFile, MorningFile.id == MorningWorkbook.morning_file_id)
        .where(MorningWorkbook.morning_file_id == file_id)
        .order_by(MorningWorkbook.password_number.desc())
    )
    return tuple(
        Attachment(f"demandes-{row.day.isoformat()}{_which(rank)}.xlsx", row.file, SPREADSHEET)
        for rank, row in enumerate(db.session.execute(query))
    )


def _which(rank: int) -> str:
    return "" if rank == 0 else "-ancien-mot-de-passe" + (f"-{rank}" if rank > 1 else "")


def _staff(_: UUID, about: Team) -> Team | None:
    found = staff_waiting()
    work = StaffWork(found.unroutable, found.proposals, found.leads, found.dead_letters)
    return replace(about, work=work) if found.total else None


READINGS: dict[Message, Reading] = {
    Message.REQUEST_OFFERED: _offered,
    Message.CLARIFICATION_ANSWERED: _answered,
    Message.REQUESTS_DIGEST: _gathered,
    Message.SILENCE_REMINDER: _silent,
    Message.FOLLOW_UP_DUE: _followed,
    Message.PLACES_CHECK: _places,
    Message.PROPOSAL_SETTLED: _settled,
    Message.FILE_PASSWORD_RENEWED: _renewed,
    Message.MORNING_FILE: _morning,
    Message.STAFF_DIGEST: _staff,
}
