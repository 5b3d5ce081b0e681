"""Telephone numbers as people read them in France."""

import phonenumbers

from portal.web.typography import NBSP

FRANCE = 33


def telephone_said(number: str) -> str:
    """« 06 39 98 00 01 » for a number of France, « +32 2 … » for another; as it is when it is none."""
    try:
        read = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    near, far = phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(read, near if read.country_code == FRANCE else far).replace(" ", NBSP)
