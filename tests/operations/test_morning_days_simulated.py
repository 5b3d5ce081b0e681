"""Every day from 2026 to 2036: one row an association and day, whatever happens to the portal."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.morning import MorningFile, MorningMode, MorningState
from portal.operations.morning import claim_file, due_day, finish_file, open_day, sweep_files
from portal.operations.morning_content import Gathered
from portal.queries.morning import Content
from tests import factories

FIRST, LAST = date(2026, 1, 1), date(2036, 12, 31)
LATER = date(2031, 5, 14)  # a third association joins, in the afternoon
ONE_DAY = timedelta(days=1)
Owner = psycopg.Connection[tuple[Any, ...]]


def paris(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, clock.PARIS).astimezone(UTC)


def days() -> Iterator[date]:
    return (FIRST + timedelta(days=count) for count in range((LAST - FIRST).days + 1))


def keep() -> None:
    """Commit; nobody is woken."""
    db.session.info.pop("after_commit", None)
    db.session.commit()


class Decade:
    """The portal's life, day after day, as chance has it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.missed: set[date] = set()
        self.down_for = 0

    def live(self, day: date) -> None:
        if self.down_for or self.chance.random() < 0.01:
            self.down_for = self.down_for or self.chance.randint(1, 6)
            self.down_for -= 1
            self.missed.add(day)
            return
        for hour in self.turns():
            with clock.at(paris(day, hour)):
                self.turn()

    def turns(self) -> list[time]:
        """When somebody looks: at 10:00 sharp by two schedulers, or late; sometimes before, and again after."""
        back = time(self.chance.randint(10, 23), self.chance.randint(0, 59), self.chance.randint(0, 59))
        sharp = [time(10), time(10, 0, 0, 1)] if self.chance.random() < 0.9 else [back]
        early = [time(0), time(9, 59, 59, 999_999)] if self.chance.random() < 0.1 else []
        again = [time(23, 59, 59)] if self.chance.random() < 0.1 else []
        return sorted(early + sharp + again)

    def turn(self) -> None:
        if self.chance.random() < 0.2:
            sweep_files()
        elif day := due_day():
            open_day(day)
        waiting = select(MorningFile.id).where(MorningFile.state == MorningState.WAITING)
        for file_id in db.session.scalars(waiting).all():
            self.make(file_id)

    def make(self, file_id: UUID) -> None:
        """Made, or its worker is killed right after it was claimed."""
        claimed = claim_file(file_id)
        if claimed and self.chance.random() < 0.95:
            assert finish_file(claimed, nothing_waits(), MorningState.EMPTY)


def nothing_waits() -> Gathered:
    return Gathered(Content("", clock.now(), "1:1:", ()), overdue=False)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1])
def test_one_row_an_association_and_day_for_eleven_years(app: Flask, arrange: Session, owner: Owner, seed: int) -> None:
    always = factories.make_association(arrange, morning_mode=MorningMode.ALWAYS).id
    never = factories.make_association(arrange, morning_mode=MorningMode.NEVER).id
    arrange.commit()
    decade, late = Decade(seed), None
    with acting_as(Scope(DatabaseRole.JOBS)):
        for day in days():
            if day == LATER:
                late = factories.make_association(arrange, morning_mode=MorningMode.ALWAYS).id
                arrange.commit()
            decade.live(day)
            if day.day == 1 or decade.down_for:
                keep()
        decade.down_for = 0
        with clock.at(paris(LAST + ONE_DAY, time(10))):
            sweep_files()
        keep()
    assert_every_day_once(owner, {always: FIRST, never: FIRST, late: LATER}, decade)
    assert_never_before_ten(owner)
    assert_what_became_of_them(owner, never, decade)


def assert_every_day_once(owner: Owner, since: dict[Any, date], decade: Decade) -> None:
    """From its first day on that the portal ran, until the end, no gap and no day twice."""
    for association_id, joined in since.items():
        rows = owner.execute(
            "SELECT day FROM morning_file WHERE association_id = %s ORDER BY day", [association_id]
        ).fetchall()
        found = [row[0] for row in rows]
        start = next(day for day in days() if day >= joined and day not in decade.missed)
        assert found == [start + timedelta(days=count) for count in range((LAST - start).days + 2)]


def assert_never_before_ten(owner: Owner) -> None:
    """Whatever is of the day itself was opened from 10:00 in Paris on, that same day; both changes of hour included."""
    own = owner.execute("SELECT day, opened_at FROM morning_file WHERE state NOT IN ('missed', 'not_wanted')")
    local = [(day, opened_at.astimezone(clock.PARIS)) for day, opened_at in own]
    assert all(opened.time() >= time(10) for _, opened in local)
    assert all(opened.date() == day for day, opened in local)
    hours = {opened.utcoffset() for _, opened in local}
    assert hours == {timedelta(hours=1), timedelta(hours=2)}


def assert_what_became_of_them(owner: Owner, never: UUID, decade: Decade) -> None:
    counted = Counter(
        dict(
            owner.execute(
                "SELECT state, count(*)::int FROM morning_file WHERE association_id <> %s GROUP BY 1", [never]
            )
        )
    )
    assert set(counted) == {"empty", "missed", "failed", "waiting"}
    assert counted["waiting"] == 2
    assert counted["empty"] > 5000
    down = owner.execute("SELECT DISTINCT day FROM morning_file WHERE state = 'missed'").fetchall()
    assert {row[0] for row in down} == {day for day in decade.missed if day > FIRST}
    wanted = owner.execute("SELECT DISTINCT state FROM morning_file WHERE association_id = %s", [never]).fetchall()
    assert wanted == [("not_wanted",)]
