"""What an association does with a request it was offered: answer, hold, take back, and tell what became of it.

An answer writes only the assignment's row, which is locked first: of two coordinators the later one is told who
answered, and when. Its effect on the request is the router's, once the undo window has passed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm.exc import StaleDataError

from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.assignment import TAKEN, TO_ANSWER, TRANSITIONS, Assignment, AssignmentState, BounceReason
from portal.models.bounce import BOUNCES
from portal.models.clarification import Clarification
from portal.models.event import EventName, JournalAct
from portal.models.outbox import Message
from portal.models.referral import Referral
from portal.operations.clarifications import ask_clarification
from portal.operations.history import happened, journal
from portal.operations.outbox import put
from portal.operations.sums import give_back

HOLD_DAYS = 14
NOTE_LENGTH = 1000
SHORTEST_QUESTION, LONGEST_QUESTION = 10, 500
ADULT = 18
ANSWERED = {
    AssignmentState.BOUNCED: "réorienté",
    AssignmentState.GIVEN_UP: "clos",
    AssignmentState.ENDED: "clos",
}
FOLLOW_UP = {
    AssignmentState.CONTACTED: EventName.ASSIGNMENT_CONTACTED,
    AssignmentState.UNREACHABLE: EventName.ASSIGNMENT_UNREACHABLE,
    AssignmentState.PAIRED: EventName.ASSIGNMENT_PAIRED,
    AssignmentState.ENDED: EventName.ASSIGNMENT_ENDED,
    AssignmentState.GIVEN_UP: EventName.ASSIGNMENT_GIVEN_UP,
}
CLOSING = frozenset({AssignmentState.ENDED, AssignmentState.GIVEN_UP})
# A paired request keeps counting as committed once ended; one given up before pairing never counts.
NO_LONGER_COMMITTED = frozenset({AssignmentState.GIVEN_UP})


def assignments_to_answer(ids: Sequence[UUID]) -> list[Assignment]:
    """The association's own assignments, locked in the order of their ids. Raises Hidden if one is not there.

    A closed one comes as it is: it never changes again, and the database lets nobody lock it.
    """
    query = select(Assignment).where(Assignment.id.in_(set(ids))).order_by(Assignment.id)
    query = query.execution_options(populate_existing=True)
    found = list(db.session.scalars(query.with_for_update()))
    if len(found) < len(set(ids)):
        found = [one for one in db.session.scalars(query) if one in found or one.closed_at is not None]
    if len(found) < len(set(ids)):
        raise Hidden
    return found


def assignment_to_answer(assignment_id: UUID) -> Assignment:
    return assignments_to_answer([assignment_id])[0]


def accept_assignment(assignment: Assignment, *, by: SignedIn) -> None:
    """The association takes the request; contact details and messages follow when the undo window has passed."""
    _answer(assignment, AssignmentState.ACCEPTED, by=by)
    assignment.contact_from = assignment.undo_until
    assignment.contact_until = _undo_until() + timedelta(days=settings().contact_days)
    _record(assignment, EventName.ASSIGNMENT_ACCEPTED)


def accept_assignments(assignments: Sequence[Assignment], *, by: SignedIn) -> None:
    """All of them, or none."""
    for assignment in assignments:
        accept_assignment(assignment, by=by)


def oldest_within(assignments: Sequence[Assignment], left: Mapping[UUID, int | None]) -> list[Assignment]:
    """Those that the places left allow, due first. left: places by row of capacity, None for no limit."""
    taken: Counter[UUID] = Counter()
    kept = []
    for one in sorted(assignments, key=lambda each: (each.due_at, each.id)):
        room = left.get(one.capacity_id) if one.capacity_id else None
        if room is None or (one.capacity_id and taken[one.capacity_id] < room):
            kept.append(one)
            taken.update([one.capacity_id] if one.capacity_id else [])
    return kept


def bounce_assignment(
    assignment: Assignment, *, by: SignedIn, reason: BounceReason, note: str = "", finally_not: bool = False
) -> None:
    """The association sends the request back; what follows is the table in models.bounce.

    finally_not: it is known to be accepted already. Otherwise somebody else's acceptance is not undone unawares.
    """
    if assignment.state in TAKEN and not finally_not:
        raise AlreadyAnswered(_what_happened(assignment, by=by))
    row, words = BOUNCES[reason], note.strip()
    if assignment.side not in row.sides:
        raise DomainError("Ce motif ne convient pas à cette demande : choisissez-en un dans la liste.", field="reason")
    if row.needs_note and not words:
        raise DomainError("Précisez en une phrase : c’est lu par l’équipe du Collectif.", field="note")
    if len(words) > NOTE_LENGTH:
        raise DomainError(f"Restez sous {NOTE_LENGTH} caractères.", field="note")
    _answer(assignment, AssignmentState.BOUNCED, by=by)
    assignment.bounce_reason, assignment.bounce_note = reason, words or None
    assignment.contact_from = assignment.contact_until = None
    _record(assignment, EventName.ASSIGNMENT_BOUNCED, reason=reason.value)


def undo_answer(assignment: Assignment, *, by: SignedIn) -> None:
    """Back to offered, while the undo window is open and nothing has followed."""
    if not undoable(assignment, clock.now()):
        raise DomainError("Il est trop tard pour annuler : la réponse a déjà pris effet.")
    before, was_due = assignment.state, assignment.due_at
    _move(assignment, AssignmentState.OFFERED, by=by)
    assignment.answered_at = assignment.answered_by = assignment.answered_by_name = None
    assignment.bounce_reason = assignment.bounce_note = None
    assignment.undo_until = assignment.contact_from = assignment.contact_until = None
    assignment.due_at = max(assignment.due_at, clock.after_working_days(clock.now(), 1))
    _record(assignment, EventName.ASSIGNMENT_UNDONE, answer=before.value, was_due=was_due.isoformat())


def undoable(assignment: Assignment, now: datetime) -> bool:
    """Whether the last answer can still be taken back."""
    answered = assignment.state in {AssignmentState.ACCEPTED, AssignmentState.BOUNCED}
    open_window = assignment.undo_until is not None and now < assignment.undo_until
    return answered and open_window and assignment.applied_at is None and assignment.closed_at is None


def mark_seen(assignment: Assignment) -> None:
    """Somebody opened it for the first time; opening it again changes nothing."""
    if assignment.state is not AssignmentState.OFFERED:
        return
    assignment.state = AssignmentState.SEEN
    assignment.seen_at = assignment.seen_at or clock.now()
    _tell(assignment, EventName.ASSIGNMENT_SEEN)
    journal(JournalAct.REFERRAL_SEEN, referral_id=assignment.referral_id)


def ask_information(assignment: Assignment, *, by: SignedIn, until: date) -> None:
    """Something must be known first: the request waits here until the end of that day."""
    was_due = _hold(assignment, AssignmentState.INFORMATION_ASKED, by=by, until=until)
    _record(assignment, EventName.INFORMATION_ASKED, until=until.isoformat(), was_due=was_due.isoformat())


def ask_question(assignment: Assignment, *, by: SignedIn, until: date, question: str) -> None:
    """Ask whoever follows the request, and keep it until that day; one question at a time."""
    words = question.strip()
    if not SHORTEST_QUESTION <= len(words) <= LONGEST_QUESTION:
        raise DomainError(
            f"Écrivez une question de {SHORTEST_QUESTION} à {LONGEST_QUESTION} caractères.", field="question"
        )
    waiting = (Clarification.assignment_id == assignment.id, Clarification.answered_at.is_(None))
    if db.session.scalar(select(exists().where(Clarification.referral_id == assignment.referral_id, *waiting))):
        raise DomainError(
            "Une question attend déjà sa réponse. Pour garder la demande plus longtemps, reportez votre réponse.",
            field="question",
        )
    ask_information(assignment, by=by, until=until)
    ask_clarification(assignment, words)


def postpone(assignment: Assignment, *, by: SignedIn, until: date) -> None:
    """The association answers later: the request waits here until the end of that day."""
    was_due = _hold(assignment, AssignmentState.POSTPONED, by=by, until=until)
    _record(assignment, EventName.ASSIGNMENT_POSTPONED, until=until.isoformat(), was_due=was_due.isoformat())


def last_day_to_hold(assignment: Assignment) -> date:
    """At most HOLD_DAYS from today, and the same past what silence alone allows: nobody waits for ever."""
    offered = assignment.offered_at.astimezone(clock.PARIS).date()
    return min(clock.today(), offered + timedelta(days=settings().expiry_days)) + timedelta(days=HOLD_DAYS)


def record_follow_up(assignment: Assignment, *, by: SignedIn, state: AssignmentState, authorised: bool = False) -> None:
    """What became of an accepted request. authorised: the guardian's agreement, without which no minor is paired.

    A further fruitless try on somebody already unreachable is one more event.
    """
    if assignment.state in TAKEN and (assignment.contact_from is None or assignment.contact_from > clock.now()):
        raise DomainError("Les coordonnées ne sont pas encore ouvertes : le suivi commence avec elles.")
    minor = state is AssignmentState.PAIRED and is_minor(_age_of(assignment))
    if minor and not authorised:
        raise DomainError("Recueillez d’abord l’autorisation du responsable légal.", field="authorised")
    if not assignment.state is state is AssignmentState.UNREACHABLE:
        _move(assignment, state, by=by)
    if state in CLOSING:
        assignment.closed_at = assignment.undo_until = clock.now()
        assignment.applied_at = None
        after_commit(partial(enqueue, Job.APPLY_ANSWERS))
    if state in NO_LONGER_COMMITTED:
        db.session.add(give_back(assignment))
    if state is AssignmentState.PAIRED:
        put(Message.REFERRAL_PAIRED, str(assignment.id), referral_id=assignment.referral_id)
    _record(assignment, FOLLOW_UP[state], **({"authorised": True} if minor else {}))


def is_minor(age: int | None) -> bool:
    """Whether a guardian's authorisation is needed before pairing; an unknown age asks for none."""
    return age is not None and age < ADULT


