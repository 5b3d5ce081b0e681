"""Answering: accept, one or several; send back; hold; take back; read the contact details; tell what became of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.association.addresses import act_url, chosen_ids, list_url
from portal.association.forms import BounceForm, PostponeForm, QuestionForm
from portal.association.frame import association_page, signed_in
from portal.association.inbox import detail_page, inbox
from portal.association.wording import facts_of, name_of
from portal.foundation.errors import AlreadyAnswered, DomainError
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.assignment import TAKEN, TO_ANSWER, TRANSITIONS, Assignment, AssignmentState
from portal.models.bounce import BOUNCES, Advice, Effect
from portal.operations.assignments import (
    FOLLOW_UP,
    accept_assignment,
    accept_assignments,
    ask_question,
    assignment_to_answer,
    assignments_to_answer,
    bounce_assignment,
    is_minor,
    last_day_to_hold,
    oldest_within,
    postpone,
    record_follow_up,
    undo_answer,
)
from portal.operations.contact import read_contact
from portal.queries.capacity import places_left
from portal.queries.inbox import Item, assignment_shown
from portal.web.forms import PortalForm

__all__ = ["inbox"]
CONFLICT = 409
NEXT_STEPS = {
    Effect.NEXT: "part vers une autre association",
    Effect.BACK_TO_APPLICANT: "revient à la personne",
    Effect.CLOSED: "est close, la personne peut la rouvrir",
    Effect.MERGED: "est classée comme doublon",
    Effect.STAFF: "va à l’équipe du Collectif",
}
# What each step asks, and what follows from it: none can be taken back, the table of transitions only goes forward.
ASKED = {
    AssignmentState.CONTACTED: (
        "Premier contact fait",
        "Ce premier contact entre dans vos chiffres, à la date d’aujourd’hui.",
    ),
    AssignmentState.UNREACHABLE: (
        "Injoignable, à réessayer",
        "Cet essai reste dans l’histoire de la demande. Vous pourrez encore noter un premier contact.",
    ),
    AssignmentState.PAIRED: ("Le binôme est formé", "La demande ne pourra plus être réorientée."),
    AssignmentState.ENDED: ("Le mentorat est terminé", "La demande est close pour de bon."),
    AssignmentState.GIVEN_UP: (
        "Abandonnée avant le binôme",
        "La demande est close pour de bon et sa place redevient libre. Une autre association peut-elle aider ? Réorientez-la plutôt.",
    ),
}
EFFECTS = {reason.value: NEXT_STEPS[bounce.effect] for reason, bounce in BOUNCES.items()}


def refused(assignment_id: UUID, error: DomainError) -> ResponseReturnValue:
    """The request as it stands now, with the reason why nothing was done; nothing is committed."""
    rollback()
    return detail_page(assignment_id, CONFLICT, refusal=error.message)


def acted(assignment_id: UUID, act: Callable[[Assignment], None], back: str) -> ResponseReturnValue:
    """Act on one request, then go back."""
    try:
        act(assignment_to_answer(assignment_id))
    except DomainError as error:
        return refused(assignment_id, error)
    return redirect(back, 303)


@inbox.post("/<uuid:assignment_id>/accepter")
@requires(Permission.INBOX_ANSWER)
def accept(assignment_id: UUID) -> ResponseReturnValue:
    return acted(assignment_id, lambda one: accept_assignment(one, by=signed_in()), list_url())


@inbox.post("/<uuid:assignment_id>/annuler")
@requires(Permission.INBOX_ANSWER)
def undo(assignment_id: UUID) -> ResponseReturnValue:
    back = act_url("inbox.detail", assignment_id, dossier=None)  # it is to be answered again, wherever it was before
    return acted(assignment_id, lambda one: undo_answer(one, by=signed_in()), back)


@inbox.post("/accepter")
@requires(Permission.INBOX_ANSWER)
def accept_several() -> ResponseReturnValue:
    """All the chosen ones, or none; when there are fewer places than that, it is asked first."""
    ids = chosen_ids(request.form)
    if not ids:
        return redirect(list_url(), 303)
    chosen = assignments_to_answer(ids)
    left = places_left({one.capacity_id for one in chosen if one.capacity_id})
    within = oldest_within(chosen, left)
    if len(within) < len(chosen) and "quand_meme" not in request.form:
        return ask_which(chosen, within)
    try:
        accept_assignments(chosen, by=signed_in())
    except AlreadyAnswered as error:
        rollback()
        return several_refused(error)
    return redirect(list_url(), 303)


def ask_which(chosen: list[Assignment], within: list[Assignment]) -> ResponseReturnValue:
    items = [assignment_shown(one.id) for one in chosen]
    return association_page(
        "accept_several.html",
        "inbox.index",
        chosen=items,
        kept=[item for item in items if item.assignment in within],
        back=list_url(),
        name_of=name_of,
    )


def several_refused(error: DomainError) -> ResponseReturnValue:
    return association_page("several_refused.html", "inbox.index", CONFLICT, refusal=error.message, back=list_url())


@inbox.route("/<uuid:assignment_id>/reorienter", methods=["GET", "POST"])
@requires(Permission.INBOX_ANSWER)
def bounce(assignment_id: UUID) -> ResponseReturnValue:
    item = assignment_shown(assignment_id)
    form = BounceForm(request.form, side=item.assignment.side)
    if request.method == "POST" and form.validate():
        try:
            one = assignment_to_answer(assignment_id)
            bounce_assignment(
                one,
                by=signed_in(),
                reason=form.chosen,
                note=form.note.data or "",
                finally_not="finalement" in request.form,
            )
        except AlreadyAnswered as error:
            return refused(assignment_id, error)
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            return redirect(after_bounce(form, assignment_id), 303)
    if item.assignment.state not in TO_ANSWER | TAKEN - {AssignmentState.PAIRED}:
        return redirect(act_url("inbox.detail", assignment_id), 303)
    return panel_page("bounce.html", item, form=form, effects=EFFECTS, finally_not=item.assignment.state in TAKEN)


def after_bounce(form: BounceForm, assignment_id: UUID) -> str:
    """To what could be changed for the next ones when there is something, else to the list."""
    nothing = BOUNCES[form.chosen].advice is Advice.NOTHING
    return list_url() if nothing else act_url("inbox.detail", assignment_id)


@inbox.route("/<uuid:assignment_id>/precision", methods=["GET", "POST"])
@requires(Permission.INBOX_ANSWER)
def ask(assignment_id: UUID) -> ResponseReturnValue:
    form = QuestionForm(request.form)
    return kept(
        assignment_id,
        "ask.html",
        form,
        lambda one: ask_question(one, by=signed_in(), until=form.until.data, question=form.question.data),
    )


@inbox.route("/<uuid:assignment_id>/attendre", methods=["GET", "POST"])
@requires(Permission.INBOX_ANSWER)
def hold(assignment_id: UUID) -> ResponseReturnValue:
    form = PostponeForm(request.form)
    return kept(assignment_id, "hold.html", form, lambda one: postpone(one, by=signed_in(), until=form.until.data))


def kept(
    assignment_id: UUID, template: str, form: PortalForm, keep: Callable[[Assignment], None]
) -> ResponseReturnValue:
    """Keep a request a little longer: the page that asks until when, then back to the list."""
    item = assignment_shown(assignment_id)
    if request.method == "POST" and form.validate():
        try:
            keep(assignment_to_answer(assignment_id))
        except AlreadyAnswered as error:
            return refused(assignment_id, error)
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            return redirect(list_url(), 303)
    if item.assignment.state not in TO_ANSWER:
        return redirect(act_url("inbox.detail", assignment_id), 303)
    latest = last_day_to_hold(item.assignment)
    return panel_page(template, item, form=form, latest=latest)


def panel_page(template: str, item: Item, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A question about one request, beside what is known of it; in the drawer, the question alone."""
    return association_page(
        template,
        "inbox.index",
        status,
        item=item,
        facts=facts_of(item.profile) if item.profile else [],
        back=act_url("inbox.detail", item.id),
        **values,
    )


