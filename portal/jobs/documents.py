"""Drawing documents, one at a time under a lease, and waking a worker for those that were left."""

import logging
from functools import partial
from uuid import UUID

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.drawings import DRAWINGS, NothingToDraw
from portal.jobs.pulse import signs_of_life
from portal.operations.documents import (
    MOST_ATTEMPTS,
    Claimed,
    claim_document,
    fail_document,
    finish_document,
    give_back,
    keep_company_kits,
    lease,
    note_progress,
    renew_lease,
    sweep_documents,
)
from portal.paper.printing import NotPrinted, PressKilled, Printed, print_pages

log = logging.getLogger(__name__)
GATHERED, COMPOSED, LAID_OUT = 25, 45, 85
BROKEN = "Le dessin de ce document a échoué. L’équipe technique en est avertie\u00a0: redemandez-le plus tard."


def draw(document_id: str) -> None:
    """Draw it, unless somebody else does or it is done. Its state and its progress are written as it goes."""
    with transaction(Scope(DatabaseRole.JOBS)):
        claimed = claim_document(UUID(document_id))
    if claimed is None:
        return
    try:
        with signs_of_life(partial(renew_lease, claimed), lease()):
            printed = _printed(claimed)
    except PressKilled as why:
        _give_back_or_fail(claimed, str(why))
    except (NotPrinted, NothingToDraw) as why:
        _fail(claimed, str(why))
    except Exception:
        log.exception("document_broken", extra={"document_id": document_id})
        _give_back_or_fail(claimed, BROKEN)  # the database may have been restarted under it
    else:
        with transaction(Scope(DatabaseRole.JOBS)):
            finish_document(claimed, printed.file, printed.pages)


def _printed(claimed: Claimed) -> Printed:
    drawing = DRAWINGS[claimed.kind]
    found = drawing.gathered(claimed)
    _progress(claimed, GATHERED)
    html = drawing.compose(found)
    _progress(claimed, COMPOSED)
    return print_pages(html, lambda _: _progress(claimed, LAID_OUT))


def _progress(claimed: Claimed, progress: int) -> None:
    """In a transaction of its own: whoever waits sees it at once."""
    with transaction(Scope(DatabaseRole.JOBS)):
        note_progress(claimed, progress)


def _give_back_or_fail(claimed: Claimed, why: str) -> None:
    if claimed.attempt == MOST_ATTEMPTS:
        _fail(claimed, why)
        return
    with transaction(Scope(DatabaseRole.JOBS)):
        give_back(claimed)


def _fail(claimed: Claimed, why: str) -> None:
    with transaction(Scope(DatabaseRole.JOBS)):
        fail_document(claimed, why)


def sweep() -> None:
    """Whatever waits without a worker, was left half drawn, or is a kit that nobody has drawn yet."""
    with transaction(Scope(DatabaseRole.JOBS)):
        keep_company_kits()
        woken = sweep_documents()
    if woken:
        log.info("documents_woken", extra={"documents": woken})
