"""What `python -m matching` does: route requests one by one, or live a season again and compare."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from matching.changes import PolicyChange
from matching.comparison import Comparison, compare_all
from matching.decision import Outcome, Placed, Unroutable
from matching.demand import demand_of
from matching.explanation import explain
from matching.inputs import STANDARD_INPUT, BadFileError, arrivals_of, changes_of, programmes_of, requests_of
from matching.levels import Levels
from matching.programme import places_of
from matching.ranking import Policy, PolicyName
from matching.router import Router
from matching.season import Season
from matching.settings import Settings
from matching.tables import tables
from matching.vocabulary import Side

AFTERWARDS = timedelta(days=30)


def printed(value: dict[str, object]) -> None:
    """One JSON document a line, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def route(options: argparse.Namespace) -> None:
    """Each placement counts for the requests that follow."""
    given, policy = programmes_of(options.programmes), Policy(PolicyName(options.policy))
    routers = {side: Router(catalogue, policy) for side, catalogue in given.catalogues.items()}
    standings = given.standings
    for arrival in requests_of(options.requests):
        side = arrival.profile.side
        decision = routers[side].route(arrival.profile, standings[side], arrival.tried, arrival.at)
        if isinstance(decision, Placed):
            standings[side] = standings[side].after(decision, arrival.at)
        line = decision_line(decision)
        if options.explain:
            line["explanation"] = explain(decision, arrival.profile).to_json()
        printed(line)


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


def replay(options: argparse.Namespace) -> None:
    """The season under the rules of the programmes file, beside the same with the changes and policies asked for."""
    side = Side(options.side)
    if options.requests == options.last_season == STANDARD_INPUT:
        raise BadFileError(STANDARD_INPUT, 1, "$", "standard input holds the requests or the last season, not both")
    given = programmes_of(options.programmes)
    season = _season(side, options.requests)
    last = _season(side, options.last_season) if options.last_season else None
    before = Settings(given.catalogues[side], given.standings[side], Policy(PolicyName(options.policy)))
    afters = [_foreseeing(each, season, last) for each in _afters(options, before)]
    found = compare_all(season, _foreseeing(before, season, last), afters, seeds=options.seeds)
    _tell(found, afters, as_json=options.json)


def _afters(options: argparse.Namespace, before: Settings) -> list[Settings]:
    changes, said = changes_of(options.change)
    after = said.read(lambda node: changes.applied_to(before, node.path)) if said else before
    named = [PolicyChange(name) for name in options.policies]
    return [replace(after, policy=change.applied_to(after.policy)) for change in named] or [after]


def _foreseeing(settings: Settings, season: Season, last: Season | None) -> Settings:
    """With the levels that `projected` ranks by, if the season before is known."""
    if last is None or settings.policy.name is not PolicyName.PROJECTED:
        return settings
    demand = demand_of(last, Router(settings.catalogue))
    return replace(settings, levels=Levels(demand, season.kept[0].at.astimezone(season.until.tzinfo).date()))


def _season(side: Side, file: str) -> Season:
    """The requests of that side, and a month for the last to be answered."""
    kept = tuple(arrival for arrival in arrivals_of(file) if arrival.profile.side is side)
    if not kept:
        raise BadFileError(file, 1, "$", f"no request of a {side}")
    return Season(side, kept, kept[-1].at + AFTERWARDS)


def _tell(found: Iterable[Comparison], afters: Iterable[Settings], *, as_json: bool) -> None:
    for comparison, after in zip(found, afters, strict=True):
        if as_json:
            printed(comparison.to_json())
        else:
            sys.stdout.write(tables(comparison, after.catalogue.name) + "\n")
