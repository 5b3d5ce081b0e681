"""The editor of a side's criteria: sentences to change, the trial beside them, then a new version or a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerMinute
from werkzeug.exceptions import TooManyRequests

from matching.criteria import EVERYONE, Expression, read_criteria, write_criteria
from matching.vocabulary import Side
from portal.association.addresses import SIDES
from portal.association.criteria import criteria, said
from portal.association.criteria_form import Form, expression_of, faults_of, form_of, wrong_in
from portal.association.criteria_lessons import cost, finding, lesson_about
from portal.association.criteria_typed import (
    after_act,
    hidden_marks,
    line_of_act,
    number_sent,
    search_asked,
    typed_form,
    with_kept,
)
from portal.association.criteria_words import (
    LEVELS,
    WHO,
    ClauseShown,
    alternatives_offered,
    clauses_shown,
    kinds_offered,
)
from portal.association.frame import association_page, signed_in
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.programme import Verdict
from portal.operations.criteria import CriteriaConflict, save_criteria
from portal.operations.proposals import propose_criteria
from portal.operations.trials import note_trial
from portal.queries.criteria import Kept, Proposal, Version, approval_required, programme_kept, version_numbered
from portal.queries.trial_told import Told, Untold, trial_told
from portal.web.criteria_said import lines_said, whole_said
from portal.web.forms import one_line
from portal.web.limits import refuse_too_many

__all__ = ["criteria"]
CONFLICT, REFUSED = 409, 422
LONGEST_NOTE = 300
PLAIN: Mapping[str, Any] = {
    "refusal": "", "ask_everyone": False, "search": None, "opened": "", "lesson": None, "stale": False,
}  # fmt: skip
TRIALS = RateLimitItemPerMinute(30)


@dataclass(frozen=True)
class Subject:
    """What is edited: a programme still running, a side, and its criteria in force, if any."""

    kept: Kept
    side: Side
    side_name: str
    version: Version | None
    approval: bool

    @property
    def current(self) -> Expression | None:
        return read_criteria(self.version.criteria) if self.version else None

    @property
    def number(self) -> int:
        return self.version.number if self.version else 0

    @property
    def proposal(self) -> Proposal | None:
        """The last one, when the team has not answered yet or has refused it since the version in force."""
        last = self.kept.proposal(self.side)
        if last is None or last.based_on != self.number or last.verdict not in {None, Verdict.REFUSED}:
            return None
        return last

    @property
    def base(self) -> Form | None:
        """The criteria in force as a form; None when they are no list of clauses."""
        return form_of(self.current or EVERYONE)


def subject_of(programme_id: UUID, side_name: str) -> Subject:
    """Raises Hidden for another's programme, an archived one, or a side that does not exist."""
    kept = programme_kept(programme_id)
    if kept is None or kept.programme.archived_at is not None or side_name not in SIDES:
        raise Hidden
    side = SIDES[side_name]
    return Subject(kept, side, side_name, kept.version(side), approval_required(kept.programme.association_id))


@criteria.get("/<uuid:programme_id>/<side>")
@requires(Permission.CRITERIA_EDIT)
def edit(programme_id: UUID, side: str) -> ResponseReturnValue:
    subject = subject_of(programme_id, side)
    if subject.base is None:
        return association_page(
            "criteria_staff.html",
            "criteria.index",
            subject=subject,
            said=said(subject.version.criteria if subject.version else {"all": []}),
        )
    return suggested_page(subject, subject.base, request.args.get("lecon", ""))


@criteria.post("/<uuid:programme_id>/<side>/essai")
@requires(Permission.CRITERIA_EDIT)
def try_out(programme_id: UUID, side: str) -> ResponseReturnValue:
    """What is typed, tried on the last 30 days; also the acts of the form's buttons. Nothing is saved."""
    subject = subject_of(programme_id, side)
    form = sent_form(subject)
    act = request.form.get("act", "")
    form = after_act(form, act)
    pressed = act == "try"
    search = search_asked(request.form, form)
    return editor_page(subject, form, show_faults=pressed, search=search, opened=line_of_act(act))


@criteria.post("/<uuid:programme_id>/<side>")
@requires(Permission.CRITERIA_EDIT)
def save(programme_id: UUID, side: str) -> ResponseReturnValue:
    subject = subject_of(programme_id, side)
    form = sent_form(subject)
    if faults_of(form):
        return editor_page(subject, form, REFUSED, show_faults=True)
    if not form.parts and request.form.get("everyone") != "1":
        return editor_page(subject, form, REFUSED, ask_everyone=True)
    try:
        keep(subject, form)
    except CriteriaConflict as error:
        rollback()
        return editor_page(subject_of(programme_id, side), form, CONFLICT, refusal=error.message)
    except DomainError as error:
        rollback()
        return editor_page(subject, form, REFUSED, refusal=error.message)
    return redirect(url_for("criteria.index"), 303)


