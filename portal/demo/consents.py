"""When addresses and guardians are confirmed, if ever."""

from datetime import datetime, timedelta
from random import Random

from matching.profile import Profile
from matching.vocabulary import Channel
from portal.demo.seeds import happens

_ADDRESS_CONFIRMED = {Channel.SELF: 0.965, Channel.FAMILY: 0.98, Channel.PROFESSIONAL: 0.99}
_GUARDIAN_CONFIRMED = 0.9
_LONGEST_ADDRESS = 70.0  # hours: one nobody confirms is erased after 72
_LONGEST_GUARDIAN = 13.0  # days: without a guardian's answer the request is erased after 14


def address_confirmed(received: datetime, known: Profile, random: Random) -> datetime | None:
    """Draw when the address of who filled the form was confirmed: minutes mostly, days at times."""
    odds = _ADDRESS_CONFIRMED[known.channel or Channel.SELF]
    if not happens(random, odds):
        return None
    hours = min(random.lognormvariate(-2.2, 1.4), _LONGEST_ADDRESS)
    return _whole_seconds(received + timedelta(hours=hours))


def guardian_confirmed(received: datetime, random: Random) -> datetime | None:
    """Draw when the guardian followed the link: a day or two mostly, after a reminder at times."""
    if not happens(random, _GUARDIAN_CONFIRMED):
        return None
    days = min(random.lognormvariate(-0.2, 0.9), _LONGEST_GUARDIAN)
    return _whole_seconds(received + timedelta(days=days))


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
