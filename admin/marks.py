"""How a request's state is shown: a word, a colour and an icon; and since when."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from portal.foundation import clock
from portal.models.assignment import TO_ANSWER, AssignmentState
from portal.models.referral import ReferralState, UnroutableWhy


class Mark(NamedTuple):
    """A badge: its words, its tone and its icon."""

    text: str
    tone: str = ""
    icon: str = ""


_S, _A = ReferralState, AssignmentState
OF_STATE = {
    _S.AWAITING_CONSENT: Mark("Accord attendu", "wait", "clock"),
    _S.AWAITING_APPLICANT: Mark("Précision attendue", "wait", "clock"),
    _S.TO_ROUTE: Mark("À orienter", "act", "route"),
    _S.WAITLISTED: Mark("Sans place", "wait", "pause"),
    _S.UNROUTABLE: Mark("Nulle part", "late", "circle-x"),
    _S.PLACED: Mark("Confiée", "act"),
    _S.CLOSED: Mark("Terminée"),
    _S.WITHDRAWN: Mark("Retirée"),
    _S.MERGED: Mark("Doublon", "", "merge"),
    _S.ANONYMISED: Mark("Anonymisée", "", "eye-off"),
}
OF_WHY = {
    UnroutableWhy.EXHAUSTED: Mark("Toutes essayées", "late", "circle-x"),
    UnroutableWhy.HOPS: Mark("Trop de tours", "late", "circle-x"),
    UnroutableWhy.OTHER: Mark("Motif à lire", "late", "circle-alert"),
}
OF_ASSIGNMENT = {
    _A.OFFERED: Mark("Proposée", "act"),
    _A.SEEN: Mark("Vue", "act", "eye"),
    _A.INFORMATION_ASKED: Mark("Précision demandée", "wait", "circle-question-mark"),
    _A.POSTPONED: Mark("Reportée", "wait", "clock"),
    _A.ACCEPTED: Mark("Acceptée", "good", "check"),
    _A.CONTACTED: Mark("Contactée", "good", "phone"),
    _A.UNREACHABLE: Mark("Injoignable", "wait", "phone"),
    _A.PAIRED: Mark("En binôme", "good", "check-check"),
    _A.BOUNCED: Mark("Réorientée", "", "undo-2"),
}


def mark_of(row: Row[Any]) -> Mark:
    """What matters most about a request now: that it waits too long, that something is to check, where it stands."""
    if row.assignment_state is None:
        plain = OF_STATE[row.state]
        return OF_WHY.get(row.unroutable_why, plain) if row.state is _S.UNROUTABLE else plain
    if row.assignment_state not in TO_ANSWER:
        return OF_ASSIGNMENT[row.assignment_state]
    if row.late_at <= clock.now():
        return Mark("En retard", "late", "clock")
    if row.to_verify:
        return Mark("À vérifier", "note", "circle-question-mark")
    if row.hop:
        return Mark(f"{row.hop + 1}e tour", "wait", "undo-2")
    return OF_ASSIGNMENT[row.assignment_state]


def since(row: Row[Any]) -> datetime:
    """When the request came to where it stands."""
    if row.assignment_state is None:
        return row.state_since
    return row.offered_at if row.assignment_state in TO_ANSWER else row.answered_at or row.offered_at


def orientable(row: Row[Any]) -> bool:
    """Whether staff may orient it by hand: nobody has taken it, and nothing it lacks forbids it."""
    if row.state is _S.PLACED:
        return row.assignment_state in TO_ANSWER
    return row.state in {_S.TO_ROUTE, _S.WAITLISTED, _S.UNROUTABLE}
