"""The commands of the morning file: python -m flask --app wsgi morning COMMAND."""

from datetime import datetime
from pathlib import Path

import click

from portal.foundation import clock
from portal.foundation.config import settings
from portal.jobs.handing_over import HandOver, Tally
from portal.mail.mailer import Mailer
from portal.operations import morning_copy
from portal.operations.morning_ledger import AlreadyRunning, ledger_in
from portal.operations.morning_proof import verify_file
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
    wrong = 0
    for file_id, name in files:
        verdict = verify_file(file_id, rows_in)
        wrong += not verdict.intact
        click.echo(f"{verdict.day} {name}: {verdict.sentence}")
    if wrong:
        raise click.ClickException(f"{wrong} of {len(files)} files do not hold")
    click.echo(f"{len(files)} files hold")


@morning.command("hand-over")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where the files and the ledger go.")
@click.option("--send", is_flag=True, help="Send them too, to whom the portal would.")
@click.option("--everyone", is_flag=True, help="Also for associations that have seen all that waits.")
def hand_over(out: Path | None, *, send: bool, everyone: bool) -> None:
    """Make today's files from a copy of the database, a read-only replica included, and send them.

    Called again with the same folder it goes on where it stopped, and sends nothing twice.
    """
    folder = out or settings().data_dir / "morning"
    _tell_age()
    try:
        with ledger_in(folder) as ledger:
            round_ = HandOver(folder, ledger, everyone)
            _run(round_, send=send)
    except AlreadyRunning:
        raise click.ClickException("another hand-over uses this folder") from None
    _tell(round_.tally, folder)
    if not round_.tally.complete:
        raise click.ClickException("not all of it was done: call it again with the same folder")


def _tell_age() -> None:
    latest = morning_copy.latest_event()
    if latest:
        click.echo(f"the latest event of this copy is of {latest.astimezone(clock.PARIS):%Y-%m-%d %H:%M} in Paris")


def _run(round_: HandOver, *, send: bool) -> None:
    if not send:
        for _ in round_.parcels():
            pass
        return
    with Mailer(settings()) as mailer:
        for parcel in round_.parcels():
            round_.send(parcel, mailer)


def _tell(tally: Tally, folder: Path) -> None:
    click.echo(f"{tally.made} files made in {folder}, {tally.kept} were there, {tally.nothing} not needed today")
    click.echo(f"{tally.sent} messages sent")
    for count, what in (
        (tally.locked_out, "associations have no password in this copy"),
        (tally.broken, "files could not be made"),
        (tally.refused, "mailboxes did not take theirs"),
    ):
        if count:
            click.echo(f"{count} {what}")
    if tally.unreachable:
        click.echo(f"the mail server is out of reach ({tally.unreachable})")
