"""What one round of routing was allowed to do, and had to do."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from matching.vocabulary import Side
from portal.models.referral import ReferralState, UnroutableWhy
from tests.stateful.model import Model, Offer, Request

R = ReferralState
PASSES = {"waitlist": R.WAITLISTED, "unroutable": R.UNROUTABLE}
LOOKED_AT_AGAIN = {UnroutableWhy.NONE, UnroutableWhy.EXHAUSTED}


class Round:
    """Made before the round; looked_at: the requests it must decide on, with where each could go."""

    def __init__(self, model: Model, sides: Sequence[Side], what: Sequence[str]) -> None:
        self.model = model
        states = {R.TO_ROUTE, *(PASSES[name] for name in what)}
        self.looked_at = {
            request.id: request
            for request in model.requests.values()
            if request.side in sides and request.state in states and self._open_to_routing(request)
        }
        self.before = {request.id: request.why for request in self.looked_at.values()}
        self.unroutable_before = {key for key, one in self.looked_at.items() if one.state is R.UNROUTABLE}

    @staticmethod
    def _open_to_routing(request: Request) -> bool:
        return request.state is not R.UNROUTABLE or request.why in LOOKED_AT_AGAIN

    def follow(self, made: Sequence[tuple[Any, ...]]) -> None:
        """Each offer was allowed: to who fits, is untried and open, on the right row; none beyond its amount."""
        for offer_id, request_id, *rest in made:
            request = self.looked_at[request_id]
            self._allowed(request, *rest[:3])
            request.offers.append(Offer(offer_id, *rest))
            request.state, request.why = R.PLACED, None
        for row in {offer[4] for offer in made}:
            assert self.model.taken(self.model.rows[row]) <= self.model.rows[row].amount
        self._nearer_rows_were_full(made)

    def _allowed(self, request: Request, association: UUID, programme_id: UUID, row_id: UUID) -> None:
        programme = self.model.programmes[programme_id]
        assert association == programme.association
        assert association not in request.tried
        assert association not in self.model.paused
        assert len(request.tried) < 3
        assert self.model.fits(request, programme)
        assert self.model.rows[row_id] in self.model.rows_for(request, programme)

    def _nearer_rows_were_full(self, made: Sequence[tuple[Any, ...]]) -> None:
        for _, request_id, _, programme_id, row_id, *_ in made:
            rows = self.model.rows_for(self.looked_at[request_id], self.model.programmes[programme_id])
            for nearer in rows[: rows.index(self.model.rows[row_id])]:
                assert self.model.taken(nearer) >= nearer.amount

    def settle(self, found: dict[UUID, tuple[Any, ...]]) -> None:
        """Whoever got no offer could have none: a place is never left open beside somebody it fits."""
        for request in self.looked_at.values():
            if request.state is R.PLACED:
                continue
            verdict = self.model.verdict(request)
            assert verdict is not None, f"{request.id} waits although a place is open"
            unmoved = request.id in self.unroutable_before and verdict[0] is R.UNROUTABLE
            request.state, request.why = verdict[0], self.before[request.id] if unmoved else verdict[1]
            assert found[request.id][:2] == (request.state, request.why)
