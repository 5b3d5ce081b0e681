"""Puts the kill points into a process by replacing functions of the product, in the tests' own launcher only.

A point is armed by a file in the folder, NAME@COUNT.ACTION. Each passage takes one off COUNT, whichever process it is
in; the last one moves the file to `fired`, with the process's number, and kills or stops itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

import portal.cli  # noqa: F401 - the whole product, so that every name a function goes by is found
from portal.foundation.extensions import db
from portal.foundation.queue import Job
from portal.jobs import schedule
from portal.jobs.rhythms import Every
from portal.operations import claims, morning
from tests.kills.points import POINTS, Moment, Point

PASSED, WINDOW = "kill points passed", "messages taken by the mail server"
HASTENED = {
    Job.APPLY_ANSWERS,
    Job.SWEEP,
    Job.SEND_MAIL,
    Job.SWEEP_DOCUMENTS,
    Job.SWEEP_MORNING,
    Job.SEAL_JOURNAL,
    Job.FOLD_FIGURES,
}
# Nobody waits for a minute or for a second try: all else is the product's own.
SHORTENED = (
    ("portal.operations.morning", "FIRST_DELAY", timedelta(seconds=1)),
    ("portal.operations.outcomes", "FIRST_DELAY", timedelta(seconds=1)),
)
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Passages:
    """The armed points of one folder."""

    def __init__(self, folder: Path) -> None:
        self.armed, self.fired, self.window = folder / "armed", folder / "fired", folder / "window"

    def pass_by(self, point: Point) -> None:
        for name in os.listdir(self.armed):  # noqa: PTH208 - asked at every passage: the quickest way
            if name.startswith(f"{point.name}@"):
                self.take_one_off(name)

    def take_one_off(self, name: str) -> None:
        count, action = name.partition("@")[2].split(".")
        left = int(count) - 1
        goal = self.armed / f"{name.partition('@')[0]}@{left}.{action}"
        if left == 0:
            goal = self.fired / f"{name.partition('@')[0]}@{os.getpid()}"
        try:
            os.rename(self.armed / name, goal)  # noqa: PTH104 - atomic: of two processes one passes
        except FileNotFoundError:
            return
        if left == 0:
            os.kill(os.getpid(), SIGNALS[action])


def hook_points(folder: Path) -> None:
    """From here on every point is watched, and what the schedule does at leisure is done at each sweep."""
    for job in Job:
        import_module(job.rpartition(".")[0])
    passages = Passages(folder)
    for kept in (passages.armed, passages.fired, passages.window):
        kept.mkdir(exist_ok=True)
    note_what_the_server_takes(passages)
    for where in {point.where for point in POINTS.values()}:
        hook(where, [point for point in POINTS.values() if point.where == where], passages)
    event.listen(Session, "before_commit", lambda session: before_commit(session, passages))
    event.listen(Session, "after_commit", lambda session: after_commit(session, passages))
    hasten()


def hook(where: str, points: list[Point], passages: Passages) -> None:
    """Replace the function wherever the product knows it by name. Raises AttributeError when it is not there."""
    module_name, path = where.split(":")
    holder: Any = import_module(module_name)
    *owners, name = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    true = getattr(holder, name)
    watched = watching(true, points, passages)
    setattr(holder, name, watched)
    if not owners:
        replace_everywhere(true, watched)


def replace_everywhere(true: Any, watched: Any) -> None:
    for module in [one for key, one in sys.modules.items() if key.partition(".")[0] in {"portal", "admin"}]:
        for known_as, value in list(vars(module).items()):
            if value is true:
                setattr(module, known_as, watched)


def watching(true: Callable[..., Any], points: list[Point], passages: Passages) -> Callable[..., Any]:
    @wraps(true)
    def watched(*args: Any, **named: Any) -> Any:
        for point in points:
            if point.moment is Moment.BEGINS:
                passages.pass_by(point)
        result = true(*args, **named)
        for point in points:
            if point.found and not result:
                continue
            if point.moment is Moment.ENDS:
                passages.pass_by(point)
            elif point.moment is not Moment.BEGINS:
                db.session.info.setdefault(PASSED, set()).add(point.name)
        return result

    return watched


def before_commit(session: Session, passages: Passages) -> None:
    if session.in_nested_transaction():
        return
    for name in sorted(session.info.get(PASSED, ())):
        if POINTS[name].moment is Moment.UNCOMMITTED:
            passages.pass_by(POINTS[name])


def after_commit(session: Session, passages: Passages) -> None:
    if session.in_nested_transaction():
        return
    for noted in session.info.pop(WINDOW, ()):
        noted.unlink()
    for name in sorted(session.info.pop(PASSED, ())):
        if POINTS[name].moment is Moment.COMMITTED:
            passages.pass_by(POINTS[name])


def note_what_the_server_takes(passages: Passages) -> None:
    """A file for each message from its last dot to our commit: whoever dies in between leaves it behind."""
    true = claims.still_ours

    @wraps(true)
    def noting(ours: claims.Claim) -> None:
        true(ours)
        noted = passages.window / f"{ours.id}={os.getpid()}"
        noted.touch()
        db.session.info.setdefault(WINDOW, []).append(noted)

    replace_everywhere(true, noting)


def hasten() -> None:
    """Sweeps that the product makes at leisure are made at each of ours, and a dead worker's document waits 8 s."""
    morning.HOUR = time(0)
    if "AT_LEISURE" in os.environ:
        return
    hastened: Any = tuple(replace(turn, when=Every()) if turn.job in HASTENED else turn for turn in schedule.TIMETABLE)
    schedule.TIMETABLE = hastened
    for module, name, value in SHORTENED:
        assert hasattr(import_module(module), name), f"{module} has no {name} any more"
        setattr(import_module(module), name, value)