def _age_of(assignment: Assignment) -> int | None:
    return db.session.scalar(select(Referral.age).where(Referral.id == assignment.referral_id))


def _hold(assignment: Assignment, state: AssignmentState, *, by: SignedIn, until: date) -> datetime:
    """Returns when it was due before: with it, what a morning file said of that day can be proved afterwards."""
    latest, was_due = last_day_to_hold(assignment), assignment.due_at
    if not clock.today() < until <= latest:
        raise DomainError(f"Choisissez un jour entre demain et le {latest:%d/%m/%Y}.", field="until")
    if assignment.state is not state:
        _move(assignment, state, by=by)
    assignment.due_at = datetime.combine(until, time(18), clock.PARIS)
    return was_due


def _answer(assignment: Assignment, state: AssignmentState, *, by: SignedIn) -> None:
    _move(assignment, state, by=by)
    now = clock.now()
    assignment.seen_at = assignment.seen_at or now
    assignment.answered_at, assignment.answered_by, assignment.answered_by_name = now, by.account_id, by.name
    assignment.undo_until, assignment.applied_at = _undo_until(), None
    if settings().undo_minutes == 0:
        after_commit(partial(enqueue, Job.APPLY_ANSWERS))


def _undo_until() -> datetime:
    return clock.now() + timedelta(minutes=settings().undo_minutes)


