"""What a replay tries: policy, objectives, capacities, criteria or openings other than those in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from matching.criteria import Expression, read, write_criteria
from matching.programme import Catalogue, Period, Programme
from matching.ranking import Policy, PolicyName
from matching.reading import MOST_COUNTED, InvalidInputError, Node
from matching.settings import Settings
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing

FIELDS = ("policy", "objectives", "capacities", "criteria", "pauses", "intake")


class PolicyChange(NamedTuple):
    """What is not named stays as it is."""

    name: PolicyName | None = None
    hops: int | None = None
    seed: int | None = None

    def applied_to(self, policy: Policy) -> Policy:
        return replace(policy, **{name: value for name, value in self._asdict().items() if value is not None})

    def to_json(self) -> dict[str, object]:
        return {name: value for name, value in self._asdict().items() if value is not None}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*cls._fields)
        name, hops, seed = node.get("name"), node.get("hops"), node.get("seed")
        return cls(
            name.member(PolicyName) if name else None,
            hops.integer(1) if hops else None,
            seed.integer() if seed else None,
        )


AS_IT_IS = PolicyChange()


class CapacityChange(NamedTuple):
    """One row of capacity, of an association or of one of its programmes. `declared` None takes the row away."""

    association: str
    programme: str | None
    place: str
    declared: int | None
    or_more: bool = False

    def to_json(self) -> dict[str, object]:
        return self._asdict()

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*cls._fields)
        programme, declared, or_more = node.get("programme"), node.get("declared"), node.get("or_more")
        return cls(
            node.field("association").key(),
            programme.key() if programme else None,
            node.field("place").key(),
            _counted(declared) if declared else None,
            or_more.boolean() if or_more else False,
        )


@dataclass(frozen=True)
class Changes:
    """Differences with the settings in force; what is not named stays.

    objectives: by association. criteria, pauses, intake: by programme; an intake of None is always open.
    """

    policy: PolicyChange = AS_IT_IS
    objectives: Mapping[str, int] = field(default_factory=dict)
    capacities: tuple[CapacityChange, ...] = ()
    criteria: Mapping[str, Expression] = field(default_factory=dict)
    pauses: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    intake: Mapping[str, Period | None] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self == Changes()

    @classmethod
    def from_json(cls, value: object, path: str = "$") -> Self:
        """Read what `to_json` writes. Raises InvalidInputError naming the path."""
        return cls.read(Node(value, path))

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*FIELDS)
        policy, capacities = node.get("policy"), node.get("capacities")
        return cls(
            PolicyChange.read(policy) if policy else AS_IT_IS,
            {key: _counted(each) for key, each in _by_key(node, "objectives")},
            tuple(CapacityChange.read(item) for item in capacities.items()) if capacities else (),
            {key: read(each) for key, each in _by_key(node, "criteria")},
            {key: tuple(Period.read(item) for item in each.items()) for key, each in _by_key(node, "pauses")},
            {key: None if each.value is None else Period.read(each) for key, each in _by_key(node, "intake")},
        )

    def to_json(self) -> dict[str, object]:
        """Plain JSON values; what does not change is left out."""
        found: dict[str, object] = {
            "policy": self.policy.to_json(),
            "objectives": dict(self.objectives),
            "capacities": [each.to_json() for each in self.capacities],
            "criteria": {key: write_criteria(each) for key, each in self.criteria.items()},
            "pauses": {key: [period.to_json() for period in each] for key, each in self.pauses.items()},
            "intake": {key: each and each.to_json() for key, each in self.intake.items()},
        }
        return {name: value for name, value in found.items() if value}

    def applied_to(self, settings: Settings, path: str = "$") -> Settings:
        """Those settings with these differences.

        Raises InvalidInputError when an association or a programme is not among those of the settings.
        """
        self._check(settings.catalogue, path)
        return replace(
            settings,
            catalogue=self._catalogue(settings.catalogue),
            standing=self._standing(settings.standing),
            policy=self.policy.applied_to(settings.policy),
        )

    def _check(self, catalogue: Catalogue, path: str) -> None:
        """Every name is known, and every programme is its association's."""
        for name in ("criteria", "pauses", "intake"):
            _known(getattr(self, name), catalogue.positions, f"{path}.{name}", "programme")
        _known(self.objectives, catalogue.association_positions, f"{path}.objectives", "association")
        for place, row in enumerate(self.capacities):
            at = f"{path}.capacities[{place}]"
            if row.association not in catalogue.association_positions:
                raise InvalidInputError(f"{at}.association", "no such association")
            owners = {each.association for each in catalogue.programmes if each.id == row.programme}
            if row.programme is not None and row.association not in owners:
                raise InvalidInputError(f"{at}.programme", "not a programme of this association")

    def _catalogue(self, catalogue: Catalogue) -> Catalogue:
        if not (self.criteria or self.pauses or self.intake):
            return catalogue
        return Catalogue.of(catalogue.side, map(self._programme, catalogue.programmes), catalogue.names)

    def _programme(self, programme: Programme) -> Programme:
        key = programme.id
        if not (key in self.criteria or key in self.pauses or key in self.intake):
            return programme
        return replace(
            programme,
            criteria=self.criteria.get(key, programme.criteria),
            pauses=self.pauses.get(key, programme.pauses),
            intake=self.intake.get(key, programme.intake),
        )

    def _standing(self, standing: Standing) -> Standing:
        associations, programmes = dict(standing.associations), dict(standing.programmes)
        for key, objective in self.objectives.items():
            associations[key] = replace(associations.get(key, AssociationStanding()), objective=objective)
        for row in self.capacities:
            if row.programme is None:
                its = associations.get(row.association, AssociationStanding())
                associations[row.association] = replace(its, places=_declared(its.places, row))
            else:
                own = programmes.get(row.programme, ProgrammeStanding())
                programmes[row.programme] = replace(own, places=_declared(own.places, row))
        return Standing(associations, programmes)


def _declared(rows: Mapping[str, Places], row: CapacityChange) -> dict[str, Places]:
    kept = {place: each for place, each in rows.items() if place != row.place}
    if row.declared is None:
        return kept
    taken = rows[row.place].taken if row.place in rows else 0
    return {**kept, row.place: Places(row.declared, taken, row.or_more)}


def _counted(node: Node) -> int:
    return node.integer(most=MOST_COUNTED)


def _by_key(node: Node, name: str) -> Iterable[tuple[str, Node]]:
    found = node.get(name)
    return found.fields() if found else ()


def _known(named: Iterable[str], known: Mapping[str, int], path: str, what: str) -> None:
    for key in named:
        if key not in known:
            raise InvalidInputError(f"{path}.{key}", f"no such {what}")
