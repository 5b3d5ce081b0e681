"""Looking at somebody's contact details: an act, so it is written down before anything is shown."""

from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.models.assignment import TAKEN, Assignment, AssignmentState
from portal.models.event import JournalAct
from portal.models.person import Person
from portal.operations.history import journal
from portal.queries.people import person_of

READABLE = TAKEN | {AssignmentState.ENDED}


def contact_open(assignment: Assignment) -> bool:
    """Whether the association may read who is behind this request, now."""
    start, end = assignment.contact_from, assignment.contact_until
    in_time = start is not None and end is not None and start <= clock.now() < end
    return in_time and assignment.state in READABLE


def read_contact(assignment: Assignment) -> Person:
    """The person, journaled. Raises DomainError before acceptance, within the undo window, or past the right's end."""
    if not contact_open(assignment):
        raise DomainError("Les coordonnées ne sont pas accessibles pour cette demande.")
    person = person_of(assignment.referral_id)
    if person is None:
        raise DomainError("Les coordonnées de cette personne ont été effacées.")
    journal(JournalAct.CONTACT_READ, referral_id=assignment.referral_id)
    return person
