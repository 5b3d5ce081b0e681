"""The files of the command line, read strictly: whatever is wrong names file, line and path."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeVar

from matching.changes import Changes
from matching.locating import line_of
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.reading import InvalidInputError, Node, parsed
from matching.season import Arrival, End, Recorded
from matching.standing import Standing
from matching.vocabulary import Side

MOST_SECONDS = 10 * 366 * 24 * 3600
FIRST_YEAR, LAST_YEAR = 1900, 2999  # any day of a season lived from there on can be written
STANDARD_INPUT = "-"
Read = TypeVar("Read")


def one_line(text: str) -> str:
    """The text, with whatever a terminal would not simply show spelt out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class BadFileError(Exception):
    """Input refused; the message is one line and names file, line and path."""

    def __init__(self, file: str, line: int, path: str, reason: str) -> None:
        super().__init__(one_line(f"{file}:{line}: {path}: {reason}"))


class Document(NamedTuple):
    """One JSON document of a file."""

    file: str
    text: str
    value: object

    def read(self, reader: Callable[[Node], Read]) -> Read:
        """What the reader makes of it. Raises BadFileError where the reader refuses."""
        try:
            return reader(Node(self.value))
        except InvalidInputError as error:
            raise BadFileError(self.file, line_of(self.text, error.path), error.path, error.reason) from error


class Given(NamedTuple):
    """The programmes file: a catalogue and a standing for each side."""

    catalogues: dict[Side, Catalogue]
    standings: dict[Side, Standing]


def document(file: str) -> Document:
    try:
        text = Path(file).read_bytes().decode()
    except OSError as error:
        _unreadable(file, 1, error)
    except UnicodeDecodeError as error:
        _unreadable(file, error.object.count(b"\n", 0, error.start) + 1, error)
    return Document(file, text, _parsed(file, text, 1))


def programmes_of(file: str) -> Given:
    return document(file).read(_read_programmes)


def _read_programmes(node: Node) -> Given:
    node.only("programmes", "names", "standing")
    programmes = _distinct(node.field("programmes").items())
    named, standing = node.get("names"), node.get("standing")
    names = {code: said.text() for code, said in named.fields()} if named else {}
    if standing:
        standing.only(*Side)
    given = Given({}, {})
    for side in Side:
        given.catalogues[side] = Catalogue.of(side, programmes, names)
        own = standing.get(side) if standing else None
        given.standings[side] = Standing.read(own) if own else Standing()
    return given


def _distinct(items: list[Node]) -> list[Programme]:
    found: dict[str, Programme] = {}
    for item in items:
        programme = Programme.read(item)
        if programme.id in found:
            raise item.field("id").fail("two programmes share this id")
        found[programme.id] = programme
    return list(found.values())


def changes_of(file: str | None) -> tuple[Changes, Document | None]:
    """The changes to try, with the document that says them; none when there is no file."""
    if file is None:
        return Changes(), None
    said = document(file)
    return said.read(Changes.read), said


def requests_of(file: str) -> Iterator[Arrival]:
    """One request a line, without what became of it."""
    return _each(file, lambda node: _arrival(node, "profile", "already_tried", "at"))


def arrivals_of(file: str) -> Iterator[Arrival]:
    """One request a line, in the order they came, each once and with what became of its offers."""
    last: list[datetime] = []
    keys: set[str] = set()

    def read(node: Node) -> Arrival:
        arrival = _arrival(node, "profile", "already_tried", "at", "recorded")
        if last and arrival.at < last[-1]:
            raise node.field("at").fail("earlier than the request before it")
        if arrival.profile.key in keys:
            raise node.field("profile").field("key").fail("two requests share this key")
        last[:] = [arrival.at]
        keys.add(arrival.profile.key)
        return arrival

    return _each(file, read)


def _arrival(node: Node, *fields: str) -> Arrival:
    node.only(*fields)
    tried, recorded = node.get("already_tried"), node.get("recorded")
    return Arrival(
        Profile.read(node.field("profile")),
        _moment(node.field("at")),
        frozenset(item.key() for item in tried.items()) if tried else frozenset(),
        tuple(_recorded(item) for item in recorded.items()) if recorded else (),
    )


def _moment(node: Node) -> datetime:
    moment = node.moment()
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise node.fail(f"a year from {FIRST_YEAR} to {LAST_YEAR} is expected")
    return moment


def _recorded(node: Node) -> Recorded:
    node.only("association", "end", "after")
    after = node.get("after")
    seconds = after.integer() if after else 0
    if after and seconds > MOST_SECONDS:
        raise after.fail(f"at most {MOST_SECONDS} seconds are expected")
    return Recorded(node.field("association").key(), node.field("end").member(End), timedelta(seconds=seconds))


def _each(file: str, reader: Callable[[Node], Read]) -> Iterator[Read]:
    for number, text in enumerate(_lines(file), start=1):
        if text.strip():
            value = _parsed(file, text.strip(), number)
            try:
                yield reader(Node(value))
            except InvalidInputError as error:
                raise BadFileError(file, number, error.path, error.reason) from error


def _parsed(file: str, text: str, first_line: int) -> object:
    try:
        return parsed(text)
    except InvalidInputError as error:
        raise BadFileError(file, first_line + line_of(text, error.path) - 1, error.path, error.reason) from error
    except json.JSONDecodeError as error:
        raise BadFileError(file, first_line + error.lineno - 1, "$", error.msg) from error
    except (ValueError, RecursionError) as error:
        raise BadFileError(file, first_line, "$", str(error)) from error


def _lines(file: str) -> Iterator[str]:
    """The lines one by one: a season need not fit in memory."""
    number = 0
    try:
        given = file == STANDARD_INPUT
        with open(0 if given else file, "rb", closefd=not given) as lines:
            for number, line in enumerate(lines):  # noqa: B007 - kept for the refusal below
                yield line.decode()
    except (OSError, UnicodeDecodeError) as error:
        _unreadable(file, number + 1, error)


def _unreadable(file: str, line: int, error: Exception) -> NoReturn:
    reason = error.strerror or "cannot be read" if isinstance(error, OSError) else "not UTF-8"
    raise BadFileError(file, line, "$", reason) from error
