"""A period lived again under the settings in force and under others: what a replay's report is made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from matching.changes import Changes
from matching.comparison import Comparison, compare
from matching.levels import Levels
from matching.ranking import Policy, PolicyName
from matching.reading import InvalidInputError
from matching.season import Season
from matching.settings import Settings
from matching.wording import NBSP
from portal.operations.replays import Claimed
from portal.queries.demand import levels_for
from portal.queries.past_seasons import Past, past, settings_of
from portal.queries.routing import board_of

Told = Callable[[int, int], None]
NOTHING = f"Aucune demande de cette période n’a été orientée{NBSP}: il n’y a rien à rejouer."
NO_CAMPAIGN = f"Aucune campagne n’est en cours{NBSP}: il n’y a ni places ni objectifs à rejouer."
GONE = (
    f"Ce rejeu nomme une association, un programme ou une place qui n’existe plus{NBSP}: demandez-en un autre,"
    " sur ce qui est en vigueur aujourd’hui."
)


class NothingToReplay(RuntimeError):
    """There will be no report; the message is a sentence in French."""


@dataclass(frozen=True)
class Gathered:
    """All that a replay needs, read once. levels: for `projected`; None without a year before, when ARM ranks."""

    past: Past
    before: Settings
    after: Settings
    levels: Levels | None


def gather(claimed: Claimed) -> Gathered:
    """Router's scope, read-only. Raises NothingToReplay."""
    board = board_of(claimed.side)
    if board.campaign_id is None:
        raise NothingToReplay(NO_CAMPAIGN)
    found = past(claimed.side, claimed.since, claimed.until)
    if not found.season.kept:
        raise NothingToReplay(NOTHING)
    before = settings_of(board, claimed.since)
    try:
        after = Changes.from_json(dict(claimed.changes)).applied_to(before)
    except InvalidInputError as error:
        raise NothingToReplay(GONE) from error
    levels = levels_for(claimed.side, board.router, claimed.since, claimed.until) if projected(before, after) else None
    return Gathered(found, before, after, levels)


def projected(*settings: Settings) -> bool:
    return any(one.policy.name is PolicyName.PROJECTED for one in settings)


def relive(claimed: Claimed, gathered: Gathered, told: Told) -> dict[str, Any]:
    """The report: ids, codes and counts only. No database; told(done, of) as it goes."""
    season = gathered.past.season
    before, after = (replace(one, levels=gathered.levels) for one in (gathered.before, gathered.after))
    found = compare(season, before, after, seeds=claimed.seeds, told=told)
    report = {**found.to_json(), "left_out": gathered.past.left_out, "policies": _policies(before, after)}
    if projected(before, after):
        report["foreseen"] = gathered.levels is not None
    if set(claimed.changes) == {"policy"}:
        arm = before.policy.name is PolicyName.ARM
        report["proof"] = _proof(found if arm else _against_arm(season, before, after, claimed))
    return report


def _against_arm(season: Season, before: Settings, after: Settings, claimed: Claimed) -> Comparison:
    arm = replace(before, policy=Policy(hops=before.policy.hops))
    return compare(season, arm, after, seeds=claimed.seeds)


def _proof(found: Comparison) -> dict[str, Any]:
    """What portal.queries.replays.Proof reads: the differences over all draws; 0 where nobody has an objective."""
    return {name: [one or 0 for one in found.differences[name]] for name in ("served", "gini")}


def _policies(*settings: Settings) -> list[dict[str, Any]]:
    return [{"name": one.policy.name.value, "hops": one.policy.hops} for one in settings]
