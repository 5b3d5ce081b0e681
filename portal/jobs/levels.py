"""The levels that `projected` ranks by, solved once a day and as soon as it is published."""

import logging

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.foundation.locks import share_openings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.levels import keep_levels
from portal.queries.demand import levels_today
from portal.queries.routing import board_of

log = logging.getLogger(__name__)
JOBS, ROUTER = Scope(DatabaseRole.JOBS), Scope(DatabaseRole.ROUTER, read_only=True)


def solve() -> None:
    """Nothing to do under another policy: levels left from before are no longer read."""
    for side in Side:
        with transaction(ROUTER):
            board = board_of(side)
            projected = board.router.policy.name is PolicyName.PROJECTED
            levels = levels_today(board) if projected else {}
        if projected and board.campaign_id is not None:
            with transaction(JOBS):
                share_openings(side)
                kept = keep_levels(side, board.campaign_id, levels)
            log.info("levels_solved", extra={"side": side.value, "levels": kept})
