"""Identifiers made here, so that nothing inserted ever has to be read back (RFC 9562, version 7)."""

import secrets
from uuid import UUID

from portal.foundation import clock


def new_id() -> UUID:
    """A UUID whose order is the order of creation, to the millisecond."""
    milliseconds = int(clock.now().timestamp() * 1000)
    random = secrets.randbits(74)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)
