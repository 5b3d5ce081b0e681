"""Figures: what events have appended is folded into the sums by day."""

import logging

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.figures import fold_figures

log = logging.getLogger(__name__)


def fold() -> None:
    with transaction(Scope(DatabaseRole.JOBS)):
        moved = fold_figures()
    log.info("figures_folded", extra={"sums": moved})
