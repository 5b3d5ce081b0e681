"""Forecasts: every morning, where each association will stand at the end of the campaign."""

import logging

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.forecasts import make_forecasts

log = logging.getLogger(__name__)


def foresee() -> None:
    """Once a day; again the same day, it only corrects what was foreseen that day."""
    with transaction(Scope(DatabaseRole.JOBS)):
        made = make_forecasts()
    log.info("forecasts_made", extra={"forecasts": made})
