"""Identifiers keep the order in which they were made, so that lists ordered by them do too."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from portal.foundation import clock
from portal.foundation.identifiers import new_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_thousands_made_within_one_millisecond_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.int >> 80 for one in made} == {int(NOON.timestamp() * 1000)}


def test_they_are_of_the_seventh_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    one = new_id()
    assert (one.version, one.variant) == (7, "specified in RFC 4122")


def test_nobody_guesses_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    made = [new_id().int for _ in range(1000)]
    steps = {later - earlier for earlier, later in pairwise(made)}
    assert len(steps) == len(made) - 1
