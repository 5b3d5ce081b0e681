"""All that the page about the platform shows, read once; and the one sentence that matters most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from redis import RedisError
from rq import Worker
from sqlalchemy import Row

from admin.turns import TurnLine, routing_late, turn_lines
from portal.foundation import clock
from portal.foundation.queue import MAIL, PAPER, PORTAL, queue, redis_connection
from portal.models.morning import MorningState
from portal.queries import platform as queries
from portal.queries.job_tracks import tracks
from portal.web.typography import NBSP, lasting, number, plural

QUEUE_LABELS = {PORTAL: "Orientation", MAIL: "Courriel", PAPER: "Papier"}


@dataclass(frozen=True)
class Queues:
    """How many wake-ups wait in each queue, and how many processes serve them; None when the queue does not answer."""

    lengths: dict[str, int] | None
    workers: int

    @property
    def total(self) -> int:
        return sum((self.lengths or {}).values())

    @property
    def told(self) -> str:
        """« courriel 3, papier 1 »."""
        if self.lengths is None:
            return "la file ne répond pas"
        waiting = [f"{QUEUE_LABELS[name].lower()}{NBSP}{count}" for name, count in self.lengths.items() if count]
        return ", ".join(waiting) or "aucune tâche n’attend son tour"


@dataclass(frozen=True)
class PlatformState:
    """reasons: (error, messages) of the messages that could not leave."""

    now: datetime
    turns: list[TurnLine]
    queues: Queues
    reasons: Sequence[Row[Any]]
    waiting: queries.Waiting
    documents: Sequence[Row[Any]]
    mornings: dict[MorningState, int]

    @property
    def dead(self) -> int:
        return sum(row.messages for row in self.reasons)

    @property
    def mornings_made(self) -> int:
        return self.mornings.get(MorningState.MADE, 0)

    @property
    def mornings_told(self) -> str:
        """« prêts, 40 sans objet », « prêt, 3 en préparation, 2 en échec »."""
        if not self.mornings:
            return f"ouverts à 10{NBSP}h, pas avant"
        waiting = self.mornings.get(MorningState.WAITING, 0)
        idle = sum(self.mornings.values()) - self.mornings_made - waiting - self.mornings_failed
        counts = ((idle, "sans objet"), (waiting, "en préparation"), (self.mornings_failed, "en échec"))
        ready = "prêt" if self.mornings_made < 2 else "prêts"  # noqa: PLR2004 - grammar
        return ", ".join([ready, *(f"{number(count)}{NBSP}{what}" for count, what in counts if count)])

    @property
    def mornings_failed(self) -> int:
        return self.mornings.get(MorningState.FAILED, 0)

    @property
    def failing(self) -> list[TurnLine]:
        return [line for line in self.turns if line.failing]

    @property
    def late(self) -> list[TurnLine]:
        return [line for line in self.turns if line.late_since and not line.failing]

    @property
    def signature(self) -> str:
        """Changes when something is to be seen on the page that was not there before."""
        seen = (self.finding, [line.turn.name for line in self.turns if line.troubled], self.dead, len(self.documents))
        return sha256(repr(seen).encode()).hexdigest()[:16]

    @property
    def finding(self) -> str:
        """The title: what staff must know first."""
        return next(filter(None, (*self._stopped(), *self._left_behind())), "Tout tourne")

    @property
    def waiting_told(self) -> str:
        oldest = self.waiting.oldest
        if oldest is None:
            return "aucun n’a été remis à plus tard"
        short = self.now - oldest < timedelta(minutes=1)
        return f"le plus ancien depuis {'moins d’une minute' if short else lasting(oldest, now=self.now)}"

    def _stopped(self) -> tuple[str, ...]:
        routing = routing_late(self.turns)
        since = routing.late_since if routing else None
        return (
            "La file d’attente ne répond pas" if self.queues.lengths is None else "",
            "Aucun processus n’est au travail" if not self.queues.workers else "",
            f"L’orientation est en retard de {lasting(since, now=self.now)}" if since else "",
            plural(len(self.failing), "tâche échoue", "tâches échouent") if self.failing else "",
            f"{plural(len(self.late), 'tâche')} en retard" if self.late else "",
        )

    def _left_behind(self) -> tuple[str, ...]:
        documents, again = len(self.documents), self.waiting.messages
        return (
            could_not(self.dead, "message", "partir"),
            could_not(self.mornings_failed, "fichier du matin", "être fait", "fichiers du matin", "être faits"),
            could_not(documents, "document", "être dessiné", "documents", "être dessinés"),
            plural(again, "courriel attend un nouvel essai", "courriels attendent un nouvel essai") if again else "",
        )


def could_not(count: int, one: str, what: str, many: str = "", what_many: str = "") -> str:
    """« 3 messages n’ont pas pu partir »; nothing when there are none."""
    if not count:
        return ""
    verb, done = ("n’a", what) if count == 1 else ("n’ont", what_many or what)
    return f"{plural(count, one, many or None)} {verb} pas pu{NBSP}{done}"


def read_queues() -> Queues:
    """A queue that does not answer is said, and stops no page."""
    try:
        lengths = {name: queue(name).count for name in QUEUE_LABELS}
        return Queues(lengths, Worker.count(connection=redis_connection()))
    except (RedisError, OSError):
        return Queues(None, 0)


def platform_state() -> PlatformState:
    now = clock.now()
    return PlatformState(
        now=now,
        turns=turn_lines(tracks(), now),
        queues=read_queues(),
        reasons=queries.dead_reasons(),
        waiting=queries.waiting_again(),
        documents=queries.failed_documents(),
        mornings=queries.morning_states(clock.today()),
    )
