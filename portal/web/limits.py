"""How often one address may knock. A silent counter lets people in: nobody is refused because our queue is down."""

import logging

from flask import abort
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from redis.exceptions import RedisError

from portal.foundation.extensions import limiter

log = logging.getLogger(__name__)
LOOKS = RateLimitItemPerMinute(30)
SUBMISSIONS = RateLimitItemPerHour(5)
ANSWERS = RateLimitItemPerMinute(60)  # pages that are dear to compute
DRAFTS = RateLimitItemPerHour(120)  # a whole class may begin behind one address


def refuse_too_many(limit: RateLimitItem, purpose: str) -> None:
    """Answer 429 once this address has come too often for this purpose."""
    if not limiter.enabled:
        return
    try:
        within = limiter.limiter.hit(limit, purpose, get_remote_address())
    except (RedisError, StorageError, OSError):
        log.warning("limit_not_counted")
        return
    if not within:
        abort(429)
