"""The staff's tab « Prévision »: where each association will stand at the end of the campaign, and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matching.vocabulary import Side
from portal.models.campaign import Campaign
from portal.queries.forecasts import DAY
from portal.queries.foreseen import ForecastLine, committed_by_week, forecast_lines, worth
from portal.web.charts import DataTable, Progress
from portal.web.figures import forecasts
from portal.web.figures.charts import Told
from portal.web.typography import french


@dataclass(frozen=True)
class Prospect:
    """One side of the campaign. lines: the lowest expected attainment first; empty when nothing can be said."""

    campaign: Campaign | None
    side: Side
    lines: Sequence[ForecastLine]

    @property
    def heading(self) -> str:
        return forecasts.network_finding(self.lines)

    @property
    def why_nothing(self) -> str:
        if self.campaign is None:
            return french("La prévision vaut pour une campagne : aucune n’est en cours.")
        return french(forecasts.NONE_YET)

    @property
    def sheet(self) -> DataTable:
        return forecasts.sheet(self.lines, self.side)

    def drawing(self) -> Told | None:
        """Two statements, and a few more the first time in a day, to tell what the forecast is worth."""
        if self.campaign is None or not self.lines:
            return None
        made_on = self.lines[0].made_on
        before = committed_by_week(self.campaign, self.side, made_on - DAY)
        own = worth(self.campaign, self.side, made_on)
        return forecasts.network_chart(self.lines, before, self.campaign, self.side, own)

    def rows(self) -> list[dict[str, Any]]:
        """A bar as wide as the objective, or as twice the objective once somebody is beyond: its mark is the objective."""
        beyond = 2 if any(line.expected > line.objective for line in self.lines if line.objective) else 1
        return [
            {
                "line": line,
                "bar": Progress(line.expected, line.objective * beyond, 1 / beyond) if line.objective else None,
            }
            for line in self.lines
        ]


def prospect(campaign: Campaign | None, side: Side) -> Prospect:
    """One statement."""
    return Prospect(campaign, side, forecast_lines(campaign.id, side) if campaign else ())
