"""Finding the line of a text on which a JSON path begins, so that a refusal can point at it."""

import json
import re

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_BLANKS = re.compile(r"[ \t\r\n]*")
_decoder = json.JSONDecoder()


def line_of(text: str, path: str) -> int:
    """The line (from 1) where the value at `path` begins, or that of the nearest value that contains it."""
    at = _skip(text, 0)
    for name, position in _STEP.findall(path):
        inside = _member(text, at, name) if name else _item(text, at, int(position))
        if inside is None:
            break
        at = inside
    return text.count("\n", 0, at) + 1


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _after_value(text: str, at: int) -> int:
    """Past a value and the comma that follows it."""
    at = _skip(text, _decoder.raw_decode(text, at)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _member(text: str, at: int, name: str) -> int | None:
    """Where the last member of that name begins."""
    if text[at] != "{":
        return None
    found, at = None, _skip(text, at + 1)
    while text[at] != "}":
        key, end = _decoder.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        if key == name:
            found = value
        at = _after_value(text, value)
    return found


def _item(text: str, at: int, position: int) -> int | None:
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    for _ in range(position):
        if text[at] == "]":
            return None
        at = _after_value(text, at)
    return at
