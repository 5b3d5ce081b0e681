"""One request on its way through the season: its row, its facts, what has happened to it so far."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from matching.profile import Profile
from portal.demo.season import DemoRequest
from portal.models.referral import Awaited, ReferralState, UnroutableWhy


@dataclass
class Journey:
    """Stands in for the referral's row while the season is lived through (id, number, profile, version and hops)."""

    id: UUID
    number: str
    request: DemoRequest
    facts: Profile
    state: ReferralState
    state_since: datetime
    version: int = 1
    hops: int = 0
    unroutable_why: UnroutableWhy | None = None
    awaiting: list[str] = field(default_factory=list)
    tried: frozenset[str] = frozenset()
    assignment: dict[str, Any] | None = None
    fitting: int = 0

    @property
    def profile(self) -> dict[str, object]:
        return self.facts.to_json()

    def move(self, state: ReferralState, at: datetime, why: UnroutableWhy | None = None) -> None:
        self.state, self.state_since, self.unroutable_why = state, at, why
        self.version += 1

    def still_awaited(self, now: datetime) -> list[str]:
        """What is missing at that instant before it may be routed."""
        request = self.request
        missing = []
        if request.address_confirmed_at is None or request.address_confirmed_at > now:
            missing.append(Awaited.ADDRESS.value)
        needs_guardian = request.needs_guardian
        if needs_guardian and (request.guardian_confirmed_at is None or request.guardian_confirmed_at > now):
            missing.append(Awaited.GUARDIAN.value)
        return missing
