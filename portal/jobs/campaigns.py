"""The eve of a campaign: what has changed in the last one since it was opened comes with it."""

from datetime import timedelta

from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.campaigns import carry_again
from portal.queries.campaigns import campaigns


def carry_over() -> None:
    """Objectives still provisional, and places, of the campaign that begins tomorrow."""
    tomorrow = clock.today() + timedelta(days=1)
    with transaction(Scope(DatabaseRole.STAFF)):
        for campaign in campaigns():
            if campaign.starts_on == tomorrow:
                carry_again(campaign, by=None)
