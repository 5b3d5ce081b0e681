"""Running replays, one at a time under a lease, and waking a worker for those that were left."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.pulse import signs_of_life
from portal.operations.reliving import NothingToReplay, gather, relive
from portal.operations.replays import (
    MOST_ATTEMPTS,
    Claimed,
    claim_replay,
    fail_replay,
    finish_replay,
    give_back,
    lease,
    note_progress,
    renew_lease,
    sweep_replays,
)

log = logging.getLogger(__name__)
JOBS, ROUTER = Scope(DatabaseRole.JOBS), Scope(DatabaseRole.ROUTER, read_only=True)
GATHERED, LIVED = 20, 95
BROKEN = "Ce rejeu a échoué. L’équipe technique en est avertie\u00a0: redemandez-le plus tard."


def run(replay_id: str) -> None:
    """Run it, unless somebody else does or it is done. Its state and its progress are written as it goes."""
    with transaction(JOBS):
        claimed = claim_replay(UUID(replay_id))
    if claimed is None:
        return
    try:
        with signs_of_life(partial(renew_lease, claimed), lease()):
            report = _report(claimed)
    except NothingToReplay as why:
        _fail(claimed, str(why))
    except Exception:
        log.exception("replay_broken", extra={"replay_id": replay_id})
        _give_back_or_fail(claimed)  # the database may have been restarted under it
    else:
        with transaction(JOBS):
            finish_replay(claimed, report)


def _report(claimed: Claimed) -> dict[str, Any]:
    """What is read is let go of before anything is lived: a long replay holds no snapshot."""
    with transaction(ROUTER):
        gathered = gather(claimed)
    _progress(claimed, GATHERED)
    return relive(claimed, gathered, lambda done, of: _progress(claimed, GATHERED + (LIVED - GATHERED) * done // of))


def _progress(claimed: Claimed, progress: int) -> None:
    """In a transaction of its own: whoever waits sees it at once."""
    with transaction(JOBS):
        note_progress(claimed, progress)


def _give_back_or_fail(claimed: Claimed) -> None:
    if claimed.attempt == MOST_ATTEMPTS:
        _fail(claimed, BROKEN)
        return
    with transaction(JOBS):
        give_back(claimed)


def _fail(claimed: Claimed, why: str) -> None:
    with transaction(JOBS):
        fail_replay(claimed, why)


def sweep() -> None:
    """Whatever waits without a worker, or was left half run."""
    with transaction(JOBS):
        woken = sweep_replays()
    if woken:
        log.info("replays_woken", extra={"replays": woken})
