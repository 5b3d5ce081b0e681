"""Reading JSON strictly: whatever is wrong is refused with the path to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)
MOST_COUNTED = 2**31 - 1  # years, months, requests: whatever is counted
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # no database keeps NUL, and no page says half a character


class InvalidInputError(ValueError):
    """Refused input. `path` is a JSON path such as `$.criteria.all[2].min`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class _TwiceError(Exception):
    """A name stands twice in one object."""


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct)


def parsed(text: str) -> object:
    """The JSON value of that text.

    Raises InvalidInputError when a name stands twice in one object: which of the two is meant would be a guess. Raises
    JSONDecodeError, ValueError or RecursionError for what is no JSON, or too long or too deep to be read.
    """
    try:
        return _DECODER.decode(text)
    except _TwiceError:
        path = _first_twice(json.loads(text, object_pairs_hook=tuple), "$") or "$"
        raise InvalidInputError(path, "written twice") from None


def _first_twice(value: object, path: str) -> str | None:
    """The path of the first name that stands twice; objects are tuples of pairs."""
    if isinstance(value, list):
        paths = (_first_twice(item, f"{path}[{place}]") for place, item in enumerate(value))
        return next(filter(None, paths), None)
    if isinstance(value, tuple):
        seen: set[str] = set()
        for name, inner in value:
            own = f"{path}.{name}"
            found = own if name in seen else _first_twice(inner, own)
            if found:
                return found
            seen.add(name)
    return None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a parsed JSON document, and where it stands in it."""

    value: object
    path: str = "$"

    def fail(self, reason: str) -> InvalidInputError:
        return InvalidInputError(self.path, reason)

    def mapping(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.fail("an object is expected")
        return self.value

    def only(self, *names: str) -> None:
        """Refuse any field that is not named here."""
        for name in self.mapping():
            if name not in names:
                raise InvalidInputError(f"{self.path}.{name}", "unknown field")

    def field(self, name: str) -> "Node":
        values = self.mapping()
        if name not in values:
            raise InvalidInputError(f"{self.path}.{name}", "missing")
        return Node(values[name], f"{self.path}.{name}")

    def get(self, name: str) -> "Node | None":
        """The field, or None when it is absent or null."""
        value = self.mapping().get(name)
        return None if value is None else Node(value, f"{self.path}.{name}")

    def fields(self) -> Iterator[tuple[str, "Node"]]:
        """Each field, whatever its name. Raises InvalidInputError for a name no text may hold."""
        for name, value in self.mapping().items():
            if not name.isprintable() and UNWRITABLE.search(name):
                raise InvalidInputError(f"{self.path}.{name}", "a name without control characters is expected")
            yield name, Node(value, f"{self.path}.{name}")

    def items(self) -> list["Node"]:
        if not isinstance(self.value, list):
            raise self.fail("a list is expected")
        return [Node(value, f"{self.path}[{place}]") for place, value in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.fail("a text is expected")
        if not self.value.isprintable() and UNWRITABLE.search(self.value):
            raise self.fail("a text without control characters is expected")
        return self.value

    def key(self) -> str:
        if not self.text():
            raise self.fail("must not be empty")
        return self.text()

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.fail("true or false is expected")
        return self.value

    def integer(self, least: int = 0, most: int | None = None) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.fail("an integer is expected")
        if self.value < least:
            raise self.fail(f"must be at least {least}")
        if most is not None and self.value > most:
            raise self.fail(f"at most {most} is expected")
        return self.value

    def member(self, words: type[E]) -> E:
        try:
            return words(self.text())
        except ValueError:
            raise self.fail(f"{self.value!r} is not one of {', '.join(words)}") from None

    def day(self) -> date:
        text = self.text()
        try:
            if DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise self.fail("a date YYYY-MM-DD is expected")

    def moment(self) -> datetime:
        """A time with its zone."""
        try:
            moment = datetime.fromisoformat(self.text())
        except ValueError:
            raise self.fail("a time YYYY-MM-DDTHH:MM:SS+00:00 is expected") from None
        if moment.tzinfo is None:
            raise self.fail("a time needs its zone")
        return moment
