"""ARM: the request goes to the association furthest from its objective. Other policies stand beside it.

A policy is a list of steps, compared one after the other, lowest first; the step that tells the first from
the second is the tie-break that decided. All is exact; nothing depends on the order of rows or on chance.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any, NamedTuple, Self

from matching.reading import Node
from matching.standing import Standing, specificity
from matching.vocabulary import Modality, Word


class PolicyName(Word):
    ARM = "arm", "la plus loin de son objectif (ARM)"
    ARM_ABSOLUTE = "arm_absolute", "le plus grand nombre de demandes manquantes"
    FIRST_MATCH = "first_match", "le premier programme qui convient"
    NEAREST = "nearest", "la place déclarée la plus proche"
    RANDOM = "random", "un tirage rejouable"


@dataclass(frozen=True)
class Policy:
    """Which order, in which version. `hops`: after that many associations tried, staff take over."""

    name: PolicyName = PolicyName.ARM
    version: int = 1
    hops: int = 3
    seed: int = 0

    def to_json(self) -> dict[str, object]:
        return {"name": self.name.value, "version": self.version, "hops": self.hops, "seed": self.seed}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("name", "version", "hops", "seed")
        version, hops, seed = node.get("version"), node.get("hops"), node.get("seed")
        return cls(
            name=node.field("name").member(PolicyName),
            version=version.integer() if version else 1,
            hops=hops.integer(1) if hops else 3,
            seed=seed.integer() if seed else 0,
        )


class TieBreak(Word):
    """The step that decided."""

    ALONE = "alone", "seule à pouvoir accueillir"
    DECLARED = "declared", "l’autre n’a pas déclaré d’objectif"
    ATTAINMENT = "attainment", "la plus loin de son objectif"
    GAP = "gap", "le plus grand nombre de demandes manquantes"
    REACH = "reach", "à égalité, celle qui a le moins d’autres demandes à sa portée"
    LAST_SERVED = "last_served", "à égalité, servie il y a le plus longtemps"
    ORDER = "order", "première dans l’ordre des programmes"
    NEAREST = "nearest", "la place la plus proche"
    DIGEST = "digest", "à égalité parfaite, départage par empreinte"
    CHANCE = "chance", "tirage rejouable"


class Opening(NamedTuple):
    """A programme with room for this person, the way they would meet and the row of capacity it draws on."""

    programme: str
    association: str
    way: Modality
    place: str


class Ranked(NamedTuple):
    """An association in the running: its openings and its place in the order."""

    association: str
    openings: tuple[Opening, ...]
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """What a step may look at."""

    request: str
    standing: Standing
    policy: Policy


AssociationStep = Callable[[Contest, str, tuple[Opening, ...]], Any]
ProgrammeStep = Callable[[Contest, Opening], Any]


def digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()


def rank(openings: Iterable[Opening], contest: Contest) -> list[Ranked]:
    """The associations in the running, first served first."""
    by_association: dict[str, list[Opening]] = {}
    for opening in openings:
        by_association.setdefault(opening.association, []).append(opening)
    steps = ORDERS[contest.policy.name].values()
    found = [
        Ranked(association, tuple(own), tuple([step(contest, association, tuple(own)) for step in steps]))
        for association, own in by_association.items()
    ]
    return sorted(found, key=lambda ranked: ranked.key)


def decided_by(ranking: list[Ranked], policy: Policy) -> TieBreak:
    """The step that told the first from the second."""
    if len(ranking) == 1:
        return TieBreak.ALONE
    steps = zip(ORDERS[policy.name], ranking[0].key, ranking[1].key, strict=True)
    return next(name for name, first, second in steps if first != second)


def choose_programme(openings: Iterable[Opening], contest: Contest) -> Opening:
    """Within the chosen association: the programme furthest from its share, then the same ties."""
    steps = PROGRAMMES.get(contest.policy.name, BY_SHARE)
    return min(openings, key=lambda opening: tuple([step(contest, opening) for step in steps]))


def _declared(contest: Contest, association: str, _: tuple[Opening, ...]) -> bool:
    """Without a declared objective: after all that have one."""
    return not contest.standing.association(association).declared


def _attainment(contest: Contest, association: str, _: tuple[Opening, ...]) -> Fraction:
    return contest.standing.association(association).attainment


def _gap(contest: Contest, association: str, _: tuple[Opening, ...]) -> int:
    its = contest.standing.association(association)
    return its.committed - its.objective


def _reach(contest: Contest, association: str, _: tuple[Opening, ...]) -> int:
    return contest.standing.association(association).reach


def _served(contest: Contest, association: str, _: tuple[Opening, ...]) -> datetime:
    return contest.standing.association(association).served


def _digest(contest: Contest, association: str, _: tuple[Opening, ...]) -> str:
    return digest(contest.request, association)


def _order(_: Contest, __: str, openings: tuple[Opening, ...]) -> str:
    return min(opening.programme for opening in openings)


def _distance(_: Contest, __: str, openings: tuple[Opening, ...]) -> int:
    return min(specificity(opening.place)[0] for opening in openings)


def _draw(contest: Contest, association: str, _: tuple[Opening, ...]) -> str:
    return digest(str(contest.policy.seed), contest.request, association)


def _share(contest: Contest, opening: Opening) -> Fraction:
    return contest.standing.programme(opening.programme).share


def _programme_served(contest: Contest, opening: Opening) -> datetime:
    return contest.standing.programme(opening.programme).served


def _programme_digest(contest: Contest, opening: Opening) -> str:
    return digest(contest.request, opening.programme)


def _programme_order(_: Contest, opening: Opening) -> str:
    return opening.programme


def _programme_distance(_: Contest, opening: Opening) -> int:
    return specificity(opening.place)[0]


_TIES: dict[TieBreak, AssociationStep] = {
    TieBreak.REACH: _reach,
    TieBreak.LAST_SERVED: _served,
    TieBreak.DIGEST: _digest,
}

ORDERS: Mapping[PolicyName, Mapping[TieBreak, AssociationStep]] = {
    PolicyName.ARM: {TieBreak.DECLARED: _declared, TieBreak.ATTAINMENT: _attainment, **_TIES},
    PolicyName.ARM_ABSOLUTE: {TieBreak.DECLARED: _declared, TieBreak.GAP: _gap, **_TIES},
    PolicyName.FIRST_MATCH: {TieBreak.ORDER: _order},
    PolicyName.NEAREST: {TieBreak.NEAREST: _distance, **_TIES},
    PolicyName.RANDOM: {TieBreak.CHANCE: _draw},
}

BY_SHARE: tuple[ProgrammeStep, ...] = (_share, _programme_served, _programme_digest)

PROGRAMMES: Mapping[PolicyName, tuple[ProgrammeStep, ...]] = {
    PolicyName.FIRST_MATCH: (_programme_order,),
    PolicyName.NEAREST: (_programme_distance, *BY_SHARE),
}
