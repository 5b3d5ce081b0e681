"""The other ways to tell which programmes fit a request, each as its own documentation would have it written.

Two are there twice: telling the state of every test, as ours does, and matching only. None but plain Python knows what
is unknown from what is false, so only who fits can be compared. What a request looks like to each is made ready
beforehand, and what it answers read afterwards, outside what is measured. Of the ways to write a test the fastest was
taken; where a test that fails spares the next ones, the most selective comes first.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import json_logic
import rule_engine
import zen

from matching.profile import Profile
from matching.vocabulary import Modality
from tests.bench.programmes import Flat, flat_facts, ways_of

COLUMNS = ("places", "age", "level", "needs", "publics", "channel", "ways")
State = bool | None


class Found(NamedTuple):
    """Positions of the programmes that fit, and of those that one test excludes (None: not told)."""

    fits: list[int]
    near: list[int] | None = None


class Engine(Protocol):
    """judge is what is measured."""

    name: str

    def asked(self, profile: Profile) -> Any: ...

    def judge(self, asked: Any) -> Any: ...

    def read(self, judged: Any) -> Found: ...


class Plain:
    """Plain Python in one loop: each test held, failed, or None for unknown."""

    name = "python"

    def __init__(self, programmes: list[Flat]) -> None:
        self.rows = [
            (
                *one.ages,
                one.levels[0].rank,
                one.levels[1].rank,
                one.needs,
                one.publics,
                one.places,
                one.channels,
                one.ways,
            )
            for one in programmes
        ]

    def asked(self, profile: Profile) -> Profile:
        return profile

    def judge(self, profile: Profile) -> "Told":
        age, needs, places, channel = profile.age, profile.needs, profile.places, profile.channel
        level = None if profile.level is None else profile.level.rank
        yes = {public for public, answer in profile.publics.items() if answer}
        no = {public for public, answer in profile.publics.items() if answer is False}
        ways = None if profile.modalities is None else ways_of(profile.modalities)
        states, fits, doubtful, near = [], [], [], []
        for place, row in enumerate(self.rows):
            youngest, oldest, lowest, highest, its_needs, publics, its_places, channels, its_ways = row
            told = (
                None if places is None else not its_places.isdisjoint(places),
                None if age is None else youngest <= age <= oldest,
                None if level is None else lowest <= level <= highest,
                None if needs is None else not its_needs.isdisjoint(needs),
                publics is None or not publics.isdisjoint(yes) or (False if publics <= no else None),
                channels is None or (None if channel is None else channel in channels),
                (len(its_ways) == len(Modality) or None) if ways is None else not its_ways.isdisjoint(ways),
            )
            states.append(told)
            failed = told.count(False)
            if failed == 1:
                near.append(place)
            elif not failed:
                (doubtful if None in told else fits).append(place)
        return Told(states, fits, doubtful, near)

    def read(self, judged: "Told") -> Found:
        return Found(judged.fits, judged.near)


class Told(NamedTuple):
    """The states of all programmes; those that fit, those to verify, those that one test excludes."""

    states: list[tuple[State, ...]]
    fits: list[int]
    doubtful: list[int]
    near: list[int]


class Facts:
    """A request as plain values."""

    def asked(self, profile: Profile) -> dict[str, Any]:
        return flat_facts(profile)


class ZenMatch(Facts):
    """GoRules' engine, compiled from Rust: a decision table, one rule a programme, all that match collected."""

    name = "zen_match"

    def __init__(self, programmes: list[Flat]) -> None:
        rules = [{"_id": str(bit), "bit": str(bit), **_cells(one)} for bit, one in enumerate(programmes)]
        self.decision = _decision(_columns(COLUMNS), _columns(("bit",)), rules)

    def judge(self, asked: dict[str, Any]) -> list[dict[str, int]]:
        return self.decision.evaluate(asked)["result"]

    def read(self, judged: list[dict[str, int]]) -> Found:
        return Found([row["bit"] for row in judged])


class Zen(Facts):
    """The same table giving the state of every test, one expression each."""

    name = "zen"

    def __init__(self, programmes: list[Flat]) -> None:
        rules = [{"_id": str(bit), "always": "", **_expressions(one)} for bit, one in enumerate(programmes)]
        self.decision = _decision(_columns(("always",)), _columns(COLUMNS), rules)

    def judge(self, asked: dict[str, Any]) -> list[dict[str, bool]]:
        return self.decision.evaluate(asked)["result"]

    def read(self, judged: list[dict[str, bool]]) -> Found:
        return _all_held(row.values() for row in judged)


