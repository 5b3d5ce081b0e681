"""The commands of the engine's past: python -m flask --app wsgi study."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.jobs.drawings import publisher
from portal.paper.policy_study import policy_study
from portal.paper.printing import NotPrinted, print_pages
from portal.queries.figures import Period
from portal.queries.policy_study import policy_study as studied
from portal.queries.policy_study import usual_period

DAY = click.DateTime(["%Y-%m-%d"])
LONGEST, OLDEST_YEAR = timedelta(days=731), 2000


@click.command("study")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("study.pdf"), show_default=True)
@click.option("--first", type=DAY, help="First day of reception; the campaign's when none is given.")
@click.option("--last", type=DAY, help="Last day; yesterday when none is given.")
def study(out: Path, first: datetime | None, last: datetime | None) -> None:
    """Compare the policies on the requests that came, and say where the campaign is going: a PDF for a board."""
    with acting_as(Scope(DatabaseRole.STAFF, read_only=True)):
        usual = usual_period()
        period = Period(first.date() if first else usual.first, last.date() if last else usual.last)
        if (
            period.first.year < OLDEST_YEAR
            or not timedelta(0) <= period.last - period.first <= LONGEST
            or period.last > clock.today()
        ):
            raise click.BadParameter("a period that is over, of two years at most, its first day first")
        found = studied(period)
    try:
        printed = print_pages(policy_study(found, publisher(), clock.today()), lambda _: None)
    except NotPrinted as why:
        raise click.ClickException(str(why)) from why
    try:
        out.write_bytes(printed.file)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(f"{out}: {printed.pages} pages")
