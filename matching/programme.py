"""Programme: a candidate, its criteria and its openings; and the catalogue that a decision refers to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Self

from matching.criteria import EVERYONE, Expression, read, write_criteria
from matching.reading import InvalidInputError, Node
from matching.vocabulary import Side
from matching.wording import day


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included; an open end has no bound."""

    start: date | None = None
    end: date | None = None

    def covers(self, on: date) -> bool:
        return (self.start is None or self.start <= on) and (self.end is None or on <= self.end)

    def to_json(self) -> dict[str, str]:
        ends = {"from": self.start, "until": self.end}
        return {name: end.isoformat() for name, end in ends.items() if end}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("from", "until")
        start, end = node.get("from"), node.get("until")
        period = cls(start.day() if start else None, end.day() if end else None)
        if period.start and period.end and period.start > period.end:
            raise node.fail("from is after until")
        return period


@dataclass(frozen=True)
class Programme:
    """One immutable version of what an association offers to one side.

    `criteria` say whom it fits; `pauses` and `intake` (when it takes requests; None is always) are openings.
    """

    id: str
    association: str
    side: Side
    criteria: Expression = EVERYONE
    version: int = 1
    name: str = ""
    pauses: tuple[Period, ...] = ()
    intake: Period | None = None

    def closed_because(self, on: date) -> str | None:
        """Why it takes nobody on that day, in words; None when it is open."""
        pause = next((pause for pause in self.pauses if pause.covers(on)), None)
        if pause:
            return f"en pause jusqu’au {day(pause.end)}" if pause.end else "en pause"
        if self.intake is None or self.intake.covers(on):
            return None
        start = self.intake.start
        return f"inscriptions à partir du {day(start)}" if start and on < start else "inscriptions closes"

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "association": self.association,
            "side": self.side.value,
            "version": self.version,
            "name": self.name,
            "criteria": write_criteria(self.criteria),
            "pauses": [pause.to_json() for pause in self.pauses],
            "intake": self.intake and self.intake.to_json(),
        }

    @cached_property
    def canonical(self) -> str:
        return canonical(self.to_json())

    @classmethod
    def from_json(cls, value: object, path: str = "$") -> Self:
        """Read what `to_json` writes. Raises InvalidInputError naming the path."""
        return cls.read(Node(value, path))

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("id", "association", "side", "version", "name", "criteria", "pauses", "intake")
        version, name, criteria = node.get("version"), node.get("name"), node.get("criteria")
        pauses, intake = node.get("pauses"), node.get("intake")
        return cls(
            id=node.field("id").key(),
            association=node.field("association").key(),
            side=node.field("side").member(Side),
            version=version.integer() if version else 1,
            name=name.text() if name else "",
            criteria=read(criteria) if criteria else EVERYONE,
            pauses=tuple(Period.read(item) for item in pauses.items()) if pauses else (),
            intake=Period.read(intake) if intake else None,
        )


@dataclass(frozen=True)
class Catalogue:
    """The programmes of one side, in the order of their ids: bit i of a mask is `programmes[i]`.

    `names` puts associations, places and establishments in words. Immutable: kept once, named by `digest`.
    """

    side: Side
    programmes: tuple[Programme, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, side: Side, programmes: Iterable[Programme], names: Mapping[str, str] | None = None) -> Self:
        """The programmes of that side among those given, in any order. Raises ValueError on a repeated id."""
        ordered = tuple(sorted((each for each in programmes if each.side is side), key=lambda each: each.id))
        if len({programme.id for programme in ordered}) < len(ordered):
            raise ValueError("two programmes share one id")
        return cls(side, ordered, dict(sorted((names or {}).items())))

    @cached_property
    def associations(self) -> tuple[str, ...]:
        return tuple(sorted({programme.association for programme in self.programmes}))

    @cached_property
    def bits_of(self) -> Mapping[str, int]:
        """For each association, the mask of its programmes."""
        masks = dict.fromkeys(self.associations, 0)
        for place, programme in enumerate(self.programmes):
            masks[programme.association] |= 1 << place
        return masks

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """From a programme's id to its bit."""
        return {programme.id: position for position, programme in enumerate(self.programmes)}

    @cached_property
    def association_positions(self) -> Mapping[str, int]:
        return {association: position for position, association in enumerate(self.associations)}

    def programme(self, key: str) -> Programme:
        return self.programmes[self.positions[key]]

    @cached_property
    def digest(self) -> str:
        """Of the canonical JSON, put together from that of each programme: an edit writes one anew."""
        names, side = canonical(dict(self.names)), canonical(self.side.value)
        programmes = ",".join([each.canonical for each in self.programmes])
        return sha256(f'{{"names":{names},"programmes":[{programmes}],"side":{side}}}'.encode()).hexdigest()

    def name(self, code: str) -> str:
        return self.names.get(code, code)

    def to_json(self) -> dict[str, object]:
        return {
            "side": self.side.value,
            "programmes": [programme.to_json() for programme in self.programmes],
            "names": dict(self.names),
        }

    @classmethod
    def from_json(cls, value: object, path: str = "$") -> Self:
        """Read what `to_json` writes. Raises InvalidInputError naming the path."""
        node = Node(value, path)
        node.only("side", "programmes", "names")
        side, named = node.field("side").member(Side), node.get("names")
        names = {code: said.text() for code, said in named.fields()} if named else {}
        programmes = [Programme.read(item) for item in node.field("programmes").items()]
        try:
            return cls.of(side, programmes, names)
        except ValueError as error:
            raise InvalidInputError(f"{path}.programmes", str(error)) from error


def places_of(mask: int) -> list[int]:
    """The positions of the bits set, lowest first."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
