"""The command line, without a database: `python -m matching route`, `replay` or `schema`."""

import argparse
import io
import sys
from typing import NoReturn

from matching import commands
from matching.inputs import BadFileError, one_line
from matching.ranking import PolicyName
from matching.schema import schema
from matching.vocabulary import Side

MOST_SEEDS = 1000
POLICIES = [name.value for name in PolicyName]


class OneLineParser(argparse.ArgumentParser):
    """Options refused in one line, as files are; `--help` tells the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, one_line(f"{self.prog}: {message}") + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. 0 when all went well, 2 on bad input."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        match options.command:
            case "schema":
                commands.printed(schema())
            case "route":
                commands.route(options)
            case "replay":
                commands.replay(options)
    except BadFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m matching", description="Route requests to associations.")
    asked = parser.add_subparsers(dest="command", required=True)
    route = asked.add_parser("route", help="one JSON decision a line, in the order of the requests")
    _files(route, "profile, already_tried, at")
    route.add_argument("--explain", action="store_true", help="add the whole explanation to each decision")
    _replay(asked.add_parser("replay", help="live a season again under other rules, and compare"))
    asked.add_parser("schema", help="the JSON Schema of inputs and outputs")
    return parser


def _files(command: argparse.ArgumentParser, line: str) -> None:
    command.add_argument("--programmes", required=True, help="a JSON document: programmes, names, standing")
    command.add_argument("--requests", required=True, help=f"JSON lines: {line}; - reads them")
    command.add_argument("--policy", choices=POLICIES, default="arm", help="the policy in force")


def _replay(command: argparse.ArgumentParser) -> None:
    _files(command, "profile, already_tried, at, recorded, in the order they came")
    command.add_argument("--change", help="a JSON document: policy, objectives, capacities, criteria, pauses, intake")
    command.add_argument("--policies", type=_policies, default=[], help="compare each of these, separated by commas")
    command.add_argument("--last-season", help="JSON lines as --requests: what `projected` foresees demand from")
    command.add_argument("--side", choices=[side.value for side in Side], default=Side.MENTEE.value)
    command.add_argument("--seeds", type=_seeds, default=5, help="how many draws of the answers not recorded")
    command.add_argument("--json", action="store_true", help="one JSON comparison a line instead of tables")


def _policies(text: str) -> list[PolicyName]:
    names = text.split(",")
    unknown = [name for name in names if name not in POLICIES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(POLICIES)}")
    return [PolicyName(name) for name in names]


def _seeds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_SEEDS} is expected")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
