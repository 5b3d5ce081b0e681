"""What a policy is given, and what it is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, Self

from matching.reading import Node
from matching.vocabulary import Modality, Word


class PolicyName(Word):
    ARM = "arm", "la plus loin de son objectif (ARM)"
    ARM_ABSOLUTE = "arm_absolute", "le plus grand nombre de demandes manquantes"
    FIRST_MATCH = "first_match", "le premier programme qui convient"
    NEAREST = "nearest", "la place déclarée la plus proche"
    RANDOM = "random", "un tirage rejouable"
    PROJECTED = "projected", "la plus loin du niveau prévu pour elle à ce jour"


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
    LEVEL = "level", "la plus loin du niveau prévu pour elle à ce jour"
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


class AssociationRow(Protocol):
    """Where an association stands, as a step sees it. `ratio` and `ahead` are matching.standing's exact integers."""

    @property
    def committed(self) -> int: ...
    @property
    def objective(self) -> int: ...
    @property
    def declared(self) -> bool: ...
    @property
    def ratio(self) -> int: ...
    @property
    def ahead(self) -> int: ...
    @property
    def reach(self) -> int: ...
    @property
    def served(self) -> datetime: ...


class ProgrammeRow(Protocol):
    """Where a programme stands within its association. `part` is its share, as an exact integer."""

    @property
    def part(self) -> int: ...
    @property
    def served(self) -> datetime: ...


class Standings(Protocol):
    """Where everyone stands now: matching.standing's values, or a ledger that changes in place."""

    def association(self, key: str, /) -> AssociationRow: ...
    def programme(self, key: str, /) -> ProgrammeRow: ...


# An association in the running, its openings and where it stands.
Runner = tuple[str, Sequence[Opening], AssociationRow]


@dataclass(frozen=True, slots=True)
class Contest:
    """What a step may look at."""

    request: str
    standing: Standings
    policy: Policy


Key = Any  # whatever can be compared with itself: an integer, a moment, a text
AssociationStep = Callable[[Contest, Sequence[Runner]], list[Key]]
ProgrammeStep = Callable[[Contest, Opening], Key]


class Order(NamedTuple):
    """A policy: its steps among associations, each named by the tie-break it is, then among one's programmes."""

    associations: Mapping[TieBreak, AssociationStep]
    programmes: tuple[ProgrammeStep, ...]


def digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
