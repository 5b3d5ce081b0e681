"""Two lives of one season compared: what a change of rules would have done, and for whom."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from matching.changes import Changes
from matching.comparison import Comparison, compare, compare_all
from matching.conditions import AgeTest
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.ranking import Policy, PolicyName
from matching.reading import InvalidInputError
from matching.schema import schema
from matching.season import Arrival, End, Recorded, Season
from matching.settings import Settings
from matching.standing import AssociationStanding, Places, Standing
from matching.tables import tables
from matching.vocabulary import Modality, Side

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROW = {"country:FR": Places(20)}
CATALOGUE = Catalogue.of(
    Side.MENTEE,
    [
        Programme("p1", "afev", Side.MENTEE, AgeTest(10, 20)),
        Programme("p2", "duo", Side.MENTEE, AgeTest(15, 25)),
        Programme("p3", "nqt", Side.MENTEE, AgeTest(22, 30)),
    ],
    {"afev": "Afev", "commune:59512": "Roubaix"},
)
STANDING = Standing({key: AssociationStanding(objective=20, places=ROW) for key in ("afev", "duo", "nqt")})
BEFORE = Settings(CATALOGUE, STANDING)


def arrival(number: int) -> Arrival:
    commune = "commune:13055" if number % 3 else "commune:59512"
    age = 8 + number % 24 if number % 3 else 12
    profile = Profile(
        key=f"r{number:02}",
        side=Side.MENTEE,
        age=age,
        places=frozenset({commune, "country:FR"}),
        modalities=frozenset(Modality),
    )
    end = End.BOUNCED if number % 5 == 0 else End.KEPT
    return Arrival(profile, START + timedelta(hours=number), recorded=(Recorded("afev", end, timedelta(hours=30)),))


SEASON = Season(Side.MENTEE, tuple(arrival(number) for number in range(60)), START + timedelta(days=20))


def changed(**fields: object) -> Settings:
    return Changes.from_json(fields).applied_to(BEFORE)


def compared(after: Settings, seeds: int = 2) -> Comparison:
    return compare(SEASON, BEFORE, after, seeds=seeds)


def test_the_same_rules_change_nothing() -> None:
    comparison = compared(BEFORE)
    assert comparison.before == comparison.after
    assert (comparison.moved, comparison.lost, comparison.gained) == ((), (), ())
    assert all(interval == (0, 0, 0) for interval in comparison.differences.values())
    assert "Aucune demande ne change d’association." in tables(comparison, CATALOGUE.name)


def test_narrower_criteria_are_told_by_request_by_association_and_by_commune() -> None:
    comparison = compared(changed(criteria={"p1": {"test": "age", "min": 14, "max": 20}}))
    before, after = comparison.before, comparison.after
    assert (before.received, before.placed) == (60, sum(each.before[0] for each in comparison.associations))
    assert after.placed < before.placed
    assert comparison.lost == ("commune:59512",)
    assert {move.request for move in comparison.moved} >= {"r03", "r09"}
    assert all(move.before != move.after for move in comparison.moved)
    afev = comparison.associations[0]
    assert (afev.association, afev.before[1], afev.after[0] < afev.before[0]) == ("afev", 20, True)
    assert comparison.recorded == 60
    assert 0 < comparison.same < 60
    assert comparison.differences["placed"].middle < 0


def test_a_comparison_is_published_json_and_readable_tables() -> None:
    comparison = compared(changed(criteria={"p1": {"test": "age", "max": 11}}, objectives={"duo": 40}))
    document = json.loads(json.dumps(comparison.to_json()))
    jsonschema.validate(document, {**schema(), "$ref": "#/$defs/comparison_line"})
    assert document["associations"][1]["after"][1] == 40
    text = tables(comparison, CATALOGUE.name)
    assert "Communes qui ne sont plus servies\u00a0: Roubaix." in text
    assert "Afev" in text
    assert "20 → 40" in text
    assert "Le premier choix rejoué" in text


def test_several_policies_are_compared_with_one_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    policies = [replace(BEFORE, policy=Policy(name)) for name in PolicyName]
    found = compare_all(SEASON, BEFORE, policies, seeds=2, told=lambda done, of: told.append((done, of)))
    assert [each.after.policy for each in found] == [name.value for name in PolicyName]
    assert found[0].moved == ()
    assert told == [(done, 14) for done in range(1, 15)]
    assert found[1].to_json() == compared(policies[1]).to_json()
    with pytest.raises(ValueError, match="one seed"):
        compared(BEFORE, 0)


CHANGES = {
    "policy": {"name": "random", "hops": 5, "seed": 7},
    "objectives": {"afev": 3},
    "capacities": [
        {"association": "afev", "programme": None, "place": "remote", "declared": 4, "or_more": True},
        {"association": "duo", "programme": "p2", "place": "country:FR", "declared": 2, "or_more": False},
        {"association": "nqt", "programme": None, "place": "country:FR", "declared": None, "or_more": False},
    ],
    "criteria": {"p3": {"test": "age", "min": 5}},
    "pauses": {"p1": [{"from": "2026-03-01"}]},
    "intake": {"p2": None},
}


def test_changes_are_read_written_and_applied() -> None:
    changes = Changes.from_json(CHANGES)
    assert changes.to_json() == CHANGES
    jsonschema.validate(CHANGES, {**schema(), "$ref": "#/$defs/change_file"})
    after = changes.applied_to(BEFORE)
    assert after.policy == Policy(PolicyName.RANDOM, 1, 5, 7)
    assert after.standing.association("afev").objective == 3
    assert after.standing.association("afev").places == {**ROW, "remote": Places(4, 0, or_more=True)}
    assert after.standing.programme("p2").places == {"country:FR": Places(2)}
    assert after.standing.association("nqt").places == {}
    assert after.catalogue.programme("p3").criteria == AgeTest(5)
    assert after.catalogue.programme("p1").closed_because(START.date()) == "en pause"
    assert (
        after.catalogue.programme("p2") is CATALOGUE.programme("p2") or after.catalogue.programme("p2").intake is None
    )
    assert BEFORE.standing.association("afev").objective == 20


def test_no_change_leaves_the_very_same_rules() -> None:
    nothing = Changes.from_json({})
    assert nothing.empty
    assert nothing.to_json() == {}
    assert nothing.applied_to(BEFORE) == BEFORE
    assert not Changes.from_json(CHANGES).empty


def test_a_row_keeps_what_is_taken_of_it() -> None:
    taken = Standing({"afev": AssociationStanding(places={"remote": Places(9, 4)})})
    row = {"association": "afev", "place": "remote", "declared": 2}
    after = Changes.from_json({"capacities": [row]}).applied_to(replace(BEFORE, standing=taken))
    assert after.standing.association("afev").places == {"remote": Places(2, 4)}


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"objectives": {"afe": 3}}, "$.objectives.afe"),
        ({"criteria": {"p9": {"all": []}}}, "$.criteria.p9"),
        ({"pauses": {"p9": []}}, "$.pauses.p9"),
        ({"capacities": [{"association": "x", "place": "remote", "declared": 1}]}, "$.capacities[0].association"),
        (
            {"capacities": [{"association": "duo", "programme": "p1", "place": "remote", "declared": 1}]},
            "$.capacities[0].programme",
        ),
        ({"policy": {"name": "fair"}}, "$.policy.name"),
        ({"policy": {"hops": 0}}, "$.policy.hops"),
        ({"objectives": {"afev": 2**31}}, "$.objectives.afev"),
        ({"intake": {"p1": {"from": "2026-03-02", "until": "2026-03-01"}}}, "$.intake.p1"),
        ({"speed": 1}, "$.speed"),
    ],
)
def test_changes_that_name_nobody_are_refused(bad: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        changed(**bad)
    assert refused.value.path == path
