"""Following a company's request, from the call to the engagement: somebody's, with what comes next, or it is settled."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm.exc import StaleDataError

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import current_scope
from portal.models.company import Lead, LeadState, LeadStep
from portal.models.event import JournalAct
from portal.operations.history import journal
from portal.operations.meanwhile import faster
from portal.queries.leads import NOTE, SETTLED, Contact, last_step_of, staff_names

LONGEST_ACTION = 200
LONGEST_NOTE = 2000
CALL = "Appeler l’entreprise"


@dataclass(frozen=True)
class NextStep:
    """Where a request goes from here. next_action, next_action_on: what is to be done, and by when."""

    state: LeadState
    owner_id: UUID | None
    next_action: str = ""
    next_action_on: date | None = None
    note: str = ""


def lead_to_follow(lead_id: UUID) -> Lead:
    """Raises Hidden when there is none."""
    lead = db.session.get(Lead, lead_id, populate_existing=True)
    if lead is None:
        raise Hidden
    return lead


def follow_lead(lead: Lead, step: NextStep, *, version: int) -> LeadStep:
    """Write down what was done and what comes next. version: the one its author had before their eyes.

    Raises AlreadyAnswered when somebody was faster, DomainError (with its field) for a step that would lose the request.
    """
    _refuse_if_moved(lead, version)
    _refuse_to_lose(lead, step)
    if lead.state is not step.state:
        lead.state, lead.state_since = step.state, clock.now()
    settled = step.state in SETTLED
    lead.owner_id = step.owner_id
    lead.next_action = None if settled else step.next_action.strip()
    lead.next_action_on = None if settled else step.next_action_on
    return _record(lead, step.note.strip())


def take_lead(lead: Lead, *, by: UUID, version: int) -> LeadStep:
    """In one click: it is theirs, and they call today unless something else was planned."""
    _refuse_if_moved(lead, version)
    if lead.state in SETTLED:
        raise DomainError("Cette demande est déjà réglée\u00a0: changez son état pour la reprendre.")
    lead.owner_id = by
    lead.next_action = lead.next_action or CALL
    lead.next_action_on = max(lead.next_action_on or clock.today(), clock.today())
    return _record(lead)


def read_contact(lead: Lead) -> Contact:
    """Who asked. Looking is an act: the journal keeps it."""
    journal(JournalAct.LEAD_READ, detail=str(lead.id))
    return Contact.opened(lead.contact_sealed, lead.id)


def _refuse_if_moved(lead: Lead, version: int) -> None:
    if lead.version != version:
        raise AlreadyAnswered(_who_moved(lead))


def _who_moved(lead: Lead) -> str:
    last = last_step_of(lead.id)
    told = faster(last.by, last.at, "changé cette demande") if last else "Quelqu’un a changé cette demande"
    return f"{told}. Relisez-la avant d’enregistrer\u00a0: ce que vous avez écrit est gardé."


def _refuse_to_lose(lead: Lead, step: NextStep) -> None:
    if step.owner_id is not None and step.owner_id != lead.owner_id and step.owner_id not in staff_names():
        raise DomainError("Choisissez une personne de l’équipe.", field="owner_id")
    if len(step.next_action) > LONGEST_ACTION:
        raise DomainError(f"Restez sous {LONGEST_ACTION} caractères.", field="next_action")
    if len(step.note) > LONGEST_NOTE:
        raise DomainError(f"Restez sous {LONGEST_NOTE} caractères.", field="note")
    if step.state not in SETTLED:
        _refuse_without_next(step)


def _refuse_without_next(step: NextStep) -> None:
    if step.owner_id is None:
        raise DomainError("Dites qui suit cette demande.", field="owner_id")
    if not step.next_action.strip():
        raise DomainError(
            "Dites ce qui vient ensuite. Exemple\u00a0: rappeler pour fixer un rendez-vous.", field="next_action"
        )
    if step.next_action_on is None:
        raise DomainError("Donnez une date à la prochaine action.", field="next_action_on")
    if step.next_action_on < clock.today():
        raise DomainError("Cette date est passée\u00a0: choisissez aujourd’hui ou plus tard.", field="next_action_on")


def _record(lead: Lead, note: str = "") -> LeadStep:
    """The step of the history, then the journal; the row's version tells two people at once apart."""
    key = new_id()
    step = LeadStep(
        id=key,
        lead_id=lead.id,
        account_id=current_scope().account_id,
        state=lead.state,
        owner_id=lead.owner_id,
        next_action_on=lead.next_action_on,
        note_sealed=vault().seal(note.encode(), column=NOTE, row=key) if note else None,
    )
    _write(lead)
    db.session.add(step)
    journal(JournalAct.LEAD_CHANGED, detail=str(lead.id))
    return step


def _write(lead: Lead) -> None:
    lead.version += 1  # also when nothing else of the row changes: each step is told from the one before
    try:
        db.session.flush()
    except StaleDataError as error:
        raise AlreadyAnswered("Quelqu’un vient de changer cette demande\u00a0: rechargez la page.") from error
