"""The history of a request in sentences, for the thread of its page."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from portal.models.assignment import BounceReason
from portal.models.bounce import BOUNCES
from portal.models.event import EventName
from portal.web.typography import NBSP

_E = EventName
SENTENCES = {
    _E.REFERRAL_SUBMITTED: "Demande reçue",
    _E.REFERRAL_CONFIRMED: "Demande confirmée",
    _E.ADDRESS_CONFIRMED: "Adresse confirmée",
    _E.GUARDIAN_CONSENTED: "Accord du responsable légal",
    _E.GUARDIAN_REFUSED: "Refus du responsable légal",
    _E.REFERRAL_PLACED: "Confiée à {association}",
    _E.REFERRAL_WAITLISTED: "Mise en liste d’attente",
    _E.REFERRAL_UNROUTABLE: "Sans solution",
    _E.REFERRAL_ORIENTED_BY_HAND: "Orientée à la main vers {association}",
    _E.REFERRAL_WITHDRAWN: "Retirée par la personne",
    _E.REFERRAL_CLOSED: "Demande close",
    _E.REFERRAL_MERGED: "Classée comme doublon",
    _E.REFERRAL_REOPENED: "Demande rouverte",
    _E.ASSIGNMENT_SEEN: "Vue par {association}",
    _E.ASSIGNMENT_ACCEPTED: "Acceptée par {association}",
    _E.ASSIGNMENT_BOUNCED: "Réorientée par {association}",
    _E.ASSIGNMENT_EXPIRED: "Restée sans réponse de {association}",
    _E.ASSIGNMENT_UNDONE: "Réponse annulée par {association}",
    _E.ASSIGNMENT_CONTACTED: "Premier contact pris par {association}",
    _E.ASSIGNMENT_PAIRED: "Binôme formé par {association}",
    _E.ASSIGNMENT_ENDED: "Accompagnement terminé",
    _E.ASSIGNMENT_GIVEN_UP: "Abandonnée chez {association}",
    _E.ASSIGNMENT_UNREACHABLE: "Personne injoignable pour {association}",
    _E.INFORMATION_ASKED: "Précision demandée par {association}",
    _E.ASSIGNMENT_POSTPONED: "Reportée par {association}",
}
STOPPING = {_E.ASSIGNMENT_BOUNCED, _E.ASSIGNMENT_EXPIRED, _E.REFERRAL_UNROUTABLE, _E.REFERRAL_WITHDRAWN}


def sentence(event: Row[Any]) -> str:
    """What happened, with the reason of a bounce and the name of whoever acted."""
    said = SENTENCES.get(event.name, event.name.value).format(association=event.association or "une association")
    reason = _reason(event.data.get("reason"))
    by = f" par {event.account}" if event.account and "{association}" not in SENTENCES.get(event.name, "") else ""
    return f"{said}{by}{f'{NBSP}: {reason}' if reason else ''}"


def _reason(code: object) -> str:
    found = next((reason for reason in BounceReason if reason.value == code), None)
    return BOUNCES[found].label[:1].lower() + BOUNCES[found].label[1:] if found else ""


def steps(events: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """Steps for the thread, the last one first; when is left to the template, which knows the hour."""
    return [
        {"title": sentence(event), "at": event.at, "state": "stopped" if event.name in STOPPING else "done"}
        for event in events
    ]