def keep(subject: Subject, form: Form) -> None:
    """A new version, or a proposal where staff approve first."""
    note = (one_line(request.form.get("note")) or "")[:LONGEST_NOTE]
    publish(subject, write_criteria(expression_of(form)), (note,) if note else (), number_sent(request.form, "drawn"))


def publish(subject: Subject, written: object, notes: tuple[str, ...], drawn_from: int) -> None:
    """Saves or proposes, and says which. Raises what the operations raise."""
    programme = subject.kept.programme
    change = propose_criteria if subject.approval else save_criteria
    change(programme.id, subject.side, written, by=signed_in().account_id, drawn_from=drawn_from, notes=notes)
    if subject.approval:
        flash("Vos critères attendent la relecture de l’équipe du Collectif. Les anciens restent en vigueur.", "wait")
    else:
        flash("Vos critères sont en vigueur. Les demandes en attente qui vous conviennent vont arriver.", "good")


def suggested_page(subject: Subject, base: Form, reason: str) -> tuple[str, int]:
    """The editor with what the bounces for that reason suggest in the draft; nothing is saved."""
    asked = (subject.kept.programme.id, subject.side)
    found = lesson_about(asked, subject.current or EVERYONE, reason) if reason else None
    draft = form_of(found[1]) if found else None
    return editor_page(subject, draft or base, lesson=found[0] if found and draft else None, stale=bool(reason))


def sent_form(subject: Subject) -> Form:
    """What is typed. Kept clauses are those of the version the form was drawn from, and of the one in force."""
    base = subject.base or abort(404)
    number = number_sent(request.form, "kept_from")
    if number != subject.number:
        older = version_numbered(subject.kept.programme.id, subject.side, number)
        drawn = form_of(read_criteria(older.criteria)) if older else None
        return with_kept(typed_form(request.form, drawn or Form()), base)
    return typed_form(request.form, base)


def editor_page(
    subject: Subject, form: Form, status: int = 200, *, show_faults: bool = False, **more: Any
) -> tuple[str, int]:
    faults, wrong = faults_of(form), wrong_in(form)
    typed = status != CONFLICT and "kept_from" in request.form
    values = {**PLAIN, **more}
    clauses = clauses_shown(form, subject.side, faults if show_faults else wrong, values["search"])
    draft = None if faults else expression_of(form)
    trial = trial_of(subject, draft) if draft is not None and status < CONFLICT else None
    return association_page(
        "criteria_editor.html",
        "criteria.index",
        status,
        subject=subject,
        who=WHO[subject.side],
        clauses=clauses,
        marks=list(hidden_marks(form)),
        kept_said={one.number: kept_said(one) for one in clauses if one.kept},
        faulty=[clause for clause in clauses if show_faults and any(line.fault for line in clause.lines)],
        incomplete=bool(faults),
        wrong=bool(wrong),
        refused=Verdict.REFUSED,
        trial=trial,
        whole=whole_said(draft) if draft is not None else "",
        changed=draft != subject.current,
        changed_clauses={at for at, part in enumerate(form.parts) if part not in (subject.base or Form()).parts},
        levels=LEVELS,
        add=kinds_offered(subject.side),
        alternatives={one.number: alternatives_offered(one.number, subject.side) for one in clauses},
        kept_from=number_sent(request.form, "kept_from") if typed or status == CONFLICT else subject.number,
        drawn=number_sent(request.form, "drawn") if typed else subject.number,
        note=(request.form.get("note") or "")[:LONGEST_NOTE],
        longest_note=LONGEST_NOTE,
        taught=(finding(lesson), cost(lesson)) if (lesson := values["lesson"]) else None,
        **values,
    )


def trial_of(subject: Subject, draft: Expression) -> Told | Untold:
    """What is told of it. Whoever tries too often is asked to wait, on a page that keeps what was typed."""
    try:
        refuse_too_many(TRIALS, f"trial:{signed_in().account_id}")
    except TooManyRequests:
        return Untold.BUSY
    if request.method == "POST":
        note_trial(subject.kept.programme.id, subject.side)
    return trial_told(subject.kept.programme.id, subject.side, draft, subject.current)


def kept_said(clause: ClauseShown) -> tuple[Any, ...]:
    assert clause.kept is not None
    return lines_said(clause.kept.part)
