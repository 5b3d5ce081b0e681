"""How often one may knock, and how often strangers may have us write to one mailbox.

A silent counter lets people in: nobody is refused because our queue is down.
"""

import logging
from collections.abc import Iterable

from flask import abort
from flask_babel import lazy_gettext as _
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from redis.exceptions import RedisError

from portal.foundation.crypto import vault
from portal.foundation.extensions import limiter
from portal.models.person import normalised_mail

log = logging.getLogger(__name__)
LOOKS = RateLimitItemPerMinute(30)
SUBMISSIONS = RateLimitItemPerHour(5)
ANSWERS = RateLimitItemPerMinute(60)  # pages that are dear to compute
LETTERS = RateLimitItemPerDay(5)  # to one mailbox, from forms that anybody may fill in with anybody's address
LETTERS_AT_WORK = RateLimitItemPerDay(20)  # whoever registers young people as their work is written to about each
WAKES = RateLimitItemPerHour(60)  # each one is written in the journal
DRAFTS = RateLimitItemPerHour(120)  # a whole class may begin behind one address
FULL = _(
    "Trop de demandes sont parties aujourd’hui avec cette adresse e-mail. Cette demande n’est pas partie\u00a0: l’envoi"
    " sera de nouveau possible demain, ou dès maintenant avec une autre adresse."
)


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


def written_too_often(mails: Iterable[str], limit: RateLimitItem = LETTERS) -> bool:
    """Whether strangers have had us write to one of these mailboxes too often today; counted for each when not."""
    keys = [_key_of(mail) for mail in set(map(normalised_mail, mails))]
    if not limiter.enabled:
        return False
    try:
        if not all(limiter.limiter.test(limit, "letters", key) for key in keys):
            return True
        counted = [limiter.limiter.hit(limit, "letters", key) for key in keys]
    except (RedisError, StorageError, OSError):
        log.warning("limit_not_counted")
        return False
    return not all(counted)


def _key_of(mail: str) -> str:
    """The counter never holds an address."""
    return vault().blind_index("letters", mail).hex()
