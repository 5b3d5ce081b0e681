"""Looking at what criteria would bring leaves a trace: who tried, for which programme, never which criteria."""

from uuid import UUID

from matching.vocabulary import Side
from portal.models.event import JournalAct
from portal.operations.history import journal


def note_trial(programme_id: UUID, side: Side) -> None:
    """A trial reads everybody's requests, though it tells few of them: a search, and journalled as one."""
    journal(JournalAct.SEARCHED, detail=f"trial {programme_id} {side.value}")
