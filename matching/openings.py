"""Openings: who has room now. A pause, an intake window and capacity say nothing of who fits."""

from datetime import date
from functools import lru_cache
from typing import TypeVar

from matching.index import Outcomes
from matching.profile import Profile
from matching.programme import Catalogue, Programme, places_of
from matching.ranking import Opening
from matching.standing import (
    AssociationStanding,
    Places,
    ProgrammeStanding,
    Rows,
    Standing,
    covering_row,
    specificity,
)
from matching.vocabulary import REMOTE, Modality

NATIONAL = ("country:FR",)
# Stands for a programme's own rows when none covers the person: it must not fall back on the shared ones.
NOWHERE = "elsewhere"
CLOSED = Places(0)

Its = TypeVar("Its", AssociationStanding, ProgrammeStanding)


def places_nearest_first(profile: Profile) -> tuple[str, ...]:
    """The places that cover the person, most specific first; an unknown home is in the country."""
    return _nearest_first(profile.places) if profile.places else NATIONAL


@lru_cache(maxsize=8192)
def _nearest_first(places: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(places, key=specificity))


def open_mask(catalogue: Catalogue, today: date) -> int:
    """The programmes that are neither paused nor out of their intake window."""
    mask = 0
    for position, programme in enumerate(catalogue.programmes):
        if programme.closed_because(today) is None:
            mask |= 1 << position
    return mask


def find_openings(catalogue: Catalogue, fits: Outcomes, places: tuple[str, ...], standing: Standing) -> list[Opening]:
    """The programmes that fit and have room, with the row each draws on."""
    _, here, _, far = fits
    found = [
        opening_of(
            catalogue.programmes[position],
            standing,
            places,
            in_person=bool(here >> position & 1),
            remote=bool(far >> position & 1),
        )
        for position in places_of(here | far)
    ]
    return [opening for opening in found if opening]


def opening_of(
    programme: Programme, standing: Standing, places: tuple[str, ...], *, in_person: bool, remote: bool
) -> Opening | None:
    """Room now: the most specific row that covers the person, then `remote` if that way fits too."""
    its = standing.association(programme.association)
    if its.stop_at_objective and its.stopped:
        return None
    rows = standing.programme(programme.id).places or its.places
    if in_person:
        place = covering_row(rows, places, remote=False)
        if place and rows[place].open:
            return Opening(programme.id, programme.association, Modality.IN_PERSON, place)
    if remote and REMOTE in rows and rows[REMOTE].open:
        return Opening(programme.id, programme.association, Modality.REMOTE, REMOTE)
    return None


def standing_used(catalogue: Catalogue, mask: int, places: tuple[str, ...], standing: Standing) -> Standing:
    """What of the standing could matter: those programmes' and the rows covering the person."""
    fitting = [catalogue.programmes[position] for position in places_of(mask)]
    return Standing(
        {each: _association(standing, each, places) for each in dict.fromkeys(p.association for p in fitting)},
        {each.id: _programme(standing, each.id, places) for each in fitting},
    )


def _association(standing: Standing, key: str, places: tuple[str, ...]) -> AssociationStanding:
    its = standing.association(key)
    return _with_rows(its, _covering(its.places, places))


def _programme(standing: Standing, key: str, places: tuple[str, ...]) -> ProgrammeStanding:
    own = standing.programme(key)
    if not own.places:
        return own
    kept = _covering(own.places, places) or {NOWHERE: CLOSED}
    return _with_rows(own, kept)


def _with_rows(its: Its, rows: Rows) -> Its:
    """The same standing with those rows alone. What was worked out of the rest is kept with it."""
    if len(rows) == len(its.places) and rows.keys() == its.places.keys():
        return its
    narrowed = object.__new__(type(its))
    vars(narrowed).update(vars(its), places=rows)
    return narrowed


def _covering(rows: Rows, places: tuple[str, ...]) -> Rows:
    here = covering_row(rows, places, remote=False)
    kept = {here: rows[here]} if here else {}
    if REMOTE in rows:
        kept[REMOTE] = rows[REMOTE]
    return kept
