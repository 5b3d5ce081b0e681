"""Documents: asked for, drawn under a lease by a job, kept for a time, then erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update

from matching.wording import MONTHS, NBSP, day
from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.company import OfferPage
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.event import JournalAct
from portal.operations.history import journal
from portal.places import label
from portal.queries.offer_texts import texts_in_force

SAME_WITHIN = timedelta(minutes=1)
MOST_ATTEMPTS = 3
MOST_WAITING, MOST_WAITING_TOGETHER, MOST_A_DAY = 3, 5, 30  # an account, an association, an association
DAY = timedelta(days=1)
DONE = 100
UNFINISHED = (DocumentState.WAITING, DocumentState.DRAWING)
KEPT = {
    DocumentKind.ASSOCIATION_REPORT: timedelta(days=90),
    DocumentKind.BOARD_REPORT: timedelta(days=365),
    DocumentKind.TERRITORY_BROCHURE: timedelta(days=90),
    DocumentKind.COMPANY_KIT: timedelta(days=3650),
    DocumentKind.POLICY_STUDY: timedelta(days=365),
}
INTERRUPTED = (
    f"Le dessin de ce document a été interrompu trois fois{NBSP}: il est abandonné."
    " Demandez-le de nouveau, ou prévenez l’équipe technique."
)
TOO_MANY = f"Trois de vos documents attendent déjà{NBSP}: laissez-les se terminer avant d’en demander un autre."
TOO_MANY_TOGETHER = (
    f"Cinq documents de votre association attendent déjà{NBSP}: laissez-les se terminer avant d’en demander un autre."
)
TOO_MANY_TODAY = (
    f"Votre association a demandé trente documents en vingt-quatre heures{NBSP}: c’est le plus possible."
    " Ceux qui sont prêts se téléchargent toujours."
)
# One question at a time for an account, and for an association: two at once would not see each other.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 726405))")


@dataclass(frozen=True)
class Claimed:
    """A document that this worker, and no other, is to draw. attempt: which try this is, from 1."""

    id: UUID
    kind: DocumentKind
    association_id: UUID | None
    asked_by: UUID | None
    title: str
    parameters: Mapping[str, Any]
    attempt: int


def ask_association_report(month: date, *, association_id: UUID, by: UUID) -> Document:
    """The association's figures of that month."""
    name = MONTHS[month.month - 1]
    title = f"Rapport {'d’' if name[0] in 'ao' else 'de '}{name} {month.year}"
    wanted = {"month": f"{month:%Y-%m}"}
    return _ask(DocumentKind.ASSOCIATION_REPORT, title, wanted, by=by, association_id=association_id)


def ask_board_report(first: date, last: date, *, by: UUID) -> Document:
    """The network's figures between two days, both included. Raises DomainError when they are the wrong way round."""
    if last < first:
        raise DomainError("Le dernier jour vient avant le premier.", field="last")
    wanted = {"first": first.isoformat(), "last": last.isoformat()}
    title = f"Rapport pour le conseil, du {day(first)} au {day(last)}"
    return _ask(DocumentKind.BOARD_REPORT, title, wanted, by=by)


def ask_policy_study(first: date, last: date, *, by: UUID) -> Document:
    """The policies compared on the requests between two days, both included, and where this season is going.

    Raises DomainError when they are the wrong way round.
    """
    if last < first:
        raise DomainError("Le dernier jour vient avant le premier.", field="last")
    wanted = {"first": first.isoformat(), "last": last.isoformat()}
    title = f"Étude des règles de répartition, du {day(first)} au {day(last)}"
    return _ask(DocumentKind.POLICY_STUDY, title, wanted, by=by)


def ask_brochure(place: str, *, by: UUID) -> Document:
    """Who mentors in this place. Raises portal.places.UnknownPlaceError."""
    return _ask(DocumentKind.TERRITORY_BROCHURE, f"Brochure{NBSP}: {label(place)}", {"place": place}, by=by)


def ask_company_kit(kit: OfferPage, number: int, *, by: UUID | None) -> Document:
    """This version of a kit's text, to hand out."""
    wanted = {"page": kit.value, "number": number}
    return _ask(DocumentKind.COMPANY_KIT, kit.label.replace(" :", f"{NBSP}:"), wanted, by=by)


def _ask(
    kind: DocumentKind, title: str, parameters: dict[str, Any], *, by: UUID | None, association_id: UUID | None = None
) -> Document:
    """The same one when it was asked for a moment ago and is not there yet. Raises DomainError past what is allowed."""
    _take_turn(association_id or by)
    same = select(Document).where(
        Document.state.in_(UNFINISHED),
        Document.kind == kind,
        Document.association_id.is_not_distinct_from(association_id),
        Document.parameters == parameters,
        Document.asked_at > clock.now() - SAME_WITHIN,
    )
    found = db.session.scalars(same.order_by(Document.asked_at.desc()).limit(1)).one_or_none()
    if found is not None:
        return found
    _refuse_too_many(by, association_id)
    return _add(kind, title, parameters, by, association_id)


def _take_turn(whose: UUID | None) -> None:
    if whose:
        db.session.execute(TAKE_TURN, {"whose": f"document:{whose}"})


