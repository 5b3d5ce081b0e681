"""Many kills, on several portals at once, each in a process of its own."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import chain, repeat
from selectors import EVENT_READ, DefaultSelector
from typing import TextIO

from portal.local.layout import CLONE
from tests.kills.blows import Blow, every_blow
from tests.kills.rounds import Round, play_all, played

# At the product's own leases each of these waits for a lease or a sweep of its own.
AT_LEISURE = (
    "submit.after_commit",
    "answer.after_commit",
    "drain.after_commit",
    "mail.claimed.after_commit",
    "mail.before_data_ends",
    "mail.after_250",
    "spread.before_commit",
    "document.drawing",
    "morning.claimed.after_commit",
    "valkey.flushed",
)


def blows(count: int, seed: int) -> list[Blow]:
    """Every kind of blow, again and again, each time in another order."""
    chance = random.Random(seed)
    decks = chain.from_iterable(shuffled(chance) for _ in repeat(None))
    return [next(decks) for _ in range(count)]


def shuffled(chance: random.Random) -> list[Blow]:
    deck = every_blow()
    chance.shuffle(deck)
    return deck


def leisurely(share: int, worlds: int) -> list[Blow]:
    """Those of the ten that fall on one portal of several."""
    return [blow for blow in every_blow() if blow.name in AT_LEISURE[share::worlds]]


def wage_here(count: int, seed: int, *, leisure: bool, worlds: int) -> None:
    """On one portal; a JSON line a round on standard output."""
    with suppress(KeyboardInterrupt), played(leisure=leisure) as game:
        play_all(game, leisurely(seed, worlds) if leisure else blows(count, seed), seed, said)


def said(one: Round) -> None:
    sys.stdout.write(json.dumps(asdict(one)) + "\n")
    sys.stdout.flush()


def wage(kills: int, worlds: int, *, seed: int = 0, leisure: bool = False) -> Iterator[Round]:
    """The rounds as they end; each portal takes its share."""
    shares = [kills // worlds + (number < kills % worlds) for number in range(worlds)]
    arguments = [[str(share), str(seed + number), str(worlds)] for number, share in enumerate(shares)]
    running = [front(words, leisure=leisure) for words in arguments]
    try:
        yield from told_by(running)
        if any(one.wait() for one in running):
            raise RuntimeError("a portal of the war did not come to its end: its last words are above")
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()


def told_by(running: "list[subprocess.Popen[str]]") -> Iterator[Round]:
    """What each says, as it says it, until all have ended."""
    with DefaultSelector() as said_by:
        for one in running:
            assert one.stdout
            said_by.register(one.stdout, EVENT_READ)
        while said_by.get_map():
            for key, _ in said_by.select():
                stream: TextIO = key.fileobj  # type: ignore[assignment]
                line = stream.readline()
                if not line:
                    said_by.unregister(stream)
                    continue
                read = json.loads(line)
                yield Round(**{**read, "lost": tuple(read["lost"])})


def front(words: list[str], *, leisure: bool) -> "subprocess.Popen[str]":
    own = {**os.environ, "KILLS_AT_LEISURE": "1" if leisure else ""}
    command = [sys.executable, "-m", "tests.kills.war", *words]
    return subprocess.Popen(command, cwd=CLONE, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def heed_the_end() -> None:
    """TERM ends the war in good order, as Ctrl-C does, also where Ctrl-C is not heard (in the background)."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.default_int_handler)


if __name__ == "__main__":
    heed_the_end()
    wage_here(int(sys.argv[1]), int(sys.argv[2]), worlds=int(sys.argv[3]), leisure=bool(os.environ["KILLS_AT_LEISURE"]))
