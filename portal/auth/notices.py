"""« Mes courriels »: what somebody is told by e-mail for the association they work for, and how often."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.auth.account import frame, person
from portal.auth.notice_words import LABELS, file_sent, rhythms_of, what_for
from portal.foundation.permissions import Permission, requires
from portal.models.notice import Notice, Rhythm
from portal.operations.notices import DEFAULTS, choose_notices, offered_to
from portal.queries.capacity import own_association
from portal.queries.notices import choices_of, mailbox_of
from portal.web.elsewhere import offer_named_place
from portal.web.forms import OneOf, PortalForm
from portal.web.pages import page

CONFLICT = 409
DRAWN_FOR = "association"
notices = Blueprint("notices", __name__, url_prefix="/compte/courriels")
notices.context_processor(frame)
notices.before_request(offer_named_place)


@notices.get("")
@requires(Permission.NOTICES_CHOOSE)
def show() -> ResponseReturnValue:
    chosen = {**DEFAULTS, **choices_of(person().account_id, person().association_id)}
    return choices_page(form_class()(data={notice.value: rhythm.value for notice, rhythm in chosen.items()}))


@notices.post("")
@requires(Permission.NOTICES_CHOOSE)
def save() -> ResponseReturnValue:
    if request.form.get(DRAWN_FOR, "") != drawn_for():
        return elsewhere()
    form = form_class()(request.form)
    if not form.validate():
        return choices_page(form)
    wanted = {notice: Rhythm(form[notice.value].data) for notice in offered()}
    choose_notices(person().account_id, person().association_id, wanted)
    flash(f"Vos choix sont enregistrés pour {working_for()}.", "good")
    return redirect(url_for("notices.show"), 303)


def choices_page(form: PortalForm) -> tuple[str, int]:
    """Each notice with what it is for; what a setting of the association decides is said."""
    association_id = person().association_id
    own = own_association(association_id) if association_id else None
    return page(
        "auth/notices.html",
        form=form,
        fields=[(form[notice.value], file_sent(own) if own and notice is Notice.MORNING_FILE else what_for(notice))
                for notice in offered()],
        drawn_for=drawn_for(),
        working_for=working_for(),
        several=len(person().memberships) + person().is_staff > 1,
        mailbox=mailbox_of(person().account_id),
    )  # fmt: skip


def form_class() -> type[PortalForm]:
    """One choice a notice, all of them compulsory."""
    fields: dict[str, Any] = {
        notice.value: OneOf(LABELS[notice], missing="Choisissez l’une des réponses.", choices=rhythms_of(notice))
        for notice in offered()
    }
    return type("NoticesForm", (PortalForm,), fields)


def offered() -> tuple[Notice, ...]:
    role = person().role
    assert role is not None  # the permission is a role's
    return offered_to(role)


def drawn_for() -> str:
    """What the form carries, since another tab may move the session to another association."""
    return str(person().association_id or "")


def working_for() -> str:
    membership = person().membership
    return membership.association_name if membership else "l’équipe du Collectif"


def elsewhere() -> ResponseReturnValue:
    """The form was drawn for another association: nothing is kept, and the way back is offered."""
    before = association_asked(request.form.get(DRAWN_FOR, ""))
    known = next((one for one in person().memberships if one.association_id == before), None)
    return render_template("auth/notices_elsewhere.html", working_for=working_for(), before=known), CONFLICT


def association_asked(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
