"""What a message may know of the request it is about, and the voice it speaks in."""

from dataclasses import dataclass
from datetime import datetime

from matching.vocabulary import Channel, Side
from portal.mail.letter import Closing, Link


@dataclass(frozen=True)
class Subject:
    """Links are absolute. unconfirmed_until, guardian_until: when a request nobody confirms is erased.

    forgotten_on: when nothing personal of an old request is kept any more.
    """

    number: str
    side: Side
    channel: Channel
    tracking_url: str
    address_url: str
    guardian_url: str
    undecided_days: int
    applicant_days: int
    unconfirmed_until: datetime
    guardian_until: datetime
    forgotten_on: datetime
    association: str | None = None

    @property
    def familiar(self) -> bool:
        """The young are said « tu »."""
        return self.side is Side.MENTEE and self.channel is Channel.SELF

    @property
    def offers(self) -> bool:
        """Whether somebody offers to mentor, rather than looks for a mentor."""
        return self.side is Side.MENTOR

    def said(self, young: str, others: str, mentor: str | None = None) -> str:
        """The words that suit who reads; a mentor reads those of others unless there are some of their own."""
        if self.offers:
            return others if mentor is None else mentor
        return young if self.familiar else others

    @property
    def called(self) -> str:
        """« Demande 2026-00001 »: what it is called in an object."""
        return f"{'Proposition' if self.offers else 'Demande'} {self.number}"

    @property
    def owned(self) -> str:
        return self.said("ta demande", "la demande", "votre proposition")

    @property
    def who(self) -> str:
        return self.association or "L’association"

    @property
    def closing(self) -> Closing:
        """For whoever made the request: the tracking page is where they choose what they are told."""
        return Closing(self._why, Link("Choisir ce que je reçois", f"{self.tracking_url}#courriels"))

    @property
    def last_closing(self) -> Closing:
        """Once it is over there is nothing left to choose."""
        return Closing(self._why)

    @property
    def _why(self) -> str:
        given = "ce message parce que cette adresse a été donnée pour la"
        what = f"{'proposition' if self.offers else 'demande'} {self.number}"
        return f"{self.said('Tu reçois', 'Vous recevez')} {given} {what}."
