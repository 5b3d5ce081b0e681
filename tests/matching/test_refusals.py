"""Whatever the command line is given, a refusal is one line of plain text naming file, line and path, and ends in 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matching.__main__ import main
from matching.inputs import BadFileError, one_line
from matching.reading import InvalidInputError, parsed

ROOT = Path(__file__).parents[2]
PLACES = {"country:FR": {"declared": 9}}
PROGRAMMES = {
    "names": {"afev": "Été → Afev"},
    "programmes": [{"id": "p1", "association": "afev", "side": "mentee", "name": "Été"}],
    "standing": {"mentee": {"associations": {"afev": {"objective": 9, "places": PLACES}}}},
}
AT = "2026-03-02T10:00:00+01:00"


def line(key: str, at: str = AT, **facts: object) -> str:
    return json.dumps(
        {"profile": {"key": key, "side": "mentee", "age": 16, "places": ["country:FR"], **facts}, "at": at},
    )


class Files:
    """The files of one command, and what it says of them."""

    def __init__(self, folder: Path) -> None:
        self.programmes, self.requests = folder / "p.json", folder / "r.jsonl"
        self.programmes.write_text(json.dumps(PROGRAMMES, indent=1), encoding="utf-8")
        self.write(line("r1"), line("r2"))

    def write(self, *lines: str | bytes) -> None:
        self.requests.write_bytes(b"\n".join(each.encode() if isinstance(each, str) else each for each in lines))

    def asked(self, command: str, *more: str, requests: str | None = None) -> list[str]:
        return [command, "--programmes", str(self.programmes), "--requests", requests or str(self.requests), *more]

    def apart(self, *arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "matching", *arguments]
        own = {**os.environ, **environment}
        return subprocess.run(command, cwd=ROOT, capture_output=True, input=given, env=own, check=False, timeout=60)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said: one printable line."""
    said = capsys.readouterr().err
    assert said.endswith("\n")
    assert said[:-1].isprintable()
    return said[:-1]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("command", ["route", "replay"])
def test_a_moment_too_near_the_ends_of_time_is_refused(
    files: Files, capsys: pytest.CaptureFixture[str], command: str, at: str
) -> None:
    files.write(line("r1", at), "")
    assert main(files.asked(command)) == 2
    assert refusal(capsys) == f"{files.requests}:1: $.at: a year from 1900 to 2999 is expected"


