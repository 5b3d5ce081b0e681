"""Waking a turn by hand has an end, for who keeps on clicking."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.foundation.extensions import limiter
from portal.foundation.queue import queue
from portal.models.event import JournalAct, JournalEntry


def test_the_sixty_first_wake_up_of_an_hour_waits_and_leaves_no_line(
    app: Flask, staff: FlaskClient, arrange: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)

    answers = [staff.post("/collectif/fonctionnement/taches/sweep").status_code for _ in range(61)]

    assert answers == [303] * 60 + [429]
    assert queue().count == 1
    woken = select(func.count()).where(JournalEntry.act == JournalAct.JOB_WOKEN)
    assert arrange.scalar(woken) == 60
