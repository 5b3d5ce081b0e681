"""What an association is told of where it will stand at the end of the campaign: its own forecasts, and no others."""

from dataclasses import dataclass
from uuid import UUID

from matching.vocabulary import Side
from portal.models.campaign import Campaign
from portal.queries.forecasts import DAY
from portal.queries.foreseen import committed_by_week, forecast_lines
from portal.web.figures.charts import Told
from portal.web.figures.forecasts import own_chart, own_sentence


@dataclass(frozen=True)
class Foretold:
    """One side: the forecast in a sentence, and drawn."""

    sentence: str
    drawing: Told


def foretold(campaign: Campaign, side: Side, association_id: UUID) -> Foretold | None:
    """The last forecast; None when there is none, or none of this week. Three statements."""
    line = next(iter(forecast_lines(campaign.id, side, association_id)), None)
    if line is None:
        return None
    before = committed_by_week(campaign, side, line.made_on - DAY, association_id)
    return Foretold(own_sentence(line, side), own_chart(line, before, campaign, side))
