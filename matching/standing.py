"""Standing: where each association and programme stands now. All that ARM and openings need is passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, Protocol, Self

from matching.reading import MOST_COUNTED, Node
from matching.vocabulary import PLACE_KINDS, REMOTE

NEVER = datetime.min.replace(tzinfo=UTC)

# Ratios are compared as whole numbers of 2^-192. Two that differ, of counts below 2^31 and a virtual start in numbers
# below 2^63, differ by more than that: their order is the exact one, and equal means equal. How far one is beyond its
# level, again in numbers below 2^63, is told from another in whole numbers of 2^-320.
PRECISION = 192
PRECISION_AHEAD = 320
MOST_WRITTEN = 2**63 - 1


def exact(above: int, below: int = 1) -> int:
    """A ratio as an integer that keeps the order of ratios."""
    return (above << PRECISION) // below


def _attained(committed: int, objective: int, virtual_start: Fraction) -> tuple[int, int]:
    """ARM's key (committed + V) / (objective + V), above and below. V counts only below the objective.

    Without an objective, what is committed.
    """
    if objective <= 0:
        return committed, 1
    if not virtual_start or committed >= objective:
        return committed, objective
    extra, unit = virtual_start.as_integer_ratio()
    return committed * unit + extra, objective * unit + extra


def ratio_of(committed: int, objective: int, virtual_start: Fraction) -> int:
    """ARM's key as an integer that keeps the order of keys."""
    return exact(*_attained(committed, objective, virtual_start))


def ahead_of(committed: int, objective: int, virtual_start: Fraction, level: Fraction | None) -> int:
    """How far ARM's key is beyond the level, as an integer that keeps the order; the key itself without a level.

    The difference is rounded once: that of two rounded numbers would tell apart two that are exactly tied.
    """
    above, below = _attained(committed, objective, virtual_start)
    if level is not None:
        expected, unit = level.as_integer_ratio()
        above, below = above * unit - expected * below, below * unit
    return (above << PRECISION_AHEAD) // below


class Places(NamedTuple):
    """One declared row of capacity, for the period in force, and what is committed under it.

    A total, not a stock. `or_more` ("200 or more") never runs out.
    """

    declared: int
    taken: int = 0
    or_more: bool = False

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("declared", "taken", "or_more")
        taken, or_more = node.get("taken"), node.get("or_more")
        return cls(
            node.field("declared").integer(),
            taken.integer() if taken else 0,
            or_more.boolean() if or_more else False,
        )

    @property
    def open(self) -> bool:
        return self.or_more or self.taken < self.declared

    def taking(self) -> "Places":
        return self._replace(taken=self.taken + 1)


Rows = Mapping[str, Places]


@dataclass(frozen=True)
class AssociationStanding:
    """One association, for one side and campaign.

    `objective` 0 is undeclared. `virtual_start` is V, counted only below the objective. `reach` is how many
    recent requests it alone could have taken. `places` maps a place code, or `remote`, to a row of capacity.
    `level` is the attainment foreseen for it by now (matching.levels), None when none was solved.
    """

    committed: int = 0
    objective: int = 0
    virtual_start: Fraction = Fraction(0)
    reach: int = 0
    last_served: datetime | None = None
    stop_at_objective: bool = False
    places: Rows = field(default_factory=dict)
    level: Fraction | None = None

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*cls.__dataclass_fields__)
        served, stop, level = node.get("last_served"), node.get("stop_at_objective"), node.get("level")
        return cls(
            committed=_integer(node, "committed"),
            objective=_integer(node, "objective"),
            virtual_start=_fraction(node.get("virtual_start")),
            reach=_integer(node, "reach"),
            last_served=served.moment() if served else None,
            stop_at_objective=stop.boolean() if stop else False,
            places=_rows(node.get("places")),
            level=_fraction(level) if level else None,
        )

    @property
    def declared(self) -> bool:
        return self.objective > 0

    @property
    def stopped(self) -> bool:
        """It asked to stop at its objective, and is there."""
        return self.stop_at_objective and self.declared and self.committed >= self.objective

    @property
    def attainment(self) -> Fraction:
        """ARM's key as a fraction, for whoever tells it; `ratio` is what is compared."""
        if not self.declared:
            return Fraction(self.committed)
        if self.committed >= self.objective:
            return Fraction(self.committed, self.objective)
        return (self.committed + self.virtual_start) / (self.objective + self.virtual_start)

    @cached_property
    def ratio(self) -> int:
        return ratio_of(self.committed, self.objective, self.virtual_start)

    @cached_property
    def ahead(self) -> int:
        return ahead_of(self.committed, self.objective, self.virtual_start, self.level)

    @property
    def served(self) -> datetime:
        return self.last_served or NEVER


