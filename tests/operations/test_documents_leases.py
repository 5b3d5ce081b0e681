"""A slow drawing keeps its lease, a killed press is no verdict on the document."""

import os
import signal
import time
from collections.abc import Callable
from threading import Thread
from uuid import UUID

import psutil
import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation.config import Settings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import documents as jobs
from portal.operations.documents import MOST_ATTEMPTS, ask_brochure, claim_document
from portal.paper.printing import COMMAND, PressKilled, Printed, print_pages
from tests import factories
from tests.paper.places import ROUBAIX

Owner = psycopg.Connection[tuple[object, ...]]
JOBS = Scope(DatabaseRole.JOBS)


@pytest.fixture
def brochure(app: Flask, arrange: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Asked for and not drawn yet, where a lease lasts a second."""
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"lease_seconds": 1}))
    samir = factories.make_account(arrange, staff=True)
    arrange.commit()
    with transaction(Scope(DatabaseRole.STAFF, account_id=samir.id)):
        return ask_brochure(ROUBAIX, by=samir.id).id


def test_a_slow_drawing_is_not_taken_for_a_dead_one(
    brochure: UUID, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []

    def slowly(html: str, laid_out: Callable[[int], None]) -> Printed:
        time.sleep(2.2)
        with transaction(JOBS):
            taken.append(claim_document(brochure))
        return Printed(b"%PDF", 1)

    monkeypatch.setattr(jobs, "print_pages", slowly)
    jobs.draw(str(brochure))
    assert taken == [None]
    assert owner.execute("SELECT state, attempts FROM document").fetchone() == ("ready", 1)


def test_a_killed_press_gives_the_document_back_until_the_last_attempt(
    brochure: UUID, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(html: str, laid_out: Callable[[int], None]) -> Printed:
        raise PressKilled("trop grand")

    monkeypatch.setattr(jobs, "print_pages", killed)
    seen = []
    for _ in range(MOST_ATTEMPTS):
        jobs.draw(str(brochure))
        seen.append(owner.execute("SELECT state, attempts FROM document").fetchone())
    assert seen == [("waiting", 1), ("waiting", 2), ("failed", 3)]


def presses() -> list[int]:
    """Our own children that print."""
    children = psutil.Process(os.getpid()).children(recursive=True)
    return [one.pid for one in children if COMMAND[-1] in one.cmdline()]


def test_the_press_says_when_somebody_else_killed_it() -> None:
    def kill() -> None:
        while not (found := presses()):
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    with pytest.raises(PressKilled):
        print_pages("<p>Bonjour</p>" * 20_000)
    killer.join()
