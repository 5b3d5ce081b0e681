"""Reach, the measure of scarcity: how many recent requests an association alone could have taken."""

from collections.abc import Iterable

from matching.index import compiled
from matching.profile import Profile
from matching.programme import Catalogue


def reach(catalogue: Catalogue, recent: Iterable[Profile]) -> dict[str, int]:
    """For each association of the catalogue, the recent requests that fit it and no other."""
    index = compiled(catalogue)
    alone = dict.fromkeys(catalogue.associations, 0)
    for profile in recent:
        fits = index.outcomes(profile).possible
        if fits:
            association = catalogue.programmes[fits.bit_length() - 1].association
            if not fits & ~catalogue.bits_of[association]:
                alone[association] += 1
    return alone
