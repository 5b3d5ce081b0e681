"""The commands of the morning file: python -m flask --app wsgi morning COMMAND."""

from datetime import datetime
from pathlib import Path

import click

from portal.foundation import clock
from portal.foundation.config import settings
from portal.jobs.handing_over import HandOver, Tally
from portal.mail.mailer import Mailer
from portal.operations import morning_copy
from portal.operations.morning_ledger import AlreadyRunning, Ledger, NotOurs, ledger_in
from portal.operations.morning_proof import PROVABLE, verify_file
from portal.paper.workbook import rows_in


@click.group("morning")
def morning() -> None:
    """The morning files."""


@morning.command("verify")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Of which day; today when none is given.")
@click.option("--association", "slug", help="Of this association alone.")
def verify(day: datetime | None, slug: str | None) -> None:
    """Prove that the files of a day say what waited at their instant; fails, and says where, when one does not."""
    files = morning_copy.files_of(day.date() if day else clock.today(), slug)
    if not files:
        raise click.ClickException("there is no such file")
    wrong = proved = 0
    for file_id, name in files:
        verdict = verify_file(file_id, rows_in)
        wrong += not verdict.intact
        proved += verdict.state in PROVABLE
        click.echo(f"{verdict.day} {name}: {verdict.sentence}")
    if wrong:
        raise click.ClickException(f"{wrong} of {counted(proved, 'file')} {'does' if wrong == 1 else 'do'} not hold")
    idle = len(files) - proved
    nothing = f", {idle} had nothing to prove" if idle else ""
    click.echo(f"{counted(proved, 'file')} {'holds' if proved == 1 else 'hold'}{nothing}")


def counted(count: int, one: str, many: str = "") -> str:
    """« 1 file », « 2 files », « 0 files »."""
    return f"{count} {one if count == 1 else many or one + 's'}"


@morning.command("hand-over")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where the files and the ledger go.")
@click.option("--send", is_flag=True, help="Send them too, to whom the portal would.")
@click.option("--everyone", is_flag=True, help="Also for associations that have seen all that waits.")
@click.option("--again", is_flag=True, help="Send them also to whom the portal has sent today's already.")
def hand_over(out: Path | None, *, send: bool, everyone: bool, again: bool) -> None:
    """Make today's files from a copy of the database, a read-only replica included, and send them.

    Called again with the same folder it goes on where it stopped, and sends nothing twice.
    """
    folder = out or settings().data_dir / "morning"
    _tell_age()
    try:
        with ledger_in(folder) as ledger:
            _tell_skipped(ledger, folder)
            round_ = HandOver(folder, ledger, everyone, again)
            _run(round_, send=send)
    except AlreadyRunning:
        raise click.ClickException("another hand-over uses this folder") from None
    except NotOurs as refusal:
        raise click.ClickException(str(refusal)) from None
    _tell(round_.tally, folder)
    if not round_.tally.complete:
        raise click.ClickException("not all of it was done: call it again with the same folder")


def _tell_age() -> None:
    latest = morning_copy.latest_event()
    if latest:
        click.echo(f"the latest event of this copy is of {latest.astimezone(clock.PARIS):%Y-%m-%d %H:%M} in Paris")


def _tell_skipped(ledger: Ledger, folder: Path) -> None:
    if ledger.skipped:
        lines = counted(ledger.skipped, "line")
        click.echo(f"{lines} of the ledger in {folder} could not be read: what it said may be done once more")


def _run(round_: HandOver, *, send: bool) -> None:
    if not send:
        for _ in round_.parcels():
            pass
        return
    with Mailer(settings()) as mailer:
        for parcel in round_.parcels():
            round_.send(parcel, mailer)


def _tell(tally: Tally, folder: Path) -> None:
    there = "was" if tally.kept == 1 else "were"
    made = counted(tally.made, "file")
    click.echo(f"{made} made in {folder}, {tally.kept} {there} there, {tally.nothing} not needed today")
    click.echo(f"{counted(tally.sent, 'message')} sent")
    if tally.had:
        had = counted(tally.had, "mailbox", "mailboxes")
        click.echo(f"{had} left out, the portal had sent theirs already (--again sends it all the same)")
    for count, one, many in (
        (tally.locked_out, "association has no password in this copy", "associations have no password in this copy"),
        (tally.broken, "file could not be made", "files could not be made"),
        (tally.refused, "mailbox did not take its own", "mailboxes did not take theirs"),
    ):
        if count:
            click.echo(counted(count, one, many))
    if tally.unreachable:
        click.echo(f"the mail server is out of reach ({tally.unreachable})")
