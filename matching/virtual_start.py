"""V, the virtual start: who joins or raises its objective in mid-campaign does not swallow every request."""

from collections.abc import Iterable
from fractions import Fraction
from statistics import median

from matching.index import compiled
from matching.profile import Profile
from matching.programme import Catalogue, places_of

THOUSANDTHS = 1000
HIGHEST = Fraction(99, 100)


def competitors(catalogue: Catalogue, association: str, recent: Iterable[Profile]) -> frozenset[str]:
    """The other associations that could have taken some of the recent requests it could have taken."""
    index = compiled(catalogue)
    own, shared = catalogue.bits_of.get(association, 0), 0
    for profile in recent:
        fits = index.outcomes(profile).possible
        if fits & own:
            shared |= fits
    return frozenset(catalogue.programmes[each].association for each in places_of(shared & ~own))


def virtual_start(
    objective: int,
    committed: int,
    competitor_keys: Iterable[Fraction],
    own_key_before: Fraction | None = None,
) -> Fraction:
    """V for a new version of an objective, to be frozen with it.

    `competitor_keys` are the attainments of its competitors that have an objective: without any, V is 0.
    `own_key_before` is its own attainment under the version before, None at its first opening.
    """
    keys = list(competitor_keys)
    if not keys or objective <= 0:
        return Fraction(0)
    target = min([median(keys), *([] if own_key_before is None else [own_key_before])])
    target = min(Fraction(int(target * THOUSANDTHS), THOUSANDTHS), HIGHEST)
    return max(Fraction(0), (target * objective - committed) / (1 - target))
