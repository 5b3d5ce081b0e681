"""Reach: how many recent requests an association alone could have taken; scarcity breaks ARM's ties."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from matching.profile import Profile
from matching.reach import reach
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding
from portal.operations.routing import take_openings
from portal.queries.catalogue import router_of
from portal.queries.routing import current_campaign

RECENT = timedelta(days=90)
UNKNOWN = (ReferralState.AWAITING_CONSENT, ReferralState.ANONYMISED)


def recent_profiles(side: Side) -> Iterator[Profile]:
    """The requests of the last 90 days, confirmed and not erased since."""
    query = (
        select(Referral.profile)
        .where(Referral.side == side, Referral.received_at > clock.now() - RECENT, Referral.state.not_in(UNKNOWN))
        .order_by(Referral.received_at, Referral.id)
        .execution_options(yield_per=1000)
    )
    for facts in db.session.scalars(query):
        try:
            yield Profile.from_json(facts)
        except InvalidInputError:
            continue


def measure_reach(side: Side) -> dict[str, int]:
    """Measure and keep the reach of every association of the side (router's scope)."""
    campaign_id = current_campaign()
    measured = reach(router_of(side).catalogue, recent_profiles(side))
    if campaign_id is None or not measured:
        return measured
    take_openings(side)
    statement = insert(AssociationStanding)
    kept = statement.on_conflict_do_update(
        index_elements=["association_id", "campaign_id", "side"], set_={"reach": statement.excluded.reach}
    )
    of = {"campaign_id": campaign_id, "side": side, "committed": 0}
    db.session.execute(kept, [{**of, "association_id": UUID(key), "reach": alone} for key, alone in measured.items()])
    return measured
