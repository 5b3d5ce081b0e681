"""Closed for a while: a small file in the data folder, looked for at each request, before anything else is asked.

The page needs neither the database nor the queue nor a session: it is also what is shown while the database is away.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click import UsageError
from flask import Flask, Response, current_app, make_response, request

from portal.foundation import clock
from portal.foundation.config import settings
from portal.web.pages import Brand
from portal.web.requests import SAFE_METHODS
from portal.web.typography import NBSP, day_long, hour

NAME = "maintenance.json"
UNAVAILABLE = 503
OPEN_ENDPOINTS = frozenset({"static", "health.healthz"})
UNKNOWN = timedelta(minutes=5)  # when to come back if nobody said, or if that hour is past
LEAST = timedelta(seconds=30)
FIRST_YEAR, LAST_YEAR = 2000, 9000  # whatever else is there cannot be told in Paris


@dataclass(frozen=True)
class Closed:
    """until: when it should be over, if somebody said so."""

    until: datetime | None

    @property
    def left(self) -> timedelta:
        now = clock.now()
        return max(self.until - now, LEAST) if self.until and self.until > now else UNKNOWN

    @property
    def told(self) -> str:
        """« jusque vers 14 h 30 », or « quelques minutes »."""
        now = clock.now()
        if self.until is None or self.until <= now:
            return "encore quelques minutes"
        if self.until.astimezone(clock.PARIS).date() == clock.today():
            return f"jusque vers{NBSP}{hour(self.until)}"
        return f"jusqu’au {day_long(self.until)}, vers{NBSP}{hour(self.until)}"


def file_in(data: Path) -> Path:
    return data / NAME


class HourPast(UsageError):
    """What is told on the command line, the only place where the portal is closed from."""

    def __init__(self, until: datetime) -> None:
        told, now = (instant.astimezone(clock.PARIS) for instant in (until, clock.now()))
        tomorrow = now.date() + timedelta(days=1)
        super().__init__(
            f"{told:%Y-%m-%d %H:%M} is past: it is {now:%H:%M} in Paris, and nothing was changed."
            f' For tomorrow, write "{tomorrow} {told:%H:%M}".'
        )


def close(data: Path, until: datetime | None) -> None:
    """From the next request on. until: aware; None when nobody knows. Raises HourPast."""
    if until is not None and until <= clock.now():
        raise HourPast(until)
    data.mkdir(parents=True, exist_ok=True)
    half = file_in(data).with_suffix(".new")
    half.write_text(json.dumps({"until": until.astimezone(UTC).isoformat() if until else None}), encoding="utf-8")
    half.replace(file_in(data))


def reopen(data: Path) -> bool:
    """False when it was open."""
    found = file_in(data).exists()
    file_in(data).unlink(missing_ok=True)
    return found


def closed(data: Path) -> Closed | None:
    """None: open. A file that cannot be read closes too: somebody wanted it closed."""
    try:
        kept = file_in(data).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError):
        return Closed(None)
    return Closed(_until(kept))


def _until(kept: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(json.loads(kept)["until"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if found.tzinfo and FIRST_YEAR <= found.year < LAST_YEAR else None


def bare_page(template: str, **values: object) -> str:
    """A page drawn without the context of the others, which asks the database who is there."""
    known = settings()
    return current_app.jinja_env.get_template(template).render(
        brand=Brand(known.brand_name, known.contact_mail), **values
    )


def unavailable(template: str, left: timedelta, **values: object) -> Response:
    """503, and when to come back."""
    answer: Response = make_response(bare_page(template, **values), UNAVAILABLE)
    answer.headers["Retry-After"] = str(int(left.total_seconds()))
    return answer


def answer_closed() -> Response | None:
    """What everybody is answered while the portal is closed; None while it is open."""
    found = closed(settings().data_dir)
    if found is None or request.endpoint in OPEN_ENDPOINTS:
        return None
    return unavailable("errors/503.html", found.left, retry_in=found.told, unsent=request.method not in SAFE_METHODS)


def register(app: Flask) -> None:
    """Before the limits, the forgery check and the session: none of them is to be asked."""
    app.before_request_funcs.setdefault(None, []).insert(0, answer_closed)
