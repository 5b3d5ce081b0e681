"""Criteria as JSON: the schema and the reader agree, and a refusal points at what was spoilt."""

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.criteria import Expression, read_criteria, write_criteria
from matching.locating import line_of
from matching.reading import InvalidInputError
from matching.schema import schema
from tests.matching.strategies import criteria

CHECKER = jsonschema.Draft202012Validator(
    {**schema(), "$ref": "#/$defs/criteria"}, format_checker=jsonschema.FormatChecker()
)
SPOILT = st.sampled_from(
    [None, True, -1, 0, 1.5, "", "nonsense", "20260301", [], ["nonsense"], [3], {}, {"all": 1}, {"test": "size"}]
)  # fmt: skip
REVERSED = {"all": [{"test": "age", "min": 20, "max": 10}]}  # no schema can say so
Path = tuple[str | int, ...]


def refusal(value: object) -> str | None:
    """The path the reader names; None when it reads."""
    try:
        read_criteria(value)
    except InvalidInputError as error:
        return error.path
    return None


def paths(value: object, at: Path = ()) -> list[Path]:
    """Every place of a JSON value but its root."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [found for key, one in inner for found in ((*at, key), *paths(one, (*at, key)))]


def said(path: Path) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def within(root: Any, path: Path) -> Any:
    for key in path:
        root = root[key]
    return root


@settings(max_examples=80, deadline=None)
@given(criteria())
def test_what_is_written_is_valid_and_reads_back(expression: Expression) -> None:
    written = write_criteria(expression)
    CHECKER.validate(written)
    assert read_criteria(json.loads(json.dumps(written))) == expression


@settings(max_examples=250, deadline=None)
@given(criteria(least=1), st.data())
def test_the_reader_refuses_what_the_schema_refuses_and_names_the_place(expression: Expression, data: Any) -> None:
    written = copy.deepcopy(write_criteria(expression))
    path = data.draw(st.sampled_from(paths(written)))
    holder, key = within(written, path[:-1]), path[-1]
    act = data.draw(st.sampled_from(["replace", "drop", "add"]))
    if act == "replace":
        holder[key] = data.draw(SPOILT)
    elif act == "drop":
        del holder[key]
    elif isinstance(holder, dict):
        holder["surplus"] = data.draw(SPOILT)
    refused = refusal(written)
    if not CHECKER.is_valid(written):
        assert refused is not None
    if refused is not None:
        assert refused.startswith(said(path[:-1]))


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (REVERSED, "$.all[0]"),
        ({"all": [{"test": "age"}]}, "$.all[0]"),
        ({"any": [{"test": "age", "min": "14"}]}, "$.any[0].min"),
        ({"not": {"test": "public", "any_of": ["qpv", "rich"]}}, "$.not.any_of[1]"),
        ({"not": {"test": "public", "any_of": []}}, "$.not.any_of"),
        ({"test": "territory", "any_of": ["Roubaix"]}, "$.any_of[0]"),
        ({"test": "available_by", "date": "20260301"}, "$.date"),
        ({"test": "available_by", "date": "2026-02-30"}, "$.date"),
        ({"test": "available_by", "date": "2026-03-01\n"}, "$.date"),
        ({"test": "months", "min": 0}, "$.min"),
        ({"test": "months", "min": 2**31}, "$.min"),
        ({"test": "age", "max": 10**400}, "$.max"),
        ({"test": "age", "min": None, "max": None}, "$"),
        ({"test": "level"}, "$"),
        ({"test": "territory", "any_of": ["commune:59512\n"]}, "$.any_of[0]"),
        ({"test": "establishment", "any_of": ["\x00"]}, "$.any_of[0]"),
        ({"test": "establishment", "any_of": ["\ud800"]}, "$.any_of[0]"),
        ({"test": "size"}, "$.test"),
        ({"test": "age", "min": 3, "most": 4}, "$.most"),
        ({"all": [], "any": []}, "$"),
    ],
)  # fmt: skip
def test_a_refusal_points_at_its_place_and_its_line(written: Any, path: str) -> None:
    assert refusal(written) == path
    assert written == REVERSED or not CHECKER.is_valid(written)
    text = json.dumps(written, indent=1)
    assert 1 <= line_of(text, path) <= text.count("\n") + 1