@inbox.get("/<uuid:assignment_id>/suivi/confirmer")
@requires(Permission.INBOX_ANSWER)
def step(assignment_id: UUID) -> ResponseReturnValue:
    """What became of a request is asked twice: it cannot be taken back."""
    item = assignment_shown(assignment_id)
    state = next((one for one in ASKED if one.value == request.args.get("etape")), None)
    if state is None or state not in next_steps(item.assignment):
        return redirect(act_url("inbox.detail", assignment_id), 303)
    return step_page(item, state)


def next_steps(assignment: Assignment) -> set[AssignmentState]:
    """What may follow; somebody unreachable may be tried again."""
    again = {AssignmentState.UNREACHABLE} & {assignment.state}
    return TRANSITIONS[assignment.state] | again


def step_page(item: Item, state: AssignmentState, status: int = 200, refusal: str = "") -> ResponseReturnValue:
    minor = state is AssignmentState.PAIRED and item.profile is not None and is_minor(item.profile.age)
    return panel_page("follow_up.html", item, status, state=state, words=ASKED[state], minor=minor, refusal=refusal)


@inbox.post("/<uuid:assignment_id>/suivi")
@requires(Permission.INBOX_ANSWER)
def follow_up(assignment_id: UUID) -> ResponseReturnValue:
    back = act_url("inbox.detail", assignment_id)
    steps = {state.value: state for state in FOLLOW_UP}
    state = steps.get(request.form.get("etape", ""))
    if state is None:
        assignment_shown(assignment_id)
        return redirect(back, 303)
    authorised = "autorisation" in request.form
    try:
        record_follow_up(assignment_to_answer(assignment_id), by=signed_in(), state=state, authorised=authorised)
    except DomainError as error:
        if error.field != "authorised":
            return refused(assignment_id, error)
        rollback()
        return step_page(assignment_shown(assignment_id), state, CONFLICT, error.message)
    return redirect(back, 303)


@inbox.post("/<uuid:assignment_id>/coordonnees")
@requires(Permission.INBOX_ANSWER)
def contact(assignment_id: UUID) -> ResponseReturnValue:
    """Shown once, as the answer of a POST that wrote the reading down; no address shows them again."""
    try:
        person = read_contact(assignment_to_answer(assignment_id))
    except DomainError as error:
        return refused(assignment_id, error)
    return detail_page(assignment_id, contact=person)
