"""Profile: what routing may know of an applicant. No name, no contact, no free text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Self

from matching.reading import MOST_COUNTED, E, Node
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel

_FIELDS = (
    "key", "side", "channel", "referrer_type", "establishment", "establishment_name", "age", "situations",
    "level", "needs", "publics", "places", "home", "modalities", "months", "hours_a_month", "available_from",
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """The facts of one request. None means unknown everywhere, and unknown is not no.

    `key` names the request (ties are broken on it). `establishment` is the code of who refers, or of a
    mentor's employer; the empty text means known to be none. `age` is in whole years at submission. `publics`
    holds the answers given: a public left out is unknown. `places` holds every place that contains the
    person's commune, itself included, as `kind:code`. `modalities` are the ways of meeting accepted: pass
    all three for "no preference", None only when nobody knows. `home` and `establishment_name` are for
    sentences only.
    """

    key: str
    side: Side
    channel: Channel | None = None
    referrer_type: ReferrerType | None = None
    establishment: str | None = None
    establishment_name: str | None = None
    age: int | None = None
    situations: frozenset[Situation] | None = None
    level: StudyLevel | None = None
    needs: frozenset[Need] | None = None
    publics: Mapping[Public, bool | None] = field(default_factory=dict)
    places: frozenset[str] | None = None
    home: str | None = None
    modalities: frozenset[Modality] | None = None
    months: int | None = None
    hours_a_month: int | None = None
    available_from: date | None = None

    @cached_property
    def answers(self) -> frozenset[tuple[Public, bool]]:
        """The publics answered by yes or no."""
        return frozenset((public, answer) for public, answer in self.publics.items() if answer is not None)

    @cached_property
    def canonical(self) -> str:
        """The one text that stands for these facts: sorted, without blanks, unknowns left out."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def to_json(self) -> dict[str, object]:
        """Plain JSON values; unknown facts are left out."""
        facts: dict[str, object] = {
            "key": self.key,
            "side": self.side.value,
            "channel": self.channel and self.channel.value,
            "referrer_type": self.referrer_type and self.referrer_type.value,
            "establishment": self.establishment,
            "establishment_name": self.establishment_name,
            "age": self.age,
            "situations": _sorted(self.situations),
            "level": self.level and self.level.value,
            "needs": _sorted(self.needs),
            "publics": {public.value: answer for public, answer in sorted(self.answers)} or None,
            "places": _sorted(self.places),
            "home": self.home,
            "modalities": _sorted(self.modalities),
            "months": self.months,
            "hours_a_month": self.hours_a_month,
            "available_from": self.available_from and self.available_from.isoformat(),
        }
        return {name: value for name, value in facts.items() if value is not None}

    @classmethod
    def from_json(cls, value: object, path: str = "$") -> Self:
        """Read what `to_json` writes. Raises InvalidInputError naming the path."""
        return cls.read(Node(value, path))

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only(*_FIELDS)
        return cls(
            key=node.field("key").key(),
            side=node.field("side").member(Side),
            channel=_member(node, "channel", Channel),
            referrer_type=_member(node, "referrer_type", ReferrerType),
            establishment=_text(node, "establishment"),
            establishment_name=_text(node, "establishment_name"),
            age=_integer(node, "age"),
            situations=_members(node, "situations", Situation),
            level=_member(node, "level", StudyLevel),
            needs=_members(node, "needs", Need),
            publics=_answers(node.get("publics")),
            places=_texts(node, "places"),
            home=_text(node, "home"),
            modalities=_members(node, "modalities", Modality),
            months=_integer(node, "months"),
            hours_a_month=_integer(node, "hours_a_month"),
            available_from=_day(node, "available_from"),
        )


def _sorted(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(str(value) for value in values)


def _member(node: Node, name: str, words: type[E]) -> E | None:
    found = node.get(name)
    return None if found is None else found.member(words)


def _members(node: Node, name: str, words: type[E]) -> frozenset[E] | None:
    found = node.get(name)
    return None if found is None else frozenset(item.member(words) for item in found.items())


def _text(node: Node, name: str) -> str | None:
    found = node.get(name)
    return None if found is None else found.text()


def _texts(node: Node, name: str) -> frozenset[str] | None:
    found = node.get(name)
    return None if found is None else frozenset(item.key() for item in found.items())


def _integer(node: Node, name: str) -> int | None:
    found = node.get(name)
    return None if found is None else found.integer(most=MOST_COUNTED)


def _day(node: Node, name: str) -> date | None:
    found = node.get(name)
    return None if found is None else found.day()


def _answers(node: Node | None) -> dict[Public, bool | None]:
    if node is None:
        return {}
    return {
        Node(name, f"{node.path}.{name}").member(Public): None if answer.value is None else answer.boolean()
        for name, answer in node.fields()
    }
