"""Round after round: a load, a blow, and a wait until all is quiet and every promise is looked at."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psycopg

from tests.kills import promises
from tests.kills.blows import Blow
from tests.kills.load import Season
from tests.kills.points import Load
from tests.kills.world import World, world

SPENT_SECONDS = 0.03
BOUND_SECONDS = 15.0
BOUND_AT_LEISURE = 60.0 + 15.0 + BOUND_SECONDS  # a lease, a sweep, and the work itself
NEVER_SECONDS = 120.0
QUIET_SECONDS = 180.0


@dataclass(frozen=True)
class Round:
    """What came of one blow. recovered: seconds; late: more than allowed. lost: the promises that did not hold.

    doubled: how many messages came again, each in its honest window.
    """

    name: str
    recovered: float
    lost: tuple[str, ...] = ()
    doubled: int = 0
    late: bool = False

    @property
    def well(self) -> bool:
        return not self.lost and not self.late


@contextmanager
def played(*, leisure: bool = False) -> Iterator["Game"]:
    """A portal at work, quiet so far."""
    with world(leisure=leisure) as made:
        game = Game(made, Season(made))
        made.open()
        game.begin()
        yield game


class Game:
    """One portal, its season, and the rounds played on it."""

    def __init__(self, made: World, season: Season) -> None:
        self.world, self.season = made, season
        self.bound = BOUND_AT_LEISURE if made.leisure else BOUND_SECONDS

    def begin(self) -> None:
        """Two requests that are left waiting, for the morning's file to tell of."""
        for _ in range(2):
            self.season.ask(left=True)
        assert self.settled(), self.remains()
        broken = promises.broken(self.world, self.season)
        assert not broken, broken

    def play(self, blow: Blow, chance: random.Random) -> Round:
        before = promises.doubled(self.world)
        blow.aim(self.world, chance)
        self.stir(blow.load, chance)
        fell = self.struck(blow)
        if fell is None:
            self.world.disarm()
            return Round(blow.name, 0, (f"nobody passed « {blow.name} »",))
        calm = self.calm(fell + 8 * self.bound)
        recovered = time.time() - fell
        lost = promises.broken(self.world, self.season) if calm else [f"still under way: {self.remains()}"]
        again = promises.doubled(self.world) - before
        return Round(blow.name, recovered, tuple(lost), again, late=recovered > self.bound)

    def stir(self, load: Load, chance: random.Random) -> None:
        """Always a request under way; one in three is sent back once."""
        for _ in range(chance.randint(1, 2) if load is Load.REQUESTS else 1):
            self.season.ask(bounces=int(chance.random() < 1 / 3))
        if load is Load.DOCUMENT:
            self.season.ask_document()
        if load is Load.MORNING:
            self.season.next_morning()

    def stir_everything(self) -> None:
        """A request, a document and a morning, while nobody dies."""
        self.season.ask(bounces=1)
        self.season.ask_document()
        self.season.next_morning()

    def settled(self) -> bool:
        return self.calm(time.time() + QUIET_SECONDS)

    def struck(self, blow: Blow) -> float | None:
        deadline = time.time() + NEVER_SECONDS + (self.bound if self.world.leisure else 0)
        while time.time() < deadline:
            self.world.live()
            fell = blow.strike(self.world)
            if fell is not None:
                return fell
            self.season.step()
            time.sleep(SPENT_SECONDS)
        return None

    def calm(self, deadline: float) -> bool:
        """Whether everybody has an answer and nothing is under way before then."""
        while time.time() < deadline:
            self.world.live()
            done = self.season.step()
            try:
                if done and not promises.under_way(self.world):
                    return True
            except psycopg.OperationalError:
                done = False
            time.sleep(SPENT_SECONDS)
        return False

    def remains(self) -> object:
        try:
            return promises.under_way(self.world) | {"errands": sum(not one.done for one in self.season.errands)}
        except psycopg.OperationalError as error:
            return str(error)


def play_all(game: Game, blows: Iterable[Blow], seed: int, tell: Callable[[Round], object]) -> list[Round]:
    """Stops at the first round whose portal never came to rest: what follows would say nothing."""
    chance, rounds = random.Random(seed), []
    for blow in blows:
        rounds.append(game.play(blow, chance))
        tell(rounds[-1])
        if any(line.startswith("still under way") for line in rounds[-1].lost):
            break
    return rounds


def table(rounds: Iterable[Round]) -> str:
    """Point, blows, recovered in (median, worst), late, lost, doubled."""
    by_name: defaultdict[str, list[Round]] = defaultdict(list)
    for one in rounds:
        by_name[one.name].append(one)
    lines = [f"{'point':38} {'blows':>5} {'median':>7} {'worst':>7} {'late':>5} {'lost':>5} {'doubled':>7}"]
    for name, those in by_name.items():
        lines.append(line(name, those))
    return "\n".join([*lines, line("all", [one for those in by_name.values() for one in those])])


def line(name: str, those: list[Round]) -> str:
    seconds = [one.recovered for one in those] or [0.0]
    lost, twice = sum(bool(one.lost) for one in those), sum(one.doubled for one in those)
    late = sum(one.late for one in those)
    return f"{name:38} {len(those):5} {median(seconds):6.1f}s {max(seconds):6.1f}s {late:5} {lost:5} {twice:7}"
