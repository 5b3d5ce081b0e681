"""The rule of distribution as anybody may read it: which policy is in force, and how often a request goes on."""

from dataclasses import dataclass

from sqlalchemy import select

from matching.ranking import PolicyName
from portal.foundation.extensions import db
from portal.models.routing import RoutingPolicy

USUAL_HOPS = 3


@dataclass(frozen=True)
class FairShares:
    """The policy that routes today. hops: after that many associations, staff take over."""

    policy: PolicyName
    hops: int


def fair_shares() -> FairShares:
    """The highest version; ARM before there is any."""
    query = select(RoutingPolicy.name, RoutingPolicy.maximum_hops).order_by(RoutingPolicy.version.desc()).limit(1)
    found = db.session.execute(query).one_or_none()
    return FairShares(PolicyName(found.name), found.maximum_hops) if found else FairShares(PolicyName.ARM, USUAL_HOPS)
