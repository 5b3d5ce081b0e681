"""One request in full: facts, reasons, what to verify, what happened, and what can be done now."""

from collections.abc import Mapping, Sequence
from typing import Any

from matching.vocabulary import Side
from portal.association.wording import (
    agreement_said,
    facts_of,
    first_name,
    made_by,
    place_said,
    questions_of,
    why_rows,
)
from portal.foundation import clock
from portal.models.assignment import TRANSITIONS, Assignment, AssignmentState, BounceReason
from portal.models.bounce import BOUNCES, Advice
from portal.models.event import Event, EventName
from portal.operations.assignments import is_minor, undoable
from portal.operations.contact import contact_open
from portal.queries.capacity import Declared
from portal.queries.inbox import Item, consents_of, events_of
from portal.web.typography import NBSP, moment, number, plural, share

_S = AssignmentState
WHO = {Side.MENTEE: ("jeune", "jeunes"), Side.MENTOR: ("bénévole", "bénévoles")}
HAPPENED = {
    EventName.REFERRAL_PLACED: "Vous est proposée",
    EventName.REFERRAL_ORIENTED_BY_HAND: "Vous est confiée par le Collectif",
    EventName.ASSIGNMENT_SEEN: "Ouverte",
    EventName.INFORMATION_ASKED: "Précision demandée",
    EventName.ASSIGNMENT_POSTPONED: "Réponse reportée",
    EventName.ASSIGNMENT_ACCEPTED: "Acceptée",
    EventName.ASSIGNMENT_BOUNCED: "Réorientée",
    EventName.ASSIGNMENT_UNDONE: "Réponse annulée",
    EventName.ASSIGNMENT_EXPIRED: "Partie, faute de réponse",
    EventName.ASSIGNMENT_CONTACTED: "Contactée",
    EventName.ASSIGNMENT_UNREACHABLE: "Injoignable",
    EventName.ASSIGNMENT_PAIRED: "En binôme",
    EventName.ASSIGNMENT_ENDED: "Mentorat terminé",
    EventName.ASSIGNMENT_GIVEN_UP: "Abandonnée",
    EventName.REFERRAL_WITHDRAWN: "Retirée par la personne",
}
STEPS = (
    (_S.CONTACTED, "Premier contact fait", "phone"),
    (_S.UNREACHABLE, "Injoignable, à réessayer", "clock"),
    (_S.PAIRED, "Binôme formé", "heart-handshake"),
    (_S.ENDED, "Mentorat terminé", "check-check"),
    (_S.GIVEN_UP, "Abandonnée avant le binôme", "circle-x"),
)


def detail_values(item: Item, rows: Sequence[Declared]) -> dict[str, Any]:
    """What the template of one request is given."""
    one = item.assignment
    row = next((row for row in rows if row.id == one.capacity_id), None)
    return {
        "first_name": first_name(item),
        "made_by": made_by(item.profile),
        "facts": facts_of(item.profile) if item.profile else [],
        "agreement": agreement_said(consents_of(one.referral_id)) if item.profile else "",
        "why": [*why_rows(one.excerpt), *_room_row(one, row)],
        "questions": questions_of(one.excerpt),
        "rules": one.excerpt.get("version"),
        "arm": arm_of(one.excerpt, one.side),
        "steps": steps_of(events_of(one), item),
        "undoable": undoable(one, clock.now()),
        "contact_is_open": contact_open(one),
        "follow_ups": follow_ups_of(one),
        "needs_authorisation": item.profile is not None and is_minor(item.profile.age),
        "advice": advice_of(one, row),
    }


def _room_row(one: Assignment, row: Declared | None) -> list[dict[str, str]]:
    """The places there were when it was offered; those of now when the excerpt does not say."""
    known = one.excerpt if "declared" in one.excerpt else None
    if known is None and row is None:
        return []
    declared = known["declared"] if known else row.amount if row else 0
    free = known["free"] if known else None if row is None or row.or_more else row.free
    said = f"{number(declared)}{NBSP}ou plus" if free is None else f"{plural(free, 'libre')} sur {number(declared)}"
    return [{"name": "Places", "fact": place_said(one.place), "rule": said, "state": "yes"}]


def arm_of(excerpt: Mapping[str, Any], side: Side) -> dict[str, Any]:
    """The association's own figure, and its rank in words; nobody else's figure is there to be shown."""
    committed, objective = excerpt.get("committed") or 0, excerpt.get("objective") or 0
    one, many = WHO[side]
    who = one if committed < 2 else many  # noqa: PLR2004 - French is plural from two
    words = f"{number(committed)}{NBSP}{who} sur {number(objective)} ({share(committed, objective)})"
    return {
        "known": objective > 0,
        "committed": committed,
        "objective": objective,
        "words": words,
        "sentence": excerpt.get("sentence", ""),
    }


def steps_of(events: Sequence[Event], item: Item) -> list[dict[str, str]]:
    """What happened here, oldest first, as a thread."""
    said = [(HAPPENED[event.name], event.at) for event in events if event.name in HAPPENED]
    if not any(event.name in (EventName.REFERRAL_PLACED, EventName.REFERRAL_ORIENTED_BY_HAND) for event in events):
        said = [("Vous est proposée", item.assignment.offered_at), *said]
    said += [("Réponse reçue", one.answered_at) for one in item.asked if one.answered_at]
    said, now = sorted(said, key=lambda step: step[1]), clock.now()
    return [{"title": title, "when": moment(at, now=now), "state": "done"} for title, at in said]


def follow_ups_of(one: Assignment) -> list[dict[str, Any]]:
    """The next steps of an accepted request, once its contact details are open."""
    if not contact_open(one) or one.closed_at is not None:
        return []
    possible = TRANSITIONS[one.state] | ({_S.UNREACHABLE} if one.state is _S.UNREACHABLE else set())
    return [
        {"state": state.value, "label": label, "icon": icon, "is_pairing": state is _S.PAIRED}
        for state, label, icon in STEPS
        if state in possible
    ]


def advice_of(one: Assignment, row: Declared | None) -> dict[str, Any] | None:
    """After a bounce: what would keep the next ones from coming for nothing."""
    if one.state is not _S.BOUNCED or one.bounce_reason is None:
        return None
    kind = BOUNCES[one.bounce_reason].advice
    if kind is Advice.NOTHING:
        return None
    full = row is not None and not row.or_more and row.free > 0 and one.bounce_reason is BounceReason.NO_PLACE
    return {
        "kind": kind.value,
        "place": place_said(one.place),
        "free": row.free if row else 0,
        "lower_to": max(0, row.taken - (one.applied_at is None)) if row and full else None,
        "row": row,
    }
