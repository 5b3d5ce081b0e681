"""What a measure gives back, and how hard it is asked to try."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Effort:
    """share: how much of the full measure to run (1.0: all of it). folder: empty, for servers and files; not kept."""

    share: float
    folder: Path

    def of(self, full: float, least: int = 1) -> int:
        return max(least, round(full * self.share))


@dataclass(frozen=True)
class Figure:
    """One measured figure. key: its name in bench.json. goal: what it should be at most (at_most) or at least.

    peer: the same thing done in the plain way, measured in the same run; ratio: how many times better we are.
    """

    key: str
    value: float
    unit: str
    goal: float | None = None
    peer: float | None = None
    at_most: bool = True

    @property
    def ratio(self) -> float | None:
        if not self.peer or not self.value:
            return None
        return self.peer / self.value if self.at_most else self.value / self.peer

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def to_json(self) -> dict[str, float | str | bool | None]:
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "goal": self.goal,
            "reached": self.reached,
            "peer": self.peer and round(self.peer, 4),
            "ratio": self.ratio and round(self.ratio, 2),
        }
