"""The command line: `python -m matching route --programmes FILE --requests FILE`, or `schema`."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from matching.decision import Outcome, Placed, Unroutable
from matching.explanation import explain
from matching.locating import line_of
from matching.profile import Profile
from matching.programme import Catalogue, Programme, places_of
from matching.ranking import Policy, PolicyName
from matching.reading import InvalidInputError, Node
from matching.router import Router
from matching.schema import schema
from matching.standing import Standing
from matching.vocabulary import Side

Request = tuple[Profile, frozenset[str], datetime]


class BadFileError(Exception):
    """Input refused; the message names file, line and path."""

    def __init__(self, file: str, line: int, path: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {path}: {reason}".replace("\n", " "))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. 0 when all went well, 2 on bad input."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "schema":
            _print(schema())
        else:
            _route(options)
    except BadFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m matching", description="Route requests to associations.")
    commands = parser.add_subparsers(dest="command", required=True)
    route = commands.add_parser("route", help="one JSON decision a line, in the order of the requests")
    route.add_argument("--programmes", required=True, help="a JSON document: programmes, names, standing")
    route.add_argument("--requests", required=True, help="JSON lines: profile, already_tried, at; - reads them")
    route.add_argument("--policy", choices=[name.value for name in PolicyName], default="arm")
    route.add_argument("--explain", action="store_true", help="add the whole explanation to each decision")
    commands.add_parser("schema", help="the JSON Schema of inputs and outputs")
    return parser


def _route(options: argparse.Namespace) -> None:
    """Each placement counts for the requests that follow."""
    routers, standings = _programmes(options.programmes, Policy(PolicyName(options.policy)))
    for profile, tried, at in _requests(options.requests):
        side = profile.side
        decision = routers[side].route(profile, standings[side], tried, at)
        if isinstance(decision, Placed):
            standings[side] = standings[side].after(decision, at)
        line = decision_line(decision)
        if options.explain:
            line["explanation"] = explain(decision, profile).to_json()
        _print(line)


def decision_line(decision: Outcome) -> dict[str, object]:
    """The JSON form of a decision, with ids in full."""
    programmes = [programme.id for programme in decision.catalogue.programmes]
    certain, possible = decision.outcomes.certain, decision.outcomes.possible
    line: dict[str, object] = {
        "request": decision.request,
        "kind": decision.kind,
        "at": decision.at.isoformat(),
        "policy": decision.policy.to_json(),
        "eligible": [programmes[each] for each in places_of(certain)],
        "to_verify": [programmes[each] for each in places_of(possible & ~certain)],
        "digest": decision.digest,
    }
    match decision:
        case Placed():
            line |= {
                "association": decision.association,
                "programme": decision.programme,
                "certain": decision.certain,
                "way": decision.way.value,
                "place": decision.place,
                "tie_break": decision.tie_break.value,
                "ranking": list(decision.ranking),
            }
        case Unroutable(why=why):
            line["why"] = why.value
    return line


def _print(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _programmes(file: str, policy: Policy) -> tuple[dict[Side, Router], dict[Side, Standing]]:
    text = _text(file)
    value = _parsed(file, text, 1)
    try:
        return _read_programmes(Node(value), policy)
    except InvalidInputError as error:
        raise BadFileError(file, line_of(text, error.path), error.path, error.reason) from error


def _read_programmes(node: Node, policy: Policy) -> tuple[dict[Side, Router], dict[Side, Standing]]:
    node.only("programmes", "names", "standing")
    programmes = _distinct(node.field("programmes").items())
    named, standing = node.get("names"), node.get("standing")
    names = {code: said.text() for code, said in named.fields()} if named else {}
    if standing:
        standing.only(*Side)
    routers, standings = {}, {}
    for side in Side:
        routers[side] = Router(Catalogue.of(side, programmes, names), policy)
        own = standing.get(side) if standing else None
        standings[side] = Standing.read(own) if own else Standing()
    return routers, standings


def _distinct(items: list[Node]) -> list[Programme]:
    found: dict[str, Programme] = {}
    for item in items:
        programme = Programme.read(item)
        if programme.id in found:
            raise item.field("id").fail("two programmes share this id")
        found[programme.id] = programme
    return list(found.values())


def _requests(file: str) -> Iterator[Request]:
    for number, text in enumerate(_lines(file), start=1):
        if text.strip():
            value = _parsed(file, text.strip(), number)
            try:
                yield _read_request(Node(value))
            except InvalidInputError as error:
                raise BadFileError(file, number, error.path, error.reason) from error


def _read_request(node: Node) -> Request:
    node.only("profile", "already_tried", "at")
    tried = node.get("already_tried")
    return (
        Profile.read(node.field("profile")),
        frozenset(item.key() for item in tried.items()) if tried else frozenset(),
        node.field("at").moment(),
    )


def _parsed(file: str, text: str, first_line: int) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadFileError(file, first_line + error.lineno - 1, "$", error.msg) from error
    except (ValueError, RecursionError) as error:
        raise BadFileError(file, first_line, "$", str(error)) from error


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _unreadable(file, 1, error)


def _lines(file: str) -> Iterator[str]:
    """The lines one by one: a season need not fit in memory."""
    number = 0
    try:
        with sys.stdin if file == "-" else Path(file).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - kept for the refusal below
                yield line
    except (OSError, UnicodeDecodeError) as error:
        _unreadable(file, number + 1, error)


def _unreadable(file: str, line: int, error: Exception) -> NoReturn:
    reason = error.strerror or "cannot be read" if isinstance(error, OSError) else "not UTF-8"
    raise BadFileError(file, line, "$", reason) from error


if __name__ == "__main__":
    sys.exit(main())
