"""Identifiers made here, so that nothing inserted ever has to be read back (RFC 9562, version 7)."""

import secrets
from threading import Lock
from uuid import UUID

from portal.foundation import clock

RANDOM_BITS, STEP_BITS = 74, 40


class Counter:
    """The random part, growing within one millisecond: what one process makes keeps its order (RFC 9562, 6.2)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._millisecond, self._latest = -1, 0

    def after(self, millisecond: int) -> int:
        """The first of a millisecond leaves its highest bit free, for those that follow."""
        with self._lock:
            again = millisecond == self._millisecond
            step = 1 + secrets.randbits(STEP_BITS)
            self._latest = self._latest + step if again else secrets.randbits(RANDOM_BITS - 1)
            self._millisecond = millisecond
            return self._latest


COUNTER = Counter()


def new_id() -> UUID:
    """A UUID whose order is the order of creation: within a process, and between processes to the millisecond."""
    milliseconds = int(clock.now().timestamp() * 1000)
    random = COUNTER.after(milliseconds)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)
