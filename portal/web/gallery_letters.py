"""Every e-mail with its variants, about invented requests: what the gallery shows and what tests read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from matching.vocabulary import Channel, Side
from portal.mail.account_messages import ACCOUNT_LETTERS, Knock
from portal.mail.letter import Letter
from portal.mail.messages import LETTERS
from portal.mail.subject import Subject
from portal.mail.team_messages import TEAM_LETTERS, Following, Joined, StaffWork, Team, Waiting
from portal.models.morning import MorningMode, RenewedBecause
from portal.models.outbox import Message

NUMBER, PLACE = "2026-04817", "Association d’exemple"
CRITERIA_OF = "Programme « Programme d’exemple », côté jeunes."
SOME_ID = UUID("019bb5f0-0000-7000-8000-000000000000")
DAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
OWNER, GUARDIAN = "Qui fait une demande", "Responsable légal"
MEMBER, STAFF = "Membres d’une association", "Équipe du Collectif"
ACCOUNT, COMPANY = "Qui a un compte", "Entreprises"
AUDIENCES = (OWNER, GUARDIAN, MEMBER, STAFF, ACCOUNT, COMPANY)
GUARDED = frozenset({Message.GUARDIAN_CONSENT, Message.GUARDIAN_REMINDER, Message.GUARDIAN_INFORMED})
VOICES = {
    "tu": (Side.MENTEE, Channel.SELF),
    "vous, pour un jeune": (Side.MENTEE, Channel.PROFESSIONAL),
    "vous, mentor": (Side.MENTOR, Channel.SELF),
}
FILLERS = {f"remplie par {channel.label}": (Side.MENTEE, channel) for channel in Channel}


@dataclass(frozen=True)
class Variant:
    """One letter as somebody may get it, and what sets it apart from the others of its message."""

    message: Message
    name: str
    letter: Letter


def variants(base_url: str) -> list[Variant]:
    """All of them, in the order of Message."""
    order = list(Message)
    found = [*_requests(base_url), *_teams(base_url), *_accounts(base_url)]
    return sorted(found, key=lambda one: order.index(one.message))


def by_audience(base_url: str) -> list[tuple[str, list[tuple[Message, list[Variant]]]]]:
    """Grouped by who receives them, then by message."""
    shown = variants(base_url)
    return [(who, _by_message(one for one in shown if audience(one.message) == who)) for who in AUDIENCES]


def _by_message(found: Iterable[Variant]) -> list[tuple[Message, list[Variant]]]:
    return [(message, list(same)) for message, same in groupby(found, key=lambda one: one.message)]


def audience(message: Message) -> str:
    if message in LETTERS:
        return GUARDIAN if message in GUARDED else OWNER
    if message in TEAM_LETTERS:
        return STAFF if message is Message.STAFF_DIGEST else MEMBER
    return COMPANY if message is Message.LEAD_RECEIVED else ACCOUNT


def _requests(base_url: str) -> Iterator[Variant]:
    for message, write in LETTERS.items():
        for name, (side, channel) in (FILLERS if message in GUARDED else VOICES).items():
            yield Variant(message, name, write(_subject(base_url, side, channel)))


def _subject(base_url: str, side: Side, channel: Channel) -> Subject:
    return Subject(
        number=NUMBER,
        side=side,
        channel=channel,
        tracking_url=f"{base_url}/suivi/exemple",
        address_url=f"{base_url}/confirmer/exemple",
        guardian_url=f"{base_url}/accord/exemple",
        undecided_days=7,
        applicant_days=14,
        unconfirmed_until=DAY,
        guardian_until=DAY,
        forgotten_on=DAY,
        association=PLACE,
    )


def _teams(base_url: str) -> Iterator[Variant]:
    for message, told in _told().items():
        for name, about in told.items():
            own = "" if message is Message.STAFF_DIGEST else PLACE
            yield Variant(message, name, TEAM_LETTERS[message](replace(about, base_url=base_url, association=own)))


def _told() -> dict[Message, dict[str, Team]]:
    one, several = Team("", waiting=Waiting(1, leaving_today=1)), Team("", waiting=Waiting(12, 0, 2, 3, 1))
    renewed = {
        because.value: Team("", because=because, old_until=None if because is RenewedBecause.FIRST else DAY)
        for because in RenewedBecause
    }
    request = Team("", path=f"/demandes/{SOME_ID}", number=NUMBER, due_at=DAY)
    return {
        Message.REQUEST_OFFERED: {"": request},
        Message.CLARIFICATION_ANSWERED: {"": request},
        Message.REQUESTS_DIGEST: {
            "une": Team("", waiting=Waiting(1)),
            "plusieurs": several,
            "précision seule": Team("", waiting=Waiting(answered=1)),
            "précisions seules": Team("", waiting=Waiting(answered=2)),
        },
        Message.SILENCE_REMINDER: {"une, aujourd’hui": one, "plusieurs": several, "en retard": _late()},
        Message.FOLLOW_UP_DUE: {
            "une": Team("", following=Following(uncontacted=1)),
            "plusieurs": Team("", following=Following(3, 2, 1)),
            "précisions seules": Team("", following=Following(answered=2)),
        },
        Message.PLACES_CHECK: {"aucune": Team("", free=0), "plusieurs": Team("", free=26), "sans limite": Team("")},
        Message.PROPOSAL_SETTLED: {
            "approuvés": Team("", approved=True, criteria_of=CRITERIA_OF),
            "refusés": Team("", criteria_of=CRITERIA_OF),
        },
        Message.FILE_PASSWORD_RENEWED: renewed | {"first, sans fichier": _first_unsent()},
        Message.MORNING_FILE: {
            "une": Team("", joined=Joined(1, 1, at=DAY)),
            "plusieurs": Team("", joined=Joined(12, 3, at=DAY)),
            "toutes nouvelles": Team("", joined=Joined(3, 3, at=DAY)),
            "deux mots de passe": Team("", joined=Joined(12, 0, 2)),
        },
        Message.STAFF_DIGEST: {
            "une": Team("", work=StaffWork(unroutable=1)),
            "plusieurs": Team("", work=StaffWork(4, 2, 3, 1)),
            "e-mails seuls": Team("", work=StaffWork(stuck=2)),
        },
    }


def _first_unsent() -> Team:
    return Team("", because=RenewedBecause.FIRST, mode=MorningMode.NEVER)


def _late() -> Team:
    return Team("", waiting=Waiting(3, late=2))


def _accounts(base_url: str) -> Iterator[Variant]:
    for message, write in ACCOUNT_LETTERS.items():
        paths = {Message.INVITATION: f"/invitation/{SOME_ID}/exemple", Message.LEAD_RECEIVED: "/entreprises"}
        paths[Message.PASSWORD_RESET] = f"/mot-de-passe/{SOME_ID}/exemple"
        paths[Message.PASSWORD_CHANGED] = "/mot-de-passe"
        patience = "30 minutes" if message is Message.PASSWORD_RESET else "14 jours"
        about = Knock(
            base_url + paths.get(message, "/connexion"), PLACE, "Coordination", patience, "E-2026-00012",
            f"{base_url}/compte/courriels",
        )  # fmt: skip
        yield Variant(message, "", write(about))
