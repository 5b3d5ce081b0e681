"""Where a process may die: every kill point by its name, with words, and how the launcher finds its passage."""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a process stands at a point: relative to one function of the product."""

    BEGINS = "the function is about to begin"
    ENDS = "the function has just ended"
    UNCOMMITTED = "what the function wrote is about to be committed"
    COMMITTED = "what the function wrote has just been committed, and nobody was told"


class Load(StrEnum):
    """What is going on meanwhile: what makes some process pass the point."""

    REQUESTS = "requests are sent, confirmed, routed, answered, and mails leave for each"
    DOCUMENT = "a document is asked for"
    MORNING = "an association's morning file is due"


@dataclass(frozen=True)
class Point:
    """where: "module:function" or "module:Class.method". found: its passage counts only when it returns something.

    most: the kill falls on one of that many passages.
    """

    name: str
    words: str
    where: str
    moment: Moment
    load: Load = Load.REQUESTS
    found: bool = False
    most: int = 1


def around(
    name: str, words: str, where: str, *, load: Load = Load.REQUESTS, found: bool = False, most: int = 1
) -> tuple[Point, Point]:
    """Both sides of the commit of what a function writes."""
    return (
        Point(f"{name}.before_commit", f"{words}; not committed", where, Moment.UNCOMMITTED, load, found, most),
        Point(f"{name}.after_commit", f"{words}; committed, nobody woken", where, Moment.COMMITTED, load, found, most),
    )


WEB = (
    *around("submit", "the web server has received a request", "portal.operations.intake:submit_referral"),
    *around("confirm", "the web server has an address confirmed", "portal.operations.tracking:confirm_address"),
    *around("answer", "the web server has a coordinator's answer", "portal.operations.assignments:_answer"),
)
WORKER = (
    Point(
        "job.taken",
        "a worker has taken a wake-up and done nothing yet",
        "portal.jobs.worker:PortalWorker.execute_job",
        Moment.BEGINS,
        most=6,
    ),
    Point(
        "job.done",
        "a worker has done a job and not said so",
        "portal.jobs.worker:PortalWorker.execute_job",
        Moment.ENDS,
        most=6,
    ),
    Point(
        "drain.leading",
        "a worker leads the routing and has not begun",
        "portal.jobs.routing:route_batches",
        Moment.BEGINS,
    ),
    *around("drain", "a worker has routed a batch", "portal.operations.recording:Record.write"),
    *around("apply", "a worker has applied an answer", "portal.operations.answers:_apply"),
    *around("seal", "a worker has sealed the journal", "portal.operations.journal_chain:seal_pending", found=True),
    *around("fold", "a worker has folded figures", "portal.operations.figures:fold_figures", found=True),
    *around(
        "turn.begun",
        "a worker has begun a turn of the timetable",
        "portal.operations.job_tracks:begin",
        found=True,
        most=6,
    ),
    *around("turn.ended", "a worker has ended a turn", "portal.operations.job_tracks:finish", most=6),
    Point(
        "schedule.claimed",
        "the scheduler has taken a turn and woken nobody",
        "portal.jobs.schedule:Keeper._claimed",
        Moment.ENDS,
        found=True,
        most=2,
    ),
)
MAIL = (
    *around(
        "mail.claimed",
        "a worker has claimed messages and told the server nothing",
        "portal.operations.claims:claim",
        found=True,
    ),
    *around("spread", "a worker has made one message for each member", "portal.operations.sending:spread"),
    Point(
        "mail.before_data_ends",
        "a worker has said a whole message but for its last dot",
        "portal.operations.claims:still_ours",
        Moment.BEGINS,
        most=2,
    ),
    Point(
        "mail.after_250",
        "the mail server has taken a message, the outbox does not know (the honest window)",
        "portal.operations.sending:hand_over",
        Moment.ENDS,
        most=2,
    ),
    *around("mail", "the outbox has what became of a message", "portal.operations.sending:settle", most=2),
)
DRAWING = (
    *around(
        "document.claimed",
        "a worker has taken a document",
        "portal.operations.documents:claim_document",
        load=Load.DOCUMENT,
        found=True,
    ),
    Point(
        "document.drawing",
        "a worker is about to have a document printed",
        "portal.paper.printing:print_pages",
        Moment.BEGINS,
        Load.DOCUMENT,
    ),
    *around(
        "document", "a worker has a document's file", "portal.operations.documents:finish_document", load=Load.DOCUMENT
    ),
)
MORNING = (
    *around(
        "morning.opened",
        "a worker has opened the day's files",
        "portal.operations.morning:open_day",
        load=Load.MORNING,
        found=True,
    ),
    *around(
        "morning.claimed",
        "a worker has taken an association's file",
        "portal.operations.morning:claim_file",
        load=Load.MORNING,
        found=True,
    ),
    Point(
        "morning.drawing",
        "a worker is about to have workbooks made",
        "portal.paper.workbook:protected_workbooks",
        Moment.BEGINS,
        Load.MORNING,
    ),
    Point(
        "morning.drawn",
        "a worker holds the workbooks, nothing is written",
        "portal.paper.workbook:protected_workbooks",
        Moment.ENDS,
        Load.MORNING,
        found=True,
    ),
    *around(
        "morning",
        "a worker has written file, workbooks and message",
        "portal.operations.morning:finish_file",
        load=Load.MORNING,
        found=True,
    ),
)
POINTS = {point.name: point for point in (*WEB, *WORKER, *MAIL, *DRAWING, *MORNING)}
# Where a worker is stopped for three leases instead, and goes on afterwards as if nothing had been.
STOPS = (
    "mail.claimed.after_commit",
    "mail.before_data_ends",
    "mail.after_250",
    "mail.before_commit",
    "drain.before_commit",
    "apply.before_commit",
    "document.claimed.after_commit",
    "document.before_commit",
    "morning.claimed.after_commit",
    "morning.drawing",
    "morning.before_commit",
)
