"""A decision: Placed, Waitlisted or Unroutable, with all that is needed to explain it and to run it again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, TypedDict

from matching.index import Outcomes
from matching.profile import Profile
from matching.programme import Catalogue
from matching.ranking import Policy, TieBreak
from matching.standing import Rows, Standing
from matching.vocabulary import Modality, Word

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Why(Word):
    """Why a request is nobody's."""

    NONE = "none", "aucun programme ne convient"
    EXHAUSTED = "exhausted", "toutes les associations qui conviennent ont été sollicitées"
    HOPS = "hops", "le nombre de réorientations est atteint"
    OTHER = "other", "à examiner par l’équipe"


class Given(TypedDict):
    """What every decision keeps of its inputs."""

    request: str
    profile_digest: str
    at: datetime
    policy: Policy
    catalogue: Catalogue
    tried: frozenset[str]
    outcomes: Outcomes
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What every decision keeps. Masks are over `catalogue.programmes`; `standing` is only what mattered."""

    kind: ClassVar[str]
    request: str
    profile_digest: str
    at: datetime
    policy: Policy
    catalogue: Catalogue
    tried: frozenset[str]
    outcomes: Outcomes
    standing: Standing

    @cached_property
    def digest(self) -> str:
        """One name for the inputs and the result together: a faithful replay gives the same."""
        return sha256(self.record).hexdigest()

    @cached_property
    def record(self) -> bytes:
        """The compact form, canonical JSON: programmes and associations by their place in the catalogue."""
        document = {
            "kind": self.kind,
            "request": self.request,
            "profile": self.profile_digest,
            "catalogue": self.catalogue.digest,
            "at": self.at.isoformat(),
            "policy": [self.policy.name.value, self.policy.version, self.policy.hops, self.policy.seed],
            "tried": sorted(self.tried),
            "outcomes": [format(mask, "x") for mask in self.outcomes],
            "standing": write_standing(self.standing, self.catalogue),
            **self.result(),
        }
        return canonical(document).encode()

    @property
    def untried(self) -> int:
        """The mask of the programmes of associations that had not been tried."""
        mask = (1 << len(self.catalogue.programmes)) - 1
        for association in self.tried:
            mask &= ~self.catalogue.bits_of.get(association, 0)
        return mask

    def result(self) -> dict[str, object]:
        """What was decided, in the compact form."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Placed(Decision):
    """Offered to `programme`; `ranking` names the associations that were in the running, first served first.

    `certain` is false when a test is still to verify. `way` is in person or remote; `place` is the row of
    capacity it draws on; `tie_break` is the step that decided.
    """

    kind = "placed"
    association: str
    programme: str
    certain: bool
    way: Modality
    place: str
    tie_break: TieBreak
    ranking: tuple[str, ...]

    def result(self) -> dict[str, object]:
        positions = self.catalogue.association_positions
        return {
            "programme": self.catalogue.positions[self.programme],
            "certain": self.certain,
            "way": self.way.value,
            "place": self.place,
            "tie_break": self.tie_break.value,
            "ranking": [positions[association] for association in self.ranking],
        }


@dataclass(frozen=True, kw_only=True)
class Waitlisted(Decision):
    """Somebody fits, nobody has an opening now."""

    kind = "waitlisted"


@dataclass(frozen=True, kw_only=True)
class Unroutable(Decision):
    """Nobody fits, or all who fit were tried, or it went from hand to hand often enough: staff decide."""

    kind = "unroutable"
    why: Why

    def result(self) -> dict[str, object]:
        return {"why": self.why.value}


Outcome = Placed | Waitlisted | Unroutable


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(profile: Profile) -> str:
    return sha256(profile.canonical.encode()).hexdigest()


def write_moment(moment: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if moment is None else (moment - EPOCH) // MICROSECOND


def read_moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + value * MICROSECOND


def write_rows(rows: Rows) -> dict[str, list[int]]:
    return {place: [row.declared, row.taken, int(row.or_more)] for place, row in rows.items()}


def write_standing(standing: Standing, catalogue: Catalogue) -> list[object]:
    """Two lists, associations then programmes, each row starting with its place in the catalogue.

    A level is written only where there is one, so that records from before levels keep every byte.
    """
    associations = [
        [
            catalogue.association_positions[key],
            its.committed,
            its.objective,
            its.virtual_start.numerator,
            its.virtual_start.denominator,
            its.reach,
            write_moment(its.last_served),
            int(its.stop_at_objective),
            write_rows(its.places),
            *([] if its.level is None else its.level.as_integer_ratio()),
        ]
        for key, its in standing.associations.items()
    ]
    programmes = [
        [catalogue.positions[key], own.committed, own.weight, write_moment(own.last_served), write_rows(own.places)]
        for key, own in standing.programmes.items()
    ]
    return [sorted(associations, key=_position), sorted(programmes, key=_position)]


def _position(row: list[Any]) -> int:
    return int(row[0])
