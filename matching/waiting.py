"""The waiting list: who waits, and for which rows of capacity; first received, first served."""

import heapq
from collections.abc import Callable, Iterable

from matching.journey import Journey
from matching.ledger import Row

Offered = Callable[[Journey], bool]


class WaitingList:
    """Requests in the order they were received. Each row of capacity keeps a heap of those who could draw on it.

    A heap may still name who has left: that is found out when its turn comes.
    """

    def __init__(self) -> None:
        self.journeys: dict[int, Journey] = {}

    def join(self, journey: Journey, rows: Iterable[Row]) -> None:
        self.journeys[journey.number] = journey
        for row in rows:
            heapq.heappush(row.queue, journey.number)

    def served(self, rows: Iterable[Row], offered: Offered) -> None:
        """Rows have come free: offer to each who waits for them, first received first, while there is room.

        `offered` says whether a place was found; who is refused one (a pause, a choice withdrawn) keeps waiting.
        """
        passed: list[tuple[Row, int]] = []
        while live := [row for row in rows if row.open and self._head(row) is not None]:
            row = min(live, key=lambda each: each.queue[0])
            number = heapq.heappop(row.queue)
            journey = self.journeys.pop(number)
            if not offered(journey):
                self.journeys[number] = journey
                passed.append((row, number))
        for row, number in passed:
            heapq.heappush(row.queue, number)

    def _head(self, row: Row) -> int | None:
        """The first who still waits for that row."""
        while row.queue:
            if row.queue[0] in self.journeys:
                return row.queue[0]
            heapq.heappop(row.queue)
        return None