def _refuse_too_many(by: UUID | None, association_id: UUID | None) -> None:
    """Whoever asks, and their association; the house itself (by None) asks for what it needs. Raises DomainError."""
    unfinished, ours = Document.state.in_(UNFINISHED), Document.association_id == association_id
    if by and _count(unfinished, Document.asked_by == by) >= MOST_WAITING:
        raise DomainError(TOO_MANY)
    if association_id and _count(unfinished, ours) >= MOST_WAITING_TOGETHER:
        raise DomainError(TOO_MANY_TOGETHER)
    if association_id and _count(ours, Document.asked_at > clock.now() - DAY) >= MOST_A_DAY:
        raise DomainError(TOO_MANY_TODAY)


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Document).where(*conditions)) or 0


def _add(
    kind: DocumentKind, title: str, parameters: dict[str, Any], by: UUID | None, association_id: UUID | None
) -> Document:
    document = Document(
        kind=kind,
        association_id=association_id,
        title=title,
        parameters=parameters,
        asked_by=by,
        expires_at=clock.now() + KEPT[kind],
    )
    db.session.add(document)
    db.session.flush()
    after_commit(partial(enqueue, Job.DRAW_DOCUMENT, str(document.id)))
    return document


def keep_company_kits() -> None:
    """Ask for every kit in force that nobody has asked for yet (jobs role), so that companies always find it."""
    query = select(Document.parameters).where(Document.kind == DocumentKind.COMPANY_KIT)
    known = {(row["page"], row["number"]) for row in db.session.scalars(query)}
    for kit, words in texts_in_force().items():
        if kit.kit and (kit.value, words.number) not in known:
            ask_company_kit(kit, words.number, by=None)


def claim_document(document_id: UUID) -> Claimed | None:
    """Take the lease (jobs role). None: drawn already, given up, or in another worker's hands."""
    now = clock.now()
    statement = (
        update(Document)
        .where(Document.id == document_id, _to_draw(), Document.attempts < MOST_ATTEMPTS)
        .values(state=DocumentState.DRAWING, drawing_since=now, attempts=Document.attempts + 1, progress=0)
        .returning(
            Document.id,
            Document.kind,
            Document.association_id,
            Document.asked_by,
            Document.title,
            Document.parameters,
            Document.attempts,
        )
    )
    row = db.session.execute(statement).one_or_none()
    return Claimed(*row) if row else None


def lease() -> timedelta:
    """How long a drawing is left alone without a sign of life."""
    return timedelta(seconds=settings().lease_seconds)


def _to_draw() -> Any:
    """Nobody is drawing it, or whoever was has been silent for longer than the lease."""
    left = and_(Document.state == DocumentState.DRAWING, Document.drawing_since < clock.now() - lease())
    return or_(Document.state == DocumentState.WAITING, left)


def _write(claimed: Claimed, **values: Any) -> None:
    """Only while the lease is ours: a worker thought dead that comes back changes nothing."""
    ours = (Document.state == DocumentState.DRAWING, Document.attempts == claimed.attempt)
    db.session.execute(update(Document).where(Document.id == claimed.id, *ours).values(**values))


def note_progress(claimed: Claimed, progress: int) -> None:
    """progress: 0 to 100."""
    _write(claimed, progress=progress)


def renew_lease(claimed: Claimed) -> None:
    """A sign of life: it is still being drawn."""
    _write(claimed, drawing_since=clock.now())


def give_back(claimed: Claimed) -> None:
    """Somebody else may draw it, at once. Past the last attempt it is given up by the sweep."""
    _write(claimed, state=DocumentState.WAITING, drawing_since=None, progress=0)
    after_commit(partial(enqueue, Job.DRAW_DOCUMENT, str(claimed.id)))


def finish_document(claimed: Claimed, file: bytes, pages: int) -> None:
    """The PDF is there, and says so."""
    _write(claimed, state=DocumentState.READY, file=file, pages=pages, progress=DONE, error=None, ready_at=clock.now())


def fail_document(claimed: Claimed, why: str) -> None:
    """There will be no PDF; why: a sentence in French for whoever asked."""
    _write(claimed, state=DocumentState.FAILED, error=why)


def retry_document(document_id: UUID) -> None:
    """Draw again what could not be drawn (staff role). Raises Hidden unless it has failed."""
    again = (
        update(Document)
        .where(Document.id == document_id, Document.state == DocumentState.FAILED)
        .values(state=DocumentState.WAITING, attempts=0, progress=0, error=None)
        .returning(Document.id)
    )
    if db.session.execute(again).one_or_none() is None:
        raise Hidden
    journal(JournalAct.JOB_WOKEN, detail=Job.DRAW_DOCUMENT.name.lower())
    after_commit(partial(enqueue, Job.DRAW_DOCUMENT, str(document_id)))


def sweep_documents() -> int:
    """Wake a worker for whatever waits or was left half drawn; give up what was left too often. How many woken."""
    left = update(Document).where(_to_draw(), Document.attempts >= MOST_ATTEMPTS)
    db.session.execute(left.values(state=DocumentState.FAILED, error=INTERRUPTED))
    waiting = select(Document.id).where(_to_draw()).order_by(Document.asked_at, Document.id)
    found = db.session.scalars(waiting).all()
    for document_id in found:
        after_commit(partial(enqueue, Job.DRAW_DOCUMENT, str(document_id)))
    return len(found)


def erase_expired_documents() -> int:
    """How many were past their time (jobs role)."""
    gone = delete(Document).where(Document.expires_at <= clock.now()).returning(Document.id)
    return len(db.session.execute(gone).all())
