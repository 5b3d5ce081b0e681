"""The side and the campaign that an address of the objectives names."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from admin.filters import SIDES, id_of
from matching.vocabulary import Side
from portal.foundation.errors import Hidden
from portal.models.campaign import Campaign
from portal.queries.campaigns import Stage, campaign_of, campaigns, running_campaign, stage_of

SIDE_LABELS = {"jeunes": "Jeunes", "benevoles": "Bénévoles"}


@dataclass(frozen=True)
class Chosen:
    """The side and campaign in the address; campaign None when there has never been one."""

    side_name: str
    campaign: Campaign | None

    @property
    def side(self) -> Side:
        return SIDES[self.side_name]

    def url(self, endpoint: str, **changed: Any) -> str:
        campaign = self.campaign.id if self.campaign else None
        return url_for(endpoint, **({"cote": self.side_name, "campagne": campaign} | changed))

    def tabs(self, endpoint: str, **more: Any) -> list[dict[str, Any]]:
        return [
            {"label": words, "url": self.url(endpoint, cote=name, **more), "active": name == self.side_name}
            for name, words in SIDE_LABELS.items()
        ]


def chosen() -> Chosen:
    """Raises Hidden for a campaign that does not exist."""
    side_name, asked = request.args.get("cote", ""), request.args.get("campagne")
    return Chosen(side_name if side_name in SIDES else "jeunes", _named(asked) if asked else _usual_campaign())


def _named(asked: str) -> Campaign:
    campaign_id = id_of(asked)
    found = campaign_of(campaign_id) if campaign_id else None
    if found is None:
        raise Hidden
    return found


def _usual_campaign() -> Campaign | None:
    """Today's, else the next one, else the last one."""
    found = campaigns()
    ahead = [one for one in found if stage_of(one) is Stage.FUTURE]
    return running_campaign() or (ahead[-1] if ahead else next(iter(found), None))
