"""python -m tests.bench [NAME…] [--share 0.1] [--out bench.json]: measure, print a table, write it as JSON.

MEASURES is the whole registry: a name, and a function that takes an `Effort` (how much of the full measure to run, and
an empty folder of its own) and returns its `Figure`s (tests/bench/figure.py). To add a measure, write a module beside
this one and its line below. tests/bench/stage.py gives it PostgreSQL, Valkey and a migrated database.
bench.json has one key a figure: {"mails.burst_p99": {"value", "unit", "goal", "reached", "peer", "ratio"}}; it goes to
DATA_DIR (or here) unless --out says otherwise. The exit status is 1 when a goal is missed.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.allocation import measure_allocation
from tests.bench.draining import measure_draining
from tests.bench.eligibility import measure_eligibility
from tests.bench.figure import Effort, Figure
from tests.bench.mails import measure_mails
from tests.bench.morning import measure_morning
from tests.bench.preview import measure_preview
from tests.bench.replay import measure_replay
from tests.bench.routing import measure_routing

MEASURES: dict[str, Callable[[Effort], list[Figure]]] = {
    "allocation": measure_allocation,
    "eligibility": measure_eligibility,
    "preview": measure_preview,
    "replay": measure_replay,
    "routing": measure_routing,
    "draining": measure_draining,
    "mails": measure_mails,
    "morning": measure_morning,
}


def measured(names: list[str], share: float) -> list[Figure]:
    found = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", ignore_cleanup_errors=True) as folder:
            found += MEASURES[name](Effort(share, Path(folder)))
    return found


def table(figures: list[Figure]) -> str:
    rows = [("figure", "value", "unit", "goal", "plain way", "ratio")]
    for one in figures:
        goal = (
            "" if one.goal is None else f"{'≤' if one.at_most else '≥'} {one.goal:g}{'' if one.reached else ' MISSED'}"
        )
        peer, ratio = f"{one.peer:.3f}" if one.peer else "", f"× {one.ratio:.1f}" if one.ratio else ""
        rows.append((one.key, f"{one.value:.3f}", one.unit, goal, peer, ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument(
        "names",
        nargs="*",
        choices=[*MEASURES, []],
        metavar="NAME",
        help=f"of {', '.join(MEASURES)}; all when none is named",
    )
    parser.add_argument("--share", type=float, default=1.0, help="how much of the full measure to run")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("DATA_DIR", ".")) / "bench.json")
    told = parser.parse_args(arguments)
    figures = measured(told.names or list(MEASURES), told.share)
    print(table(figures))
    told.out.parent.mkdir(parents=True, exist_ok=True)
    told.out.write_text(json.dumps({one.key: one.to_json() for one in figures}, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {told.out}")
    return 0 if all(one.reached is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