@pytest.mark.parametrize("at", ["1900-01-01T00:00:00+14:00", "2999-12-31T23:59:59-14:00"])
def test_a_season_can_be_lived_at_either_end_of_the_years_accepted(
    files: Files, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    files.write(line("r1", at))
    policies = ("--policies", "projected", "--last-season", str(files.requests), "--seeds", "1", "--json")
    assert main(files.asked("replay", *policies)) == 0
    assert json.loads(capsys.readouterr().out)["after"]["placed"] == 1


def test_standard_input_holds_one_season(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(files.asked("replay", "--last-season", "-", requests="-")) == 2
    assert refusal(capsys) == "-:1: $: standard input holds the requests or the last season, not both"


def test_a_season_is_read_from_standard_input_and_a_closed_one_is_refused(files: Files) -> None:
    done = files.apart(*files.asked("replay", "--seeds", "1", "--json", requests="-"), given=line("r1").encode())
    assert (done.returncode, done.stderr) == (0, b"")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "matching", *files.asked("route", requests="-")],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert closed.returncode == 2
    assert closed.stderr == b"-:1: $: Bad file descriptor\n"


@pytest.mark.parametrize("name", ["x\ry", "x\u2028\x85z", "\x1b[31mred", "\ud800", "é\u00a0"])
def test_a_name_that_would_disturb_a_terminal_is_spelt_out(
    files: Files, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    files.write(line("r1", **{name: 1}))
    assert main(files.asked("route")) == 2
    assert refusal(capsys) == f"{files.requests}:1: $.profile.{one_line(name)}: unknown field"
    missing = files.requests.with_name("none\r\x1b[2J")
    assert main(files.asked("route", requests=str(missing))) == 2
    assert refusal(capsys) == f"{missing.parent}/none\\r\\x1b[2J:1: $: No such file or directory"


@pytest.mark.parametrize("name", ["\ud800", "a\x00", "a\nb"])
def test_an_association_no_text_can_name_is_refused(
    files: Files, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    given = {**PROGRAMMES, "standing": {"mentee": {"associations": {name: {"objective": 3}}}}}
    files.programmes.write_text(json.dumps(given), encoding="utf-8")
    assert main(files.asked("replay")) == 2
    path = f"$.standing.mentee.associations.{one_line(name)}"
    assert refusal(capsys) == f"{files.programmes}:1: {path}: a name without control characters is expected"


TWICE = [
    ('{"a": 1, "a": 1}', "$.a"),
    ('{"b": [{}, {"c": {"d": 1, "e": {}, "d": 2}}]}', "$.b[1].c.d"),
    ('{"b": {"x": 1, "x": 2}, "b": 3}', "$.b.x"),
    ('[[], {"": 1, "": 1}]', "$[1]."),
]


@pytest.mark.parametrize(("text", "path"), TWICE)
def test_a_name_written_twice_is_refused_with_its_path(text: str, path: str) -> None:
    with pytest.raises(InvalidInputError, match="written twice") as refused:
        parsed(text)
    assert refused.value.path == path
    assert parsed('[{"a": 1}, {"a": 1, "b": {"a": 1}}]') == [{"a": 1}, {"a": 1, "b": {"a": 1}}]


@pytest.mark.parametrize("command", ["route", "replay"])
def test_a_request_that_says_one_thing_twice_is_refused_with_its_line(
    files: Files, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    files.write(line("r1"), line("r2").replace('"age": 16', '"age": 3, "age": 30'))
    assert main(files.asked(command)) == 2
    assert refusal(capsys) == f"{files.requests}:2: $.profile.age: written twice"


def test_a_programme_that_says_one_thing_twice_is_refused_where_it_says_it_again(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    text = files.programmes.read_text(encoding="utf-8").replace('"objective": 9,', '"objective": 9,\n"objective": 8,')
    files.programmes.write_text(text, encoding="utf-8")
    assert main(files.asked("route")) == 2
    again = text.splitlines().index('"objective": 8,') + 1
    path = "$.standing.mentee.associations.afev.objective"
    assert refusal(capsys) == f"{files.programmes}:{again}: {path}: written twice"


def test_two_requests_of_one_key_are_refused_in_a_season(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(line("r1", age=12), line("r2"), line("r1", age=20))
    assert main(files.asked("replay")) == 2
    assert refusal(capsys) == f"{files.requests}:3: $.profile.key: two requests share this key"


def test_a_request_may_be_routed_again_after_it_came_back(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    again = json.dumps({**json.loads(line("r1")), "already_tried": ["afev"]})
    files.write(line("r1"), again)
    assert main(files.asked("route")) == 0
    assert [json.loads(each)["kind"] for each in capsys.readouterr().out.splitlines()] == ["placed", "unroutable"]


def test_bytes_that_are_no_text_are_refused_on_their_line(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(line("r1"), line("r2"), b'"\xff"', line("r3"))
    assert main(files.asked("route")) == 2
    said = capsys.readouterr()
    assert [json.loads(each)["request"] for each in said.out.splitlines()] == ["r1", "r2"]
    assert said.err == f"{files.requests}:3: $: not UTF-8\n"
    text = files.programmes.read_bytes().replace(b"Afev", b"\xff", 1)
    files.programmes.write_bytes(text)
    assert main(files.asked("route")) == 2
    assert refusal(capsys) == f"{files.programmes}:{text[: text.index(0xFF)].count(10) + 1}: $: not UTF-8"


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_what_is_read_and_written_is_utf8_wherever_it_runs(files: Files, environment: dict[str, str]) -> None:
    environment = {"PYTHONCOERCECLOCALE": "0", **environment}
    done = files.apart(*files.asked("route", "--explain", requests="-"), given=line("é→").encode(), **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout.decode())
    assert (told["request"], "Été → Afev" in told["explanation"]["headline"]) == ("é→", True)
    told_in_tables = files.apart(*files.asked("replay", "--seeds", "1"), **environment)
    assert "→" in told_in_tables.stdout.decode()


@pytest.mark.parametrize("option", [("--seeds", "²"), ("--policies", "a\r\x1b"), ("--side", "both"), ("--luck", "1")])
def test_a_bad_option_is_refused_in_one_line(
    files: Files, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(files.asked("replay", *option))
    assert ended.value.code == 2
    said = refusal(capsys)
    assert said.startswith("python -m matching")
    assert option[0] in said


def test_a_refusal_is_one_line_whatever_it_names() -> None:
    refused = str(BadFileError("a\nb", 1, "$.\u2029", "c\x00"))
    assert refused == "a\\nb:1: $.\\u2029: c\\x00"
