"""What would have changed the decision: a few more commitments, a test confirmed, a rule a little wider."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from matching.decision import Decision, Placed
from matching.index import compiled
from matching.openings import find_openings, open_mask, places_nearest_first
from matching.profile import Profile
from matching.programme import Programme, places_of
from matching.ranking import Contest, Opening, PolicyName, Ranked, rank
from matching.reasoning import State, changes_of, rows_of
from matching.standing import Standing
from matching.wording import counted, listed, quoted

MOST_COMMITMENTS = 1 << 20
TOLD = 5


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An ineligible programme and what excluded it; `changes` has one sentence for each test to change."""

    programme: Programme
    changes: tuple[str, ...]


def running(decision: Placed, profile: Profile) -> list[Ranked]:
    """The associations that were in the running, with their openings and keys."""
    contest = Contest(decision.request, decision.standing, decision.policy)
    return rank(_openings(decision, profile, certain=decision.certain), contest)


def _openings(decision: Placed, profile: Profile, *, certain: bool) -> list[Opening]:
    catalogue = decision.catalogue
    left = decision.outcomes.among(decision.untried & open_mask(catalogue, decision.at.date()))
    fits = left.sure if certain else left
    return find_openings(catalogue, fits, places_nearest_first(profile), decision.standing)


def commitments_to_overtake(decision: Placed, first: Ranked, second: Ranked) -> int | None:
    """How many more commitments of the first would have put the second ahead; None when none would."""
    if decision.policy.name not in (PolicyName.ARM, PolicyName.ARM_ABSOLUTE, PolicyName.PROJECTED):
        return None
    most = 1
    while not _overtaken(decision, first, second, most):
        most *= 2
        if most > MOST_COMMITMENTS:
            return None
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if _overtaken(decision, first, second, middle) else (middle, most)
    return most


def _overtaken(decision: Placed, first: Ranked, second: Ranked, more: int) -> bool:
    its = decision.standing.association(first.association)
    fuller = replace(its, committed=its.committed + more)
    standing = Standing({**decision.standing.associations, first.association: fuller}, decision.standing.programmes)
    again = rank((*first.openings, *second.openings), Contest(decision.request, standing, decision.policy))
    return fuller.stopped or again[0].association == second.association


def counterfactuals(decision: Placed, profile: Profile, near: list[NearMiss]) -> Iterator[str]:
    """Sentences, the nearest first."""
    yield from _overtaking(decision, profile)
    if decision.certain:
        yield from _confirming(decision, profile)
    name = decision.catalogue.name
    for miss in near[:TOLD]:
        if len(miss.changes) == 1:
            yield f"{_capital(miss.changes[0])}, {name(miss.programme.association)} convenait."


def _overtaking(decision: Placed, profile: Profile) -> Iterator[str]:
    ranking = running(decision, profile)
    if len(ranking) > 1:
        more = commitments_to_overtake(decision, ranking[0], ranking[1])
        first, second = (decision.catalogue.name(each.association) for each in ranking[:2])
        if more:
            yield f"Avec {counted(more, 'engagement')} de plus chez {first}, {second} passait en tête."


def _confirming(decision: Placed, profile: Profile) -> Iterator[str]:
    """Programmes with room, for which something was still to verify."""
    names = decision.catalogue.names
    for opening in _openings(decision, profile, certain=False):
        if opening.association in decision.ranking:
            continue
        judged = compiled(decision.catalogue).judged(decision.catalogue.positions[opening.programme], profile)
        rows = rows_of(judged, profile, names, opening.way)
        unknown = [quoted(row.rule) for row in rows if row.state is State.TO_VERIFY]
        if unknown:
            verb = "était confirmé" if len(unknown) == 1 else "étaient confirmés"
            association = decision.catalogue.name(opening.association)
            yield f"Si {listed(unknown, 'et')} {verb}, {association} entrait en lice."


def near_misses(decision: Decision, profile: Profile) -> list[NearMiss]:
    """The ineligible programmes, the fewest changes first."""
    catalogue = decision.catalogue
    everyone = (1 << len(catalogue.programmes)) - 1
    index, found = compiled(catalogue), []
    for position in places_of(everyone & ~decision.outcomes.possible):
        programme = catalogue.programmes[position]
        changes = changes_of(index.judged(position, profile), profile, catalogue.names)
        if changes:
            found.append(NearMiss(programme, changes))
    return sorted(found, key=lambda miss: (len(miss.changes), miss.programme.id))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
