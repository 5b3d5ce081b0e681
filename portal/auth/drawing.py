"""The secret of a second factor as it is shown: a QR code drawn as SVG, and the same in groups of letters."""

from dataclasses import dataclass

import segno
from markupsafe import Markup

from portal.foundation.config import settings
from portal.models.account import Account
from portal.operations.second_factor import enrolment_address, new_secret, open_offer, seal_offer

GROUP = 4
INK, PAPER = "#1c2630", "#ffffff"


@dataclass(frozen=True)
class Offer:
    """A secret not confirmed yet. sealed: the same for the form's hidden field."""

    secret: str
    sealed: str
    address: str

    @property
    def drawing(self) -> Markup:
        """An inline <svg>: attributes only, no style."""
        code = segno.make(self.address, error="m", micro=False)
        words = "Code QR à scanner avec votre application"
        return Markup(code.svg_inline(scale=4, border=2, dark=INK, light=PAPER, title=words, svgclass="qr"))  # noqa: S704

    @property
    def grouped(self) -> str:
        return " ".join(self.secret[at : at + GROUP] for at in range(0, len(self.secret), GROUP))


def offer_for(account: Account, sealed: str | None) -> Offer:
    """The secret this form was drawn with, else a new one: what was scanned stays good after a mistyped code."""
    secret = (open_offer(sealed, account.id) if sealed else None) or new_secret()
    address = enrolment_address(secret, mail=account.mail, brand=settings().brand_name)
    return Offer(secret, seal_offer(secret, account.id), address)