@dataclass(frozen=True)
class ProgrammeStanding:
    """One programme. `weight` is its declared share; `places`, if any, replace the association's rows."""

    committed: int = 0
    weight: int = 1
    last_served: datetime | None = None
    places: Rows = field(default_factory=dict)

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*cls.__dataclass_fields__)
        served, weight = node.get("last_served"), node.get("weight")
        return cls(
            committed=_integer(node, "committed"),
            weight=weight.integer(1, MOST_COUNTED) if weight else 1,
            last_served=served.moment() if served else None,
            places=_rows(node.get("places")),
        )

    @cached_property
    def part(self) -> int:
        """Its share of what its association received, as an integer."""
        return exact(self.committed, max(self.weight, 1))

    @property
    def served(self) -> datetime:
        return self.last_served or NEVER


NO_ASSOCIATION = AssociationStanding()
NO_PROGRAMME = ProgrammeStanding()


class Offer(Protocol):
    """What a placed decision says of where it went."""

    @property
    def association(self) -> str: ...
    @property
    def programme(self) -> str: ...
    @property
    def place(self) -> str: ...


@dataclass(frozen=True)
class Standing:
    """Where everyone stands, for one side. Who is not named has nothing committed, declared or open."""

    associations: Mapping[str, AssociationStanding] = field(default_factory=dict)
    programmes: Mapping[str, ProgrammeStanding] = field(default_factory=dict)

    @classmethod
    def read(cls, node: Node) -> Self:
        """Read `{"associations": {id: …}, "programmes": {id: …}}`. Raises InvalidInputError."""
        node.only("associations", "programmes")
        associations, programmes = node.get("associations"), node.get("programmes")
        return cls(
            {key: AssociationStanding.read(its) for key, its in associations.fields()} if associations else {},
            {key: ProgrammeStanding.read(own) for key, own in programmes.fields()} if programmes else {},
        )

    def association(self, key: str) -> AssociationStanding:
        return self.associations.get(key, NO_ASSOCIATION)

    def programme(self, key: str) -> ProgrammeStanding:
        return self.programmes.get(key, NO_PROGRAMME)

    def rows(self, association: str, programme: str) -> Rows:
        """The capacity a programme draws on: its own if it has one, else its association's."""
        return self.programme(programme).places or self.association(association).places

    def after(self, offer: Offer, at: datetime) -> Self:
        """The standing once a request has been offered there. A new value: this one is unchanged."""
        its, own = self.association(offer.association), self.programme(offer.programme)
        shared = its.places if own.places else _taking(its.places, offer.place)
        its = replace(its, committed=its.committed + 1, last_served=at, places=shared)
        mine = _taking(own.places, offer.place)
        own = replace(own, committed=own.committed + 1, last_served=at, places=mine)
        return replace(
            self,
            associations={**self.associations, offer.association: its},
            programmes={**self.programmes, offer.programme: own},
        )


def _integer(node: Node, name: str) -> int:
    found = node.get(name)
    return found.integer(most=MOST_COUNTED) if found else 0


def _fraction(node: Node | None) -> Fraction:
    """An integer, or [numerator, denominator]."""
    if node is None:
        return Fraction(0)
    if isinstance(node.value, int):
        return Fraction(node.integer(most=MOST_WRITTEN))
    match node.items():
        case [above, below]:
            return Fraction(above.integer(most=MOST_WRITTEN), below.integer(1, MOST_WRITTEN))
    raise node.fail("[numerator, denominator] is expected")


def _rows(node: Node | None) -> Rows:
    return {place: Places.read(row) for place, row in node.fields()} if node else {}


def _taking(rows: Rows, place: str) -> Rows:
    return {**rows, place: rows[place].taking()} if place in rows else rows


def specificity(place: str) -> tuple[int, str]:
    """Sorts places from the most specific to the largest; `remote` and unknown kinds come last."""
    kind = place.partition(":")[0]
    return (PLACE_KINDS.index(kind) if kind in PLACE_KINDS else len(PLACE_KINDS), place)


def covering_row(rows: Rows, nearest_first: tuple[str, ...], *, remote: bool) -> str | None:
    """The one row a request draws on: the most specific that covers the person, or `remote`."""
    if remote:
        return REMOTE if REMOTE in rows else None
    return next((place for place in nearest_first if place in rows), None)
