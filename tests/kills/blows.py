"""What strikes: a process killed or stopped at a named point, or something pulled from under all of them."""

import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.kills.points import POINTS, STOPS, Load, Point
from tests.kills.world import World

LEASES_STOPPED = 3
DOCUMENTS, WORKBOOKS = "portal.paper.press", "portal.paper.workbook_press"
STOPPED_SECONDS = 90.0  # at the product's own leases


class Blow(ABC):
    """name, words: for the table. load: what must go on. strike() says when it fell (time.time), None if not yet."""

    name: str
    words: str
    load: Load

    @abstractmethod
    def aim(self, world: World, chance: random.Random) -> None:
        """Before the load begins."""

    @abstractmethod
    def strike(self, world: World) -> float | None:
        """Asked again and again; after a stop, the instant from which things may recover."""


@dataclass
class AtPoint(Blow):
    """A process kills, or stops, itself as it passes."""

    point: Point
    stop: bool = False
    fallen: Path | None = None

    def __post_init__(self) -> None:
        self.name = f"{self.point.name} (stopped)" if self.stop else self.point.name
        self.words, self.load = self.point.words, self.point.load

    def aim(self, world: World, chance: random.Random) -> None:
        action = "stop" if self.stop else "kill"
        (world.control / "armed" / f"{self.point.name}@{chance.randint(1, self.point.most)}.{action}").touch()

    def strike(self, world: World) -> float | None:
        self.fallen = self.fallen or next((world.control / "fired").glob(f"{self.point.name}@*"), None)
        if self.fallen is None:
            return None
        fell = self.fallen.stat().st_ctime
        if not self.stop:
            self.fallen.unlink()
            return fell
        if time.time() < fell + stopped_for(world):
            return None
        world.launcher.order(signal=world.name_of(int(self.fallen.name.partition("@")[2])), number=signal.SIGCONT)
        self.fallen.unlink()
        return time.time()


def stopped_for(world: World) -> float:
    return STOPPED_SECONDS if world.leisure else LEASES_STOPPED * world.settings.lease_seconds


@dataclass
class Outside(Blow):
    """At some moment of the load, whatever anybody is doing."""

    name: str
    words: str
    act: Callable[[World], bool]
    load: Load = Load.REQUESTS
    at: float = 0

    def aim(self, world: World, chance: random.Random) -> None:
        self.at = time.time() + chance.uniform(0.05, 0.5)

    def strike(self, world: World) -> float | None:
        return time.time() if time.time() >= self.at and self.act(world) else None


def killed(name: str) -> Callable[[World], bool]:
    def act(world: World) -> bool:
        world.launcher.order(signal=name, number=signal.SIGKILL)
        return True

    return act


def server_killed(name: str, number: int) -> Callable[[World], bool]:
    def act(world: World) -> bool:
        world.keeper.kill(name, number)
        return True

    return act


def flushed(world: World) -> bool:
    with world.queue() as queue:
        queue.flushall()
    return True


def press_killed(module: str) -> Callable[[World], bool]:
    """As soon as it is there."""

    def act(world: World) -> bool:
        child = press_at_work(world, module)
        if child is not None:
            os.kill(child, signal.SIGKILL)
        return child is not None

    return act


def killed_while_drawing(name: str, number: int) -> Callable[[World], bool]:
    def act(world: World) -> bool:
        return press_at_work(world, DOCUMENTS) is not None and server_killed(name, number)(world)

    return act


def press_at_work(world: World, module: str) -> int | None:
    """The child that draws for the worker, if there is one now."""
    for child in children_of(world.launcher.pids["worker-3"]):
        with suppress(OSError):
            if module.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    return None


def children_of(process: int) -> list[int]:
    with suppress(OSError):
        lists = Path(f"/proc/{process}/task").glob("*/children")
        return [int(child) for one in lists for child in one.read_text(encoding="ascii").split()]
    return []


OUTSIDE: tuple[tuple[str, str, Callable[[World], bool], Load], ...] = (
    ("web.killed", "the whole web server killed", killed("web"), Load.REQUESTS),
    ("worker.killed", "a worker killed at no particular moment", killed("worker-1"), Load.REQUESTS),
    ("mailer.killed", "the other worker killed at no particular moment", killed("worker-2"), Load.REQUESTS),
    ("drawer.killed", "the drawing worker killed at no particular moment", killed("worker-3"), Load.DOCUMENT),
    ("scheduler.killed", "the scheduler killed at no particular moment", killed("scheduler"), Load.REQUESTS),
    ("press.killed", "the press killed while it draws a document", press_killed(DOCUMENTS), Load.DOCUMENT),
    (
        "workbook_press.killed",
        "the press killed while it makes workbooks",
        press_killed(WORKBOOKS),
        Load.MORNING,
    ),
    ("postgres.killed", "PostgreSQL killed", server_killed("postgres", signal.SIGKILL), Load.REQUESTS),
    ("postgres.immediate", "PostgreSQL stopped at once", server_killed("postgres", signal.SIGQUIT), Load.REQUESTS),
    (
        "postgres.killed_drawing",
        "PostgreSQL killed while a document is drawn",
        killed_while_drawing("postgres", signal.SIGKILL),
        Load.DOCUMENT,
    ),
    (
        "valkey.killed_drawing",
        "Valkey killed while a document is drawn",
        killed_while_drawing("valkey", signal.SIGKILL),
        Load.DOCUMENT,
    ),
    ("valkey.killed", "Valkey killed", server_killed("valkey", signal.SIGKILL), Load.REQUESTS),
    ("valkey.flushed", "Valkey emptied", flushed, Load.REQUESTS),
)


def every_blow() -> list[Blow]:
    """One of each kind."""
    return [
        *(AtPoint(point) for point in POINTS.values()),
        *(AtPoint(POINTS[name], stop=True) for name in STOPS),
        *(Outside(name, words, act, load) for name, words, act, load in OUTSIDE),
    ]
