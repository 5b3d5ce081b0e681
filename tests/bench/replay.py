"""A season replayed with its traces, and 1,000,000 requests over 1,000 associations in a stream."""

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from matching.replay import Run, replay
from matching.router import Router
from tests.bench.figure import Effort, Figure
from tests.bench.season import BenchSeason, season
from tests.matching.lived import Slow

Found = TypeVar("Found")

ROOT = Path(__file__).parents[2]
SEASON, MILLION, ASSOCIATIONS, PROGRAMMES = 16_000, 1_000_000, 1000, 2500
ROUNDS = 5
PLAIN = 1000
MIB = 1024
SECONDS, MEMORY = 0.3, 2048.0


def measure_replay(effort: Effort) -> list[Figure]:
    return [*_a_season(effort), *_a_million(effort)]


def _a_season(effort: Effort) -> list[Figure]:
    """The whole season, traces kept; the plain way is Router.route one by one, on a season short enough for it."""
    bench, short = season(1, requests=SEASON), season(1, requests=effort.of(PLAIN, 200))
    router = Router(bench.settings.catalogue)  # compiled once, as for the lives that a comparison lives
    gc.collect()
    gc.freeze()
    rounds = [_timed(lambda: _lived(bench, router)) for _ in range(effort.of(ROUNDS, 3))]
    gc.unfreeze()
    plain, slow = _timed(lambda: Slow(short.season, short.settings, short.habits, 0).live())
    _check_alike(_lived(short), slow)
    took, peer = median(seconds for seconds, _ in rounds), plain * SEASON / len(short.season.kept)
    return [Figure("replay.season", took, "s", goal=SECONDS, peer=peer)]


def _lived(bench: BenchSeason, router: Router | None = None) -> Run:
    return replay(bench.season, bench.settings, habits=bench.habits, router=router, trace=True)


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """In seconds of processor: all of it is computing, and neighbours should not count."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def _check_alike(run: Run, slow: Slow) -> None:
    """Decision for decision."""
    chosen = [(step.request, step.opening.programme if step.opening else None) for step in run.steps]
    assert chosen == [(each.request, getattr(each, "programme", None)) for each in slow.decisions]
    for key in run.catalogue.associations:
        assert run.standing.association(key) == slow.standing.association(key)


def _a_million(effort: Effort) -> list[Figure]:
    """Each in a process of its own, so that its memory is its own."""
    few, many = _streamed(SEASON), _streamed(effort.of(MILLION, 2 * SEASON))
    return [
        Figure("replay.million_memory", many["mib"], "MiB", goal=MEMORY),
        Figure(
            "replay.million_rate", many["rate"], "requests/s", goal=few["rate"] / 2, peer=few["rate"], at_most=False
        ),
    ]


def _streamed(requests: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.replay", str(requests)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(requests: int) -> None:
    """Live one streamed season; write its rate and the most memory the process ever held."""
    bench = season(1, requests=requests, associations=ASSOCIATIONS, programmes=PROGRAMMES, stream=True)
    seconds, run = _timed(lambda: replay(bench.season, bench.settings, habits=bench.habits))
    assert run.received == requests
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    sys.stdout.write(json.dumps({"rate": requests / seconds, "mib": peak, "placed": run.placed}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
