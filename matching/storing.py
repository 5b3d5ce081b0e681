"""Storing a decision in a few hundred bytes, reading it back, and running it again."""

import json
import zlib
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any

from matching.decision import (
    Decision,
    Given,
    Outcome,
    Placed,
    Unroutable,
    Waitlisted,
    Why,
    digest_of,
    read_moment,
)
from matching.index import Outcomes
from matching.profile import Profile
from matching.programme import Catalogue
from matching.ranking import Policy, PolicyName, TieBreak
from matching.router import Router
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Rows, Standing
from matching.vocabulary import Modality

FORMAT = 1


class ReplayError(ValueError):
    """The stored form cannot be read, or no longer be run again; the message says why."""


def pack(decision: Decision) -> bytes:
    """A byte of format, 32 of digest, then compressed JSON. Catalogue and profile are kept apart."""
    return bytes([FORMAT]) + bytes.fromhex(decision.digest) + zlib.compress(decision.record)


def unpack(data: bytes, catalogue: Catalogue) -> Outcome:
    """The decision as it was taken. Raises ReplayError on other data, or on another catalogue."""
    document = _open(data)
    if document["catalogue"] != catalogue.digest:
        raise ReplayError("this decision was taken on another catalogue")
    return _decision(document, catalogue)


def catalogue_digest(data: bytes) -> str:
    """Which catalogue a stored decision refers to."""
    return str(_open(data)["catalogue"])


def rerun(data: bytes, catalogue: Catalogue, profile: Profile | None, router: Router | None = None) -> Outcome:
    """Run route() again from the stored standing: same engine, same digest. `router` spares compiling again.

    Raises ReplayError when the profile has been erased or is not the one decided on.
    """
    stored = unpack(data, catalogue)
    if profile is None:
        raise ReplayError("the facts of this request have been erased: it can no longer be replayed")
    if digest_of(profile) != stored.profile_digest:
        raise ReplayError("these are not the facts this decision was taken on")
    compiled = router.under(stored.policy) if router else Router(catalogue, stored.policy)
    return compiled.route(profile, stored.standing, stored.tried, stored.at)


def _open(data: bytes) -> dict[str, Any]:
    if data[:1] != bytes([FORMAT]):
        raise ReplayError("unknown format")
    try:
        record = zlib.decompress(data[33:])
    except zlib.error as error:
        raise ReplayError("unreadable") from error
    if sha256(record).digest() != data[1:33]:
        raise ReplayError("this decision has been altered")
    document: dict[str, Any] = json.loads(record)
    return document


def _decision(document: dict[str, Any], catalogue: Catalogue) -> Outcome:
    given = _given(document, catalogue)
    match document["kind"]:
        case "placed":
            return _placed(document, catalogue, given)
        case "waitlisted":
            return Waitlisted(**given)
        case "unroutable":
            return Unroutable(why=Why(document["why"]), **given)
    raise ReplayError("unknown kind")


def _given(document: dict[str, Any], catalogue: Catalogue) -> Given:
    name, version, hops, seed = document["policy"]
    return Given(
        request=document["request"],
        profile_digest=document["profile"],
        at=datetime.fromisoformat(document["at"]),
        policy=Policy(PolicyName(name), version, hops, seed),
        catalogue=catalogue,
        tried=frozenset(document["tried"]),
        outcomes=Outcomes(*(int(mask, 16) for mask in document["outcomes"])),
        standing=_standing(document["standing"], catalogue),
    )


def _placed(document: dict[str, Any], catalogue: Catalogue, given: Given) -> Placed:
    programme = catalogue.programmes[document["programme"]]
    return Placed(
        association=programme.association,
        programme=programme.id,
        certain=document["certain"],
        way=Modality(document["way"]),
        place=document["place"],
        tie_break=TieBreak(document["tie_break"]),
        ranking=tuple(catalogue.associations[position] for position in document["ranking"]),
        **given,
    )


def _standing(document: list[list[list[Any]]], catalogue: Catalogue) -> Standing:
    associations, programmes = document
    return Standing(
        {catalogue.associations[row[0]]: _association(row) for row in associations},
        {catalogue.programmes[row[0]].id: _programme(row) for row in programmes},
    )


def _association(row: list[Any]) -> AssociationStanding:
    _, committed, objective, above, below, reach, served, stop, places, *level = row
    return AssociationStanding(
        committed,
        objective,
        Fraction(above, below),
        reach,
        read_moment(served),
        bool(stop),
        _rows(places),
        Fraction(*level) if level else None,
    )


def _programme(row: list[Any]) -> ProgrammeStanding:
    _, committed, weight, served, places = row
    return ProgrammeStanding(committed, weight, read_moment(served), _rows(places))


def _rows(places: dict[str, list[int]]) -> Rows:
    return {place: Places(declared, taken, bool(more)) for place, (declared, taken, more) in places.items()}
