"""The ways of meeting that are tried for a person."""

from matching.profile import Profile
from matching.vocabulary import Modality

IN_PERSON = (Modality.IN_PERSON, Modality.HYBRID)
WAYS = (*IN_PERSON, Modality.REMOTE)
EITHER = frozenset({Modality.IN_PERSON, Modality.REMOTE})


def accepted_ways(profile: Profile) -> tuple[Modality, ...]:
    """The ways of meeting to try: all three while the person's choice is unknown."""
    return ways_among(profile.modalities)


def ways_among(modalities: frozenset[Modality] | None) -> tuple[Modality, ...]:
    """The same from the choice itself. Who accepts both ways accepts a mix of them."""
    if modalities is None:
        return WAYS
    mixed = modalities >= EITHER
    return tuple(way for way in WAYS if way in modalities or (mixed and way is Modality.HYBRID))