def _decision(inputs: list[dict[str, str]], outputs: list[dict[str, str]], rules: list[dict[str, str]]) -> Any:
    table = {"hitPolicy": "collect", "inputs": inputs, "outputs": outputs, "rules": rules}
    nodes = [("in", "inputNode", {}), ("table", "decisionTableNode", table), ("out", "outputNode", {})]
    graph = {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": key, "name": key, "type": kind, "position": {"x": 0, "y": 0}, "content": content}
            for key, kind, content in nodes
        ],
        "edges": [
            {"id": start, "sourceId": start, "targetId": end, "type": "edge"}
            for start, end in (("in", "table"), ("table", "out"))
        ],
    }
    return zen.ZenEngine().create_decision(json.dumps(graph))


def _columns(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": name, "name": name, "field": name, "type": "expression"} for name in names]


def _cells(one: Flat) -> dict[str, str]:
    """A cell left empty asks nothing."""
    return {
        "age": f"[{one.ages[0]}..{one.ages[1]}]",
        "level": f"[{one.levels[0].rank}..{one.levels[1].rank}]",
        "channel": ", ".join(f'"{channel}"' for channel in sorted(one.channels)) if one.channels else "",
        **{name: _held(values, "$") for name, values in _lists(one).items()},
    }


def _expressions(one: Flat) -> dict[str, str]:
    return {
        "age": f"age in [{one.ages[0]}..{one.ages[1]}]",
        "level": f"level in [{one.levels[0].rank}..{one.levels[1].rank}]",
        "channel": f"channel in {json.dumps(sorted(one.channels))}" if one.channels else "true",
        **{name: _held(values, name) or "true" for name, values in _lists(one).items()},
    }


def _held(values: Iterable[str], name: str) -> str:
    return " or ".join(f"{json.dumps(value)} in {name}" for value in sorted(values))


def _lists(one: Flat) -> dict[str, frozenset[Any]]:
    return {"places": one.places, "needs": one.needs, "publics": one.publics or frozenset(), "ways": one.ways}


def _all_held(rows: Iterable[Iterable[bool]]) -> Found:
    return Found([place for place, row in enumerate(rows) if all(row)])


class JsonLogicMatch(Facts):
    """One JSON expression a programme."""

    name = "json_logic_match"
    joined = "and"

    def __init__(self, programmes: list[Flat]) -> None:
        self.rules = [{self.joined: _expression(one)} for one in programmes]

    def judge(self, asked: dict[str, Any]) -> list[Any]:
        return [json_logic.jsonLogic(rule, asked) for rule in self.rules]

    def read(self, judged: list[Any]) -> Found:
        return Found([bit for bit, held in enumerate(judged) if held])


class JsonLogic(JsonLogicMatch):
    """The same, giving the list of its tests' states."""

    name = "json_logic"
    joined = "merge"

    def read(self, judged: list[Any]) -> Found:
        return _all_held(judged)


def _expression(one: Flat) -> list[dict[str, Any]]:
    some = [
        {"or": [{"in": [value, {"var": name}]} for value in sorted(values)]}
        for name, values in _lists(one).items()
        if values
    ]
    between = [
        {"<=": [one.ages[0], {"var": "age"}, one.ages[1]]},
        {"<=": [one.levels[0].rank, {"var": "level"}, one.levels[1].rank]},
    ]
    channel = [{"in": [{"var": "channel"}, sorted(one.channels)]}] if one.channels else []
    return [some[0], *between, *channel, *some[1:]]


class RuleEngineMatch(Facts):
    """One expression a programme, in the engine's own language."""

    name = "rule_engine_match"

    def __init__(self, programmes: list[Flat]) -> None:
        self.rules = [rule_engine.Rule(_rule(one)) for one in programmes]

    def judge(self, asked: dict[str, Any]) -> list[bool]:
        return [rule.matches(asked) for rule in self.rules]

    def read(self, judged: list[bool]) -> Found:
        return Found([bit for bit, held in enumerate(judged) if held])


def _rule(one: Flat) -> str:
    some = [f"({_held(values, name)})" for name, values in _lists(one).items() if values]
    between = [
        f"age >= {one.ages[0]} and age <= {one.ages[1]}",
        f"level >= {one.levels[0].rank} and level <= {one.levels[1].rank}",
    ]
    channel = [f"channel in {json.dumps(sorted(one.channels))}"] if one.channels else []
    return " and ".join([some[0], *between, *channel, *some[1:]])
