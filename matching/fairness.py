"""How evenly associations have been served: exact figures over who declared an objective.

Everywhere, `sums` maps an association to (committed, objective); those without an objective are left out, and each
association counts for one whatever its size. Attainment is committed ÷ objective. Of nobody, all is 0 but Jain's
index, which is 1: nobody is treated unlike another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

Sums = Mapping[str, tuple[int, int]]
TENTH = 10
ZERO, ONE = Fraction(0), Fraction(1)


def attainments(sums: Sums) -> list[Fraction]:
    """Lowest first."""
    return sorted(Fraction(committed, objective) for committed, objective in sums.values() if objective > 0)


def lowest(sums: Sums) -> Fraction:
    """The attainment of the worst served."""
    return attainments(sums)[0] if attainments(sums) else ZERO


def tenth_percentile(sums: Sums) -> Fraction:
    """The lowest attainment that at least a tenth of the associations do not exceed (nearest rank)."""
    found = attainments(sums)
    return found[-(-len(found) // TENTH) - 1] if found else ZERO


def gini(sums: Sums) -> Fraction:
    """Half the mean difference between two attainments, over their mean: 0 all alike, (n − 1)/n one has all."""
    found = attainments(sums)
    total = sum(found, ZERO)
    if not total:
        return ZERO
    count = len(found)
    return sum(((2 * place - count + 1) * each for place, each in enumerate(found)), ZERO) / (count * total)


def jain(sums: Sums) -> Fraction:
    """Jain's index (Σ a)² / (n Σ a²) of attainments: 1 all alike, 1/n one has all."""
    found = attainments(sums)
    squares = sum((each * each for each in found), ZERO)
    return sum(found, ZERO) ** 2 / (len(found) * squares) if squares else ONE


def mean_shortfall(sums: Sums) -> Fraction:
    """What is missing to the objective, as a share of it, on average: 0 when all reached theirs."""
    found = attainments(sums)
    return sum((max(ONE - each, ZERO) for each in found), ZERO) / len(found) if found else ZERO


@dataclass(frozen=True, slots=True)
class Fairness:
    """The five figures together."""

    lowest: Fraction
    tenth_percentile: Fraction
    gini: Fraction
    jain: Fraction
    mean_shortfall: Fraction

    @classmethod
    def of(cls, sums: Sums) -> Self:
        return cls(lowest(sums), tenth_percentile(sums), gini(sums), jain(sums), mean_shortfall(sums))

    def to_json(self) -> dict[str, float]:
        """Rounded to a millionth."""
        return {name: round(float(getattr(self, name)), 6) for name in self.__slots__}
