"""The plain reading of criteria, one test after the other: what the compiled index must agree with, always."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from matching.conditions import ModalityTest, Test, Truth
from matching.criteria import All, AnyOf, Expression, Not
from matching.profile import Profile
from matching.vocabulary import Modality

IN_PERSON = (Modality.IN_PERSON, Modality.HYBRID)
WAYS = (*IN_PERSON, Modality.REMOTE)
KEPT = 16

Change = tuple[Test, bool]
Changes = frozenset[Change]


class Fit(NamedTuple):
    """Truth of a programme for a person, for each place capacity is counted at: here, or remote."""

    in_person: Truth
    remote: Truth

    @property
    def outcome(self) -> Truth:
        """YES: eligible. UNKNOWN: to verify. NO: ineligible."""
        return max(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """One test that mattered. `excluded` is true under a `not`; `state` is its truth, exclusion included."""

    test: Test
    excluded: bool
    state: Truth


def accepted_ways(profile: Profile) -> tuple[Modality, ...]:
    """The ways of meeting to try: all three while the person's choice is unknown."""
    if profile.modalities is None:
        return WAYS
    chosen = set(profile.modalities)
    if {Modality.IN_PERSON, Modality.REMOTE} <= chosen:
        chosen.add(Modality.HYBRID)
    return tuple(way for way in WAYS if way in chosen)


def evaluate(criteria: Expression, profile: Profile, way: Modality) -> Truth:
    """Strong Kleene truth of the criteria for one way of meeting."""
    match criteria:
        case All(parts):
            return min((evaluate(part, profile, way) for part in parts), default=Truth.YES)
        case AnyOf(parts):
            return max((evaluate(part, profile, way) for part in parts), default=Truth.NO)
        case Not(part):
            return evaluate(part, profile, way).negated()
        case ModalityTest():
            return criteria.holds(way)
        case Test():
            return criteria.holds(type(criteria).fact(profile))


def fit(criteria: Expression, profile: Profile) -> Fit:
    """The decision tree. An unknown choice of modality is certain only of what every way agrees on."""
    tried = accepted_ways(profile)
    truths = {way: evaluate(criteria, profile, way) for way in tried}
    here = max((truths[way] for way in IN_PERSON if way in truths), default=Truth.NO)
    remote = truths.get(Modality.REMOTE, Truth.NO)
    if profile.modalities is None and min(truths.values()) < Truth.YES:
        return Fit(min(here, Truth.UNKNOWN), min(remote, Truth.UNKNOWN))
    return Fit(here, remote)


def best_way(criteria: Expression, profile: Profile, *, remote: bool | None = None) -> Modality:
    """The way of meeting to explain: the best one, the fewest changes away among equals."""
    tried = [way for way in accepted_ways(profile) if remote in (None, way is Modality.REMOTE)] or list(WAYS)
    return max(
        tried,
        key=lambda way: (
            evaluate(criteria, profile, way),
            -len(fewest_changes(criteria, profile, way)),
            -WAYS.index(way),
        ),
    )


def reasons(criteria: Expression, profile: Profile, way: Modality) -> list[Reason]:
    """The tests that made the truth what it is: all of an `all`, of an `any` only those parts that tell."""
    found = list(dict.fromkeys(_reasons(criteria, profile, way, excluded=False)))
    if profile.modalities is None and fit(criteria, profile).outcome is Truth.UNKNOWN:
        return [_unchosen(reason) for reason in found]
    return found


def _unchosen(reason: Reason) -> Reason:
    """A way of meeting that fits is still to be verified while the person's choice is unknown."""
    if isinstance(reason.test, ModalityTest) and reason.state is Truth.YES:
        return Reason(reason.test, reason.excluded, Truth.UNKNOWN)
    return reason


def _reasons(criteria: Expression, profile: Profile, way: Modality, *, excluded: bool) -> list[Reason]:
    match criteria:
        case All(parts) | AnyOf(parts):
            every = isinstance(criteria, All) is not excluded
            told = parts if every else _telling(parts, profile, way, excluded=excluded)
            return [reason for part in told for reason in _reasons(part, profile, way, excluded=excluded)]
        case Not(part):
            return _reasons(part, profile, way, excluded=not excluded)
        case Test():
            state = evaluate(criteria, profile, way)
            return [Reason(criteria, excluded, state.negated() if excluded else state)]


def _telling(parts: tuple[Expression, ...], profile: Profile, way: Modality, *, excluded: bool) -> list[Expression]:
    truths = [evaluate(part, profile, way) for part in parts]
    best = min(truths, default=Truth.NO) if excluded else max(truths, default=Truth.NO)
    return [part for part, found in zip(parts, truths, strict=True) if found is best]


def fewest_changes(criteria: Expression, profile: Profile, way: Modality) -> Changes:
    """The smallest set of failed tests that, answered otherwise, would make the criteria not false.

    Each is (test, wanted answer). Empty when nothing failed, or when nothing could help.
    """
    return min(_repairs(criteria, profile, way, wanted=True), key=len, default=frozenset())


def near_miss(criteria: Expression, profile: Profile) -> Changes:
    """The fewest changes over the ways of meeting that the person accepts."""
    tried = accepted_ways(profile) or WAYS
    found = [fewest_changes(criteria, profile, way) for way in tried]
    return min(found, key=lambda changes: (not changes, len(changes)))


def _repairs(criteria: Expression, profile: Profile, way: Modality, *, wanted: bool) -> list[Changes]:
    """Ways to bring the criteria to not-false (or not-true), smallest first; none when impossible."""
    match criteria:
        case All(parts) | AnyOf(parts):
            choices = [_repairs(part, profile, way, wanted=wanted) for part in parts]
            if isinstance(criteria, All) is wanted:
                return _together(choices)
            return _smallest(change for choice in choices for change in choice)
        case Not(part):
            return _repairs(part, profile, way, wanted=not wanted)
        case Test():
            held = evaluate(criteria, profile, way)
            broken = Truth.NO if wanted else Truth.YES
            return [frozenset({(criteria, wanted)})] if held is broken else [frozenset()]


def _together(choices: list[list[Changes]]) -> list[Changes]:
    """One change set from each part, united."""
    united: list[Changes] = [frozenset()]
    for choice in choices:
        united = _smallest(first | second for first, second in product(united, choice))
    return united


def _smallest(found: Iterable[Changes]) -> list[Changes]:
    return sorted(dict.fromkeys(found), key=len)[:KEPT]
