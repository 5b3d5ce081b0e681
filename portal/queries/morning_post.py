"""What became of the messages that carry a day's morning files: a file made has not left yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from portal.foundation.extensions import db
from portal.models.morning import MorningFile, MorningState
from portal.models.outbox import Message, Outbox, OutboxState


@dataclass(frozen=True)
class Post:
    """The messages of one file. refused: given up, whatever the reason."""

    sent: int = 0
    waiting: int = 0
    refused: int = 0

    @property
    def gone(self) -> bool:
        """Somebody has it, and nobody waits for it."""
        return self.sent > 0 and not self.waiting


def posts_of_day(day: date) -> dict[UUID, Post]:
    """By file, of those made that day, one query whatever their number (staff's scope). Without messages: all zero."""

    def counted(state: OutboxState) -> Any:
        return func.count().filter(Outbox.state == state)

    about = (Outbox.reference_id == MorningFile.id) & (Outbox.message == Message.MORNING_FILE)
    states: Sequence[OutboxState] = (OutboxState.SENT, OutboxState.PENDING, OutboxState.DEAD)
    query: Select[*tuple[Any, ...]] = (
        select(MorningFile.id, *map(counted, states))
        .outerjoin(Outbox, about)
        .where(MorningFile.day == day, MorningFile.state == MorningState.MADE)
        .group_by(MorningFile.id)
    )
    return {row[0]: Post(*row[1:]) for row in db.session.execute(query)}


def held_up(posts: Iterable[Post]) -> tuple[int, int]:
    """How many files still wait to leave, and how many reached nobody."""
    found = list(posts)
    return sum(one.waiting > 0 for one in found), sum(
        one.refused > 0 and not (one.sent or one.waiting) for one in found
    )
