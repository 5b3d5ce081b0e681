"""The whole timetable, and the process that keeps it.

A turn woken is not a turn done: the database keeps what was done (portal.operations.job_tracks), and a daily turn that
got lost on its way is found by portal.jobs.tracks. So whatever happens to the queue, nothing is left out.
"""

import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from threading import Event as Flag
from types import FrameType

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.queue import Job, enqueue, redis_connection
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.rhythms import HOUR, MINUTE, Daily, Every
from portal.queries.job_tracks import Track, tracks

log = logging.getLogger(__name__)
PULSE_SECONDS = 1.0


@dataclass(frozen=True)
class Turn:
    """A job, when it is due, and what it does in the words of the staff's page."""

    when: Every | Daily
    job: Job
    label: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "-".join((self.job.name.lower(), *self.arguments))


TIMETABLE = (
    Turn(Every(10), Job.APPLY_ANSWERS, "Appliquer les réponses des associations"),
    Turn(Every(), Job.SWEEP, "Orienter les demandes qui attendent"),
    Turn(Every(), Job.SEND_MAIL, "Envoyer les courriels en attente"),
    Turn(Every(), Job.SWEEP_MORNING, "Reprendre les fichiers du matin à faire"),
    Turn(Every(), Job.SWEEP_DOCUMENTS, "Reprendre les documents à dessiner"),
    Turn(Every(), Job.SWEEP_REPLAYS, "Reprendre les rejeux à faire"),
    Turn(Every(MINUTE), Job.FIND_LOST_TURNS, "Relancer les tâches du jour qui n’ont pas abouti"),
    Turn(Every(MINUTE), Job.SEAL_JOURNAL, "Sceller le journal"),
    Turn(Every(MINUTE), Job.FOLD_FIGURES, "Mettre à jour les chiffres"),
    Turn(Every(MINUTE), Job.KEEP_FILE_PASSWORDS, "Renouveler les mots de passe des fichiers"),
    Turn(Every(10 * MINUTE), Job.EXPIRE_OVERDUE, "Faire suivre les demandes restées sans réponse"),
    Turn(Every(10 * MINUTE), Job.DRAIN, "Revoir la liste d’attente des jeunes", (Side.MENTEE.value, "waitlist")),
    Turn(Every(10 * MINUTE), Job.DRAIN, "Revoir la liste d’attente des bénévoles", (Side.MENTOR.value, "waitlist")),
    Turn(Every(HOUR), Job.REMIND_APPLICANTS, "Rappeler les confirmations attendues"),
    Turn(Every(HOUR), Job.ERASE_UNCONFIRMED, "Effacer les demandes jamais confirmées"),
    Turn(Daily(time(3)), Job.MEASURE_REACH, "Mesurer la portée de chaque association"),
    Turn(Daily(time(3, 30)), Job.SOLVE_LEVELS, "Calculer les niveaux projetés"),
    Turn(Daily(time(4)), Job.ERASE_EXPIRED, "Effacer ce qui ne doit plus être gardé"),
    Turn(Daily(time(4, 15)), Job.FORGET_JOURNAL, "Oublier le journal de plus d’un an"),
    Turn(Daily(time(4, 30)), Job.FORGET_OLD, "Oublier les anciennes demandes"),
    Turn(Daily(time(5)), Job.FORESEE, "Prévoir la fin de campagne"),
    Turn(Daily(time(8)), Job.TELL_DIGESTS, "Écrire les récapitulatifs"),
    Turn(Daily(time(8, 30)), Job.REMIND_SILENCE, "Rappeler les demandes sans réponse"),
    Turn(Daily(time(8, 45)), Job.REMIND_FOLLOW_UP, "Rappeler les suites à donner"),
    Turn(Daily(time(9)), Job.CHECK_PLACES, "Faire confirmer les places déclarées"),
    Turn(Daily(time(10)), Job.OPEN_MORNING, "Ouvrir les fichiers du matin"),
    Turn(Daily(time(23)), Job.CARRY_OVER, "Préparer la campagne du lendemain"),
)


def turn_of(job: str, arguments: Sequence[str]) -> Turn | None:
    """The turn that this wake-up is; None for one that only answers somebody's act."""
    return next((turn for turn in TIMETABLE if (turn.job, turn.arguments) == (job, tuple(arguments))), None)


def lost_turns(now: datetime, known: Mapping[str, Track]) -> list[Turn]:
    """The daily turns that are neither done nor being done."""
    daily = (turn for turn in TIMETABLE if isinstance(turn.when, Daily))
    return [turn for turn in daily if turn.name not in known or known[turn.name].open(turn.when.slot(now), now)]


def known_tracks() -> dict[str, Track]:
    """As the jobs see them, in a transaction of its own."""
    with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        return tracks()


class Keeper:
    """Wakes each turn once, however many keep the timetable, and never while it still waits in the queue."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def wake_due(self, now: datetime) -> list[str]:
        """Enqueue what is due; returns the names of the turns woken."""
        return [turn.name for turn in self._due(now) if self._claimed(turn) and enqueue(turn.job, *turn.arguments)]

    def _due(self, now: datetime) -> Iterator[Turn]:
        """Those of the day last, once the database has said which are done: a queue that lost its memory asks again."""
        new = [turn for turn in TIMETABLE if self.kept.get(turn.name) != turn.when.slot(now)]
        daily = [turn for turn in new if isinstance(turn.when, Daily)]
        for turn in new:
            if turn not in daily:
                self.kept[turn.name] = turn.when.slot(now)
                yield turn
        lost = lost_turns(now, known_tracks()) if daily else []
        for turn in daily:
            self.kept[turn.name] = turn.when.slot(now)
            if turn in lost:
                yield turn

    def _claimed(self, turn: Turn) -> bool:
        key = f"schedule:{turn.name}:{self.kept[turn.name]}"
        return bool(redis_connection().set(key, "1", nx=True, ex=turn.when.remembered))


def run_schedule() -> None:
    """Keep the timetable until TERM or INT. A queue that does not answer costs a turn, not the process."""
    stop = Flag()

    def told_to_stop(_: int, __: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, told_to_stop)
    keeper = Keeper()
    while not stop.wait(PULSE_SECONDS):
        try:
            keeper.wake_due(clock.now())
        except (RedisError, SQLAlchemyError):
            keeper.kept.clear()
            log.exception("timetable_interrupted")
