"""python -m matching replay: files in, tables or JSON out; bad input names file, line and path and ends in 2."""

import json
from pathlib import Path

import jsonschema
import pytest

from matching.__main__ import main
from matching.schema import schema

PLACES = {"country:FR": {"declared": 3}, "remote": {"declared": 1}}
PROGRAMMES = {
    "names": {"afev": "Afev", "duo": "Duo"},
    "programmes": [
        {"id": "p1", "association": "afev", "side": "mentee", "criteria": {"test": "age", "max": 20}},
        {"id": "p2", "association": "duo", "side": "mentee"},
        {"id": "m1", "association": "duo", "side": "mentor"},
    ],
    "standing": {
        "mentee": {
            "associations": {"afev": {"objective": 3, "places": PLACES}, "duo": {"objective": 6, "places": PLACES}}
        }
    },
}
CHANGE = {"objectives": {"afev": 1}, "criteria": {"p1": {"test": "age", "max": 16}}}


def line(number: int, **more: object) -> dict[str, object]:
    facts = {"age": 14 + number, "places": ["commune:59512", "country:FR"], "modalities": ["in_person", "remote"]}
    return {
        "profile": {"key": f"r{number}", "side": "mentee", **facts},
        "at": f"2026-03-02T1{number}:00:00+01:00",
        "recorded": [{"association": "duo", "end": "bounced", "after": 7200}],
        **more,
    }


class Files:
    """The files of one command."""

    def __init__(self, folder: Path) -> None:
        self.programmes, self.requests, self.change = (folder / name for name in ("p.json", "r.jsonl", "c.json"))
        self.programmes.write_text(json.dumps(PROGRAMMES, indent=1), encoding="utf-8")
        self.change.write_text(json.dumps(CHANGE, indent=1), encoding="utf-8")
        self.lines([line(number) for number in range(8)])

    def lines(self, lines: list[object]) -> None:
        self.requests.write_text("\n".join(json.dumps(each) for each in lines) + "\n", encoding="utf-8")

    def run(self, *more: str) -> int:
        return main(["replay", "--programmes", str(self.programmes), "--requests", str(self.requests), *more])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_change_is_told_in_tables(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.run("--change", str(files.change), "--seeds", "2") == 0
    text = capsys.readouterr().out
    assert "Demandes\u00a0: 8. Tirages des réponses\u00a0: 2." in text
    assert "Placées dès l’arrivée" in text
    assert "3 → 1" in text


def test_policies_are_compared_one_json_line_each(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.run("--policies", "random,first_match", "--json") == 0
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [each["after"]["policy"] for each in lines] == ["random", "first_match"]
    assert {each["before"]["policy"] for each in lines} == {"arm"}
    assert {each["seeds"] for each in lines} == {5}
    for each in lines:
        jsonschema.validate(each, {**schema(), "$ref": "#/$defs/comparison_line"})
    jsonschema.validate(line(1), {**schema(), "$ref": "#/$defs/replay_line"})


def test_projected_foresees_from_the_season_before(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    lines = []
    for more in ([], ["--last-season", str(files.requests)]):
        assert files.run("--policies", "projected", "--seeds", "1", "--json", *more) == 0
        lines.append(json.loads(capsys.readouterr().out))
    assert [each["after"]["policy"] for each in lines] == ["projected", "projected"]
    assert lines[0]["before"] == lines[1]["before"]


def test_the_same_files_give_the_same_words(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        files.run("--change", str(files.change), "--json")
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


BAD_LINES = [
    ({**line(1), "recorded": [{"association": "duo", "end": "lost"}]}, "$.recorded[0].end"),
    ({**line(1), "recorded": [{"association": "duo", "end": "kept", "after": -1}]}, "$.recorded[0].after"),
    ({**line(1), "recorded": [{"association": "duo", "end": "kept", "after": 10**12}]}, "$.recorded[0].after"),
    ({**line(1), "at": "2026-03-01T10:00:00+01:00"}, "$.at"),
    ({**line(1), "hurry": True}, "$.hurry"),
    ([], "$"),
]


@pytest.mark.parametrize(("bad", "path"), BAD_LINES)
def test_a_bad_request_names_its_line_and_path(
    files: Files, capsys: pytest.CaptureFixture[str], bad: object, path: str
) -> None:
    files.lines([line(0), bad])
    assert files.run() == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{files.requests}:2: {path}: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("bad", "at", "path"),
    [
        ({"objectives": {"afev": 1, "nobody": 2}}, 4, "$.objectives.nobody"),
        ({"policy": {"name": "luck"}}, 3, "$.policy.name"),
        ({"criteria": {"p1": {"test": "luck"}}}, 4, "$.criteria.p1.test"),
    ],
)
def test_a_bad_change_names_its_line_and_path(
    files: Files, capsys: pytest.CaptureFixture[str], bad: object, at: int, path: str
) -> None:
    files.change.write_text(json.dumps(bad, indent=1), encoding="utf-8")
    assert files.run("--change", str(files.change)) == 2
    assert capsys.readouterr().err.startswith(f"{files.change}:{at}: {path}: ")


def test_a_season_without_requests_of_that_side_is_refused(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.run("--side", "mentor") == 2
    assert capsys.readouterr().err == f"{files.requests}:1: $: no request of a mentor\n"


@pytest.mark.parametrize("option", [("--seeds", "0"), ("--policies", "luck"), ("--side", "both")])
def test_a_bad_option_ends_in_2(files: Files, option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        files.run(*option)
    assert ended.value.code == 2
    assert option[0] in capsys.readouterr().err
