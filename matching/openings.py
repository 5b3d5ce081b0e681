"""Openings: who has room now. A pause, an intake window and capacity say nothing of who fits."""

from datetime import date

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


def places_nearest_first(profile: Profile) -> tuple[str, ...]:
    """The places that cover the person, most specific first; an unknown home is in the country."""
    return tuple(sorted(profile.places, key=specificity)) if profile.places else NATIONAL


def open_mask(catalogue: Catalogue, today: date) -> int:
    """The programmes that are neither paused nor out of their intake window."""
    mask = 0
    for position, programme in enumerate(catalogue.programmes):
        if programme.closed_because(today) is None:
            mask |= 1 << position
    return mask


def find_openings(catalogue: Catalogue, fits: Outcomes, places: tuple[str, ...], standing: Standing) -> list[Opening]:
    """The programmes that fit and have room, with the row each draws on."""
    found = []
    for position in places_of(fits.possible):
        opening = opening_of(
            catalogue.programmes[position],
            standing,
            places,
            in_person=bool(fits.in_person_possible >> position & 1),
            remote=bool(fits.remote_possible >> position & 1),
        )
        if opening:
            found.append(opening)
    return found


def opening_of(
    programme: Programme, standing: Standing, places: tuple[str, ...], *, in_person: bool, remote: bool
) -> Opening | None:
    """Room now: the most specific row that covers the person, then `remote` if that way fits too."""
    if standing.association(programme.association).stopped:
        return None
    rows = standing.rows(programme.association, programme.id)
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
    return AssociationStanding(
        its.committed,
        its.objective,
        its.virtual_start,
        its.reach,
        its.last_served,
        its.stop_at_objective,
        _covering(its.places, places),
    )


def _programme(standing: Standing, key: str, places: tuple[str, ...]) -> ProgrammeStanding:
    own = standing.programme(key)
    if not own.places:
        return own
    kept = _covering(own.places, places) or {NOWHERE: CLOSED}
    return ProgrammeStanding(own.committed, own.weight, own.last_served, kept)


def _covering(rows: Rows, places: tuple[str, ...]) -> Rows:
    kept = (covering_row(rows, places, remote=False), covering_row(rows, places, remote=True))
    return {place: rows[place] for place in kept if place}
