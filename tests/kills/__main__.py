"""`python -m tests.kills --kills 1000`: kill the portal's processes that often, and say what came of it."""

import argparse
import sys
import time
from contextlib import suppress

from tests.kills.rounds import Round, table
from tests.kills.war import AT_LEISURE, heed_the_end, wage


def main() -> int:
    """1 when anything was lost, or late."""
    asked = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    asked.add_argument("--kills", type=int, default=1000, help="how many (default: 1000)")
    asked.add_argument("--worlds", type=int, default=3, help="on how many portals at once (default: 3)")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--leisure", action="store_true", help="ten kills at the product's own leases: 60 s, 15 s")
    told = asked.parse_args()
    heed_the_end()
    began, rounds = time.monotonic(), []
    kills = len(AT_LEISURE) if told.leisure else told.kills
    with suppress(KeyboardInterrupt):
        for one in wage(kills, told.worlds, seed=told.seed, leisure=told.leisure):
            rounds.append(one)
            say(one, len(rounds))
    print(f"\n{table(rounds)}\n\n{len(rounds)} blows in {(time.monotonic() - began) / 60:.1f} minutes")
    return int(not all(one.well for one in rounds))


def say(one: Round, number: int) -> None:
    """Each hundredth, and whatever is wrong."""
    if not one.well or number % 100 == 0:
        words = "; ".join(one.lost) or (f"late: {one.recovered:.1f} s" if one.late else "all is well")
        print(f"{number:5} {one.name}: {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
