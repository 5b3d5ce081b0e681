"""The command line: JSON in, one decision a line out; bad input names file, line and path and ends in 2."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from matching.__main__ import main
from matching.criteria import Expression, write_criteria
from matching.locating import line_of
from matching.profile import Profile
from matching.schema import schema
from tests.matching.strategies import criteria, profiles

ROOT = Path(__file__).parents[2]
AT = "2026-03-02T10:00:00+00:00"
OPEN = {"country:FR": {"declared": 1}, "remote": {"declared": 5, "or_more": True}}
PROGRAMMES = {
    "names": {"afev": "Afev"},
    "programmes": [
        {"id": "p1", "association": "afev", "side": "mentee", "criteria": {"test": "age", "max": 18}},
        {"id": "p2", "association": "duo", "side": "mentee", "criteria": {"test": "age", "min": 16}},
        {"id": "m1", "association": "duo", "side": "mentor", "version": 2, "name": "Seniors"},
    ],
    "standing": {
        "mentee": {
            "associations": {
                "afev": {"objective": 10, "committed": 1, "places": OPEN, "last_served": AT},
                "duo": {"objective": 10, "virtual_start": [5, 2], "reach": 3, "places": OPEN},
            },
            "programmes": {"p1": {"weight": 2, "committed": 1}},
        },
        "mentor": {"associations": {"duo": {"objective": 4, "virtual_start": 1, "places": OPEN}}},
    },
}


def request(key: str, side: str = "mentee", **facts: object) -> dict[str, object]:
    facts = {"modalities": ["in_person"], "places": ["country:FR"], **facts}
    return {"profile": {"key": key, "side": side, **facts}, "already_tried": [], "at": AT}


REQUESTS = [request("r1", age=17), request("r2", age=17), request("r3", age=40), request("r4", "mentor", age=60)]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    programmes, requests = tmp_path / "programmes.json", tmp_path / "requests.jsonl"
    programmes.write_text(json.dumps(PROGRAMMES, indent=1), encoding="utf-8")
    requests.write_text("\n".join(json.dumps(each) for each in REQUESTS) + "\n\n", encoding="utf-8")
    return programmes, requests


def run(*arguments: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matching", *(str(each) for each in arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, input=given, check=False, timeout=60)


def test_requests_are_routed_in_order_and_each_placement_counts(files: tuple[Path, Path]) -> None:
    programmes, requests = files
    done = run("route", "--programmes", programmes, "--requests", requests)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["request"] for line in lines] == ["r1", "r2", "r3", "r4"]
    assert [line.get("association") for line in lines] == ["afev", "duo", None, "duo"]
    assert [line["kind"] for line in lines] == ["placed", "placed", "waitlisted", "placed"]
    assert lines[2]["eligible"] == ["p2"]
    for line in lines:
        jsonschema.validate(line, {**schema(), "$ref": "#/$defs/decision_line"})


def test_requests_can_come_on_standard_input_with_explanations(files: tuple[Path, Path]) -> None:
    done = run(
        "route", "--programmes", files[0], "--requests", "-", "--explain", "--policy", "first_match",
        given=json.dumps(REQUESTS[0]),
    )  # fmt: skip
    (line,) = [json.loads(text) for text in done.stdout.splitlines()]
    assert line["policy"]["name"] == "first_match"
    assert line["explanation"]["headline"].startswith("Proposée à Afev")


BAD_LINES = [
    ("{", "$"),
    ("[]", "$"),
    (json.dumps({**REQUESTS[0], "at": "2026-03-02T10:00:00"}), "$.at"),
    (json.dumps({"profile": REQUESTS[0]["profile"]}), "$.at"),
    (json.dumps(request("r", age="17")), "$.profile.age"),
    (json.dumps(request("r", needs=["gold"])), "$.profile.needs[0]"),
    (json.dumps({**REQUESTS[0], "already_tried": "afev"}), "$.already_tried"),
    (json.dumps({**REQUESTS[0], "hurry": True}), "$.hurry"),
    ("[" * 100_000, "$"),
]


@pytest.mark.parametrize(("bad", "path"), BAD_LINES)
def test_a_bad_request_stops_everything_after_what_was_decided(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], bad: str, path: str
) -> None:
    programmes, requests = files
    requests.write_text("\n".join([json.dumps(REQUESTS[0]), bad, json.dumps(REQUESTS[1])]), encoding="utf-8")
    assert main(["route", "--programmes", str(programmes), "--requests", str(requests)]) == 2
    printed = capsys.readouterr()
    assert [json.loads(line)["request"] for line in printed.out.splitlines()] == ["r1"]
    assert printed.err.startswith(f"{requests}:2: {path}: ")
    assert printed.err.count("\n") == 1


def test_a_bad_request_ends_the_process_in_2(files: tuple[Path, Path]) -> None:
    programmes, requests = files
    requests.write_text(json.dumps(REQUESTS[0]) + "\n{broken\n", encoding="utf-8")
    done = run("route", "--programmes", programmes, "--requests", requests)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.startswith(f"{requests}:2: $: ")
    assert len(done.stderr.splitlines()) == 1


# What is written, what it is replaced by, the path told, and what stands on the line told.
BAD_PROGRAMMES = [
    ('"max": 18', '"max": "18"', "$.programmes[0].criteria.max", '"max": "18"'),
    ('"test": "age",\n    "min"', '"test": "agee",\n    "min"', "$.programmes[1].criteria.test", '"agee"'),
    ('"id": "p2"', '"id": "p1"', "$.programmes[1].id", '"p1"'),
    ('"weight": 2', '"weight": 0', "$.standing.mentee.programmes.p1.weight", '"weight": 0'),
    ('"reach": 3', '"reach": -3', "$.standing.mentee.associations.duo.reach", '"reach": -3'),
    ("     5,\n", "     5, 1,\n", "$.standing.mentee.associations.duo.virtual_start", '"virtual_start": ['),
    ('"mentor": {', '"mentors": {', "$.standing.mentors", '"mentors": {'),
    ('"names": {', '"x": 1, "names": {', "$.x", '"x": 1'),
    ('"side": "mentor"', '"side": "tutor"', "$.programmes[2].side", '"tutor"'),
    ('"names": {', '"names" {', "$", '"names" {'),
]


@pytest.mark.parametrize(("good", "bad", "path", "shown"), BAD_PROGRAMMES)
def test_a_bad_programme_is_refused_with_its_line_before_anything_is_decided(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], good: str, bad: str, path: str, shown: str
) -> None:
    programmes, requests = files
    text = programmes.read_text(encoding="utf-8")
    assert good in text
    text = text.replace(good, bad, 1)
    programmes.write_text(text, encoding="utf-8")
    assert main(["route", "--programmes", str(programmes), "--requests", str(requests)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    file, line, found, _ = printed.err.split(":", 3)
    assert (file, found.strip()) == (str(programmes), path)
    assert shown in text.splitlines()[int(line) - 1]


def test_a_file_that_cannot_be_read_is_named(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    programmes, requests = files
    missing = programmes.with_name("none.json")
    assert main(["route", "--programmes", str(missing), "--requests", str(requests)]) == 2
    assert main(["route", "--programmes", str(programmes), "--requests", str(missing)]) == 2
    requests.write_bytes(b"\xff\n")
    assert main(["route", "--programmes", str(programmes), "--requests", str(requests)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [str(missing), str(missing), str(requests)]


def test_a_path_is_found_on_its_line() -> None:
    text = '{\n "a": [1,\n  {"b": "}]"},\n  [],\n {"c": {"d":\n 4}}]\n}'
    lines = {path: line_of(text, path) for path in ("$", "$.a", "$.a[1].b", "$.a[2]", "$.a[3].c.d", "$.z", "$.a[9]")}
    assert lines == {"$": 1, "$.a": 2, "$.a[1].b": 3, "$.a[2]": 4, "$.a[3].c.d": 6, "$.z": 1, "$.a[9]": 2}
    assert line_of(text, "$.a.b") == line_of(text, "$.a[0][1]") == 2


def test_the_schema_is_printed_and_accepts_what_the_command_reads() -> None:
    printed = json.loads(run("schema").stdout)
    assert printed == json.loads(json.dumps(schema()))
    jsonschema.Draft202012Validator.check_schema(printed)
    jsonschema.validate(PROGRAMMES, {**printed, "$ref": "#/$defs/programmes_file"})
    for each in REQUESTS:
        jsonschema.validate(each, {**printed, "$ref": "#/$defs/request_line"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"programmes": [{"id": "p"}]}, {**printed, "$ref": "#/$defs/programmes_file"})


CRITERIA = jsonschema.Draft202012Validator({**schema(), "$ref": "#/$defs/criteria"})
REQUEST = jsonschema.Draft202012Validator({**schema(), "$ref": "#/$defs/request_line"})


@given(criteria(), profiles())
@settings(max_examples=60, deadline=None)
def test_the_schema_accepts_all_that_is_written(expression: Expression, profile: Profile) -> None:
    CRITERIA.validate(write_criteria(expression))
    REQUEST.validate({"profile": profile.to_json(), "at": AT})