def _move(assignment: Assignment, state: AssignmentState, *, by: SignedIn) -> None:
    if assignment.closed_at is not None or state not in TRANSITIONS[assignment.state]:
        raise AlreadyAnswered(_what_happened(assignment, by=by))
    assignment.state = state


def _record(assignment: Assignment, name: EventName, **data: str | int | bool | None) -> None:
    _tell(assignment, name, **data)
    journal(JournalAct.ANSWERED, referral_id=assignment.referral_id, detail=name.value)


def _tell(assignment: Assignment, name: EventName, **data: str | int | bool | None) -> None:
    happened(
        name,
        referral_id=assignment.referral_id,
        association_id=assignment.association_id,
        assignment_id=assignment.id,
        **data,
    )
    try:
        db.session.flush()
    except StaleDataError as error:
        raise AlreadyAnswered("Quelqu’un vient de répondre à cette demande : rechargez la page.") from error


def _what_happened(assignment: Assignment, *, by: SignedIn) -> str:
    """« Claire Vasseur a déjà accepté cette demande à 9 h 14 »."""
    if assignment.state in TO_ANSWER:
        return "Cette demande attend de nouveau une réponse : rechargez la page."
    if assignment.state is AssignmentState.EXPIRED:
        return f"Cette demande est partie vers une autre association, faute de réponse, {_at(assignment.closed_at)}."
    if assignment.state is AssignmentState.WITHDRAWN:
        return "La personne a retiré sa demande."
    who = "Vous avez" if assignment.answered_by == by.account_id else f"{assignment.answered_by_name} a"
    verb = ANSWERED.get(assignment.state, "accepté")
    return f"{who} déjà {verb} cette demande {_at(assignment.answered_at)}."


def _at(instant: datetime | None) -> str:
    local = (instant or clock.now()).astimezone(clock.PARIS)
    hour = f"à {local.hour}\u00a0h\u00a0{local.minute:02}"
    return hour if local.date() == clock.today() else f"le {local:%d/%m/%Y} {hour}"
