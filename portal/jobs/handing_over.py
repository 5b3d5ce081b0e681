"""Making and sending the morning files by hand, from a copy of the database: no queue, no worker, no write in it."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from portal.foundation import clock
from portal.foundation.config import settings
from portal.mail.mailer import Mailer, Verdict
from portal.operations import morning_copy
from portal.operations.morning_copy import Bundle, Mailbox, Parcel, Wanting
from portal.operations.morning_ledger import Ledger
from portal.paper.workbook import protected_workbooks

log = logging.getLogger(__name__)
AT_ONCE = 2  # presses side by side
SECONDS_EACH = 20.0


@dataclass
class Tally:
    """How an association fared, and a message.

    made, kept (there already), nothing (not wanted today, or nothing waits), locked_out (no password in this copy),
    broken: associations. sent, had (the portal had sent theirs already), refused: messages. unreachable: why the mail
    server was not, as a code.
    """

    made: int = 0
    kept: int = 0
    nothing: int = 0
    locked_out: int = 0
    broken: int = 0
    sent: int = 0
    had: int = 0
    refused: int = 0
    unreachable: str = ""

    @property
    def complete(self) -> bool:
        return not (self.locked_out or self.broken or self.refused or self.unreachable)


@dataclass(frozen=True)
class HandOver:
    """One round of it. everyone: for whatever waits, seen or not. again: also to whom the portal has sent theirs."""

    folder: Path
    ledger: Ledger
    everyone: bool = False
    again: bool = False
    day: date = field(default_factory=clock.today)
    tally: Tally = field(default_factory=Tally)

    def parcels(self) -> Iterator[Parcel]:
        """Each association's files as soon as they lie in the folder; those of an earlier call first."""
        wanted = morning_copy.wanting(everyone=self.everyone)
        kept = {one.id: self._kept(one) for one in wanted}
        for parcel in filter(None, kept.values()):
            self.tally.kept += 1
            yield parcel
        yield from self._drawn([bundle for one in wanted if not kept[one.id] and (bundle := self._bundled(one))])

    def _kept(self, one: Wanting) -> Parcel | None:
        return morning_copy.kept_parcel(one, self.folder, self.day, self.ledger)

    def _bundled(self, one: Wanting) -> Bundle | None:
        """What goes wrong with one association leaves the others theirs."""
        try:
            bundle = morning_copy.bundled(one)
        except Exception:
            log.exception("morning_file_not_gathered", extra={"association_id": str(one.id)})
            self.tally.broken += 1
            return None
        self.tally.nothing += bundle is None
        self.tally.locked_out += bundle is not None and not bundle.passwords
        return bundle if bundle and bundle.passwords else None

    def _drawn(self, bundles: list[Bundle]) -> Iterator[Parcel]:
        with ThreadPoolExecutor(AT_ONCE) as presses:
            for bundle, drawing in [(one, self._submit(presses, one)) for one in bundles]:
                try:
                    files = drawing.result()
                except Exception:
                    log.exception("morning_file_not_made", extra={"association_id": str(bundle.wanting.id)})
                    self.tally.broken += 1
                    continue
                yield self._put_down(bundle, files)

    @staticmethod
    def _submit(presses: ThreadPoolExecutor, bundle: Bundle) -> "Future[list[bytes]]":
        """In a copy of our context: the application and the clock are those of whoever asks."""
        return presses.submit(copy_context().run, protected_workbooks, bundle.gathered.content, bundle.passwords)

    def _put_down(self, bundle: Bundle, files: list[bytes]) -> Parcel:
        parcel = morning_copy.parcel_of(bundle, self.folder, self.day)
        morning_copy.keep_parcel(parcel, files, self.ledger)
        self.tally.made += 1
        return parcel

    def send(self, parcel: Parcel, mailer: Mailer) -> None:
        """To each member who has not had it; once the server is out of reach, to nobody more in this call."""
        for box in self._still_to_reach(parcel):
            if self.tally.unreachable:
                return
            message = morning_copy.message_of(parcel, box, settings())
            outcome = mailer.hand_over(message, seconds=SECONDS_EACH, sure=_nothing_to_check)
            if outcome.verdict is Verdict.TAKEN:
                morning_copy.note_sent(parcel, box, self.ledger)
                self.tally.sent += 1
            elif outcome.verdict is Verdict.UNREACHABLE:
                self.tally.unreachable = outcome.code
            else:
                self.tally.refused += 1

    def _still_to_reach(self, parcel: Parcel) -> list[Mailbox]:
        left = morning_copy.left_to_send(parcel, self.ledger)
        if self.again:
            return left
        reached = morning_copy.reached_already(parcel)
        self.tally.had += sum(box.account_id in reached for box in left)
        return [box for box in left if box.account_id not in reached]


def _nothing_to_check() -> None:
    """No lease to lose: the folder is ours alone for as long as this process lives."""
