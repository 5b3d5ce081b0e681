"""Companies' requests: who waits for a call, and one request with its contact, its answers and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Row

from admin.company_tabs import company_tabs
from admin.fields import version_of
from admin.filters import id_of, read_cursor, write_cursor
from admin.lead_filters import filter_menus, leads_asked, view_pills
from admin.lead_forms import NOBODY, StepForm
from admin.navigation import frame, navigation
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.company import LeadState
from portal.operations.leads import follow_lead, lead_to_follow, read_contact, take_lead
from portal.queries.associations import association_names
from portal.queries.leads import (
    KIND_LABELS,
    PAGE,
    SETTLED,
    STATE_LABELS,
    Contact,
    LeadFigures,
    LeadView,
    action_late,
    lead_figures,
    lead_of,
    leads_page,
    staff_names,
    steps_of,
    uncalled_late,
)
from portal.queries.orienter_words import said
from portal.web.pages import page
from portal.web.telephones import telephone_said
from portal.web.typography import plural

TONES = {LeadState.RECEIVED: "wait", LeadState.CALLED: "note", LeadState.ORIENTED: "act", LeadState.ENGAGED: "good"}
leads = Blueprint("leads", __name__, url_prefix="/collectif/entreprises")
leads.context_processor(frame)


@dataclass(frozen=True)
class LeadLine:
    """A request as it is shown."""

    row: Row[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def kind_said(self) -> str:
        return KIND_LABELS[self.row.kind]

    @property
    def mark(self) -> tuple[str, str, str]:
        """Its state, in words, a tone and an icon; late when nobody has called."""
        state: LeadState = self.row.state
        if uncalled_late(state, self.row.received_at):
            return f"{STATE_LABELS[state]}, en retard", "late", "clock"
        return STATE_LABELS[state], TONES.get(state, ""), ""

    @property
    def action_late(self) -> bool:
        return action_late(self.row.state, self.row.next_action_on)

    @property
    def settled(self) -> bool:
        return self.row.state in SETTLED


@leads.get("")
@requires(Permission.LEADS_FOLLOW)
def index() -> ResponseReturnValue:
    asked = leads_asked(request.args, current_user.account_id)
    shown = leads_page(
        asked.wanted, after=read_cursor(request.args.get("apres")), before=read_cursor(request.args.get("avant"))
    )
    figures = lead_figures(asked.wanted)
    return page(
        "admin/leads.html",
        asked=asked,
        finding=finding(figures),
        lines=[LeadLine(row) for row in shown.rows],
        total=figures.matching,
        pills=view_pills(asked, figures),
        menus=filter_menus(asked, staff_names()),
        before=shown.before and asked.url(avant=write_cursor(shown.before)),
        after=shown.after and asked.url(apres=write_cursor(shown.after)),
        page_size=PAGE,
        tabs_items=company_tabs("leads.index"),
        app_nav=navigation("leads"),
    )


def finding(figures: LeadFigures) -> str:
    """The title: who waits for a call, else what is late, else what goes on."""
    received, late = figures.views[LeadView.RECEIVED], figures.views[LeadView.LATE]
    if received and figures.oldest:
        return f"{plural(received, 'entreprise')} à rappeler, {since(figures.oldest, one=received == 1)}"
    if late:
        return f"{plural(late, 'action')} en retard, aucune entreprise à rappeler"
    going = figures.views[LeadView.OPEN]
    if going:
        return f"{plural(going, 'entreprise suivie', 'entreprises suivies')}, aucune à rappeler"
    return "Aucune entreprise à rappeler"


def since(instant: datetime, *, one: bool) -> str:
    """« la plus ancienne depuis 4 jours »."""
    days = (clock.today() - instant.astimezone(clock.PARIS).date()).days
    words = f"depuis {plural(days, 'jour')}" if days > 0 else "d’aujourd’hui"
    if one:
        return words if days > 0 else "reçue aujourd’hui"
    return f"la plus ancienne {words}"


@leads.get("/<uuid:lead_id>")
@requires(Permission.LEADS_FOLLOW)
def show(lead_id: UUID) -> ResponseReturnValue:
    return one(lead_id)


@leads.post("/<uuid:lead_id>")
@requires(Permission.LEADS_FOLLOW)
def follow(lead_id: UUID) -> ResponseReturnValue:
    lead = lead_to_follow(lead_id)
    form = StepForm(request.form, owners=owners_for(lead.owner_id, staff_names()))
    if form.validate():
        try:
            follow_lead(lead, form.step, version=form.seen)
        except DomainError as error:
            rollback()
            form.refuse(error.message, error.field)
        else:
            flash("C’est noté.", "good")
            return redirect(url_for("leads.show", lead_id=lead_id), 303)
    return one(lead_id, form=form)


@leads.post("/<uuid:lead_id>/prendre")
@requires(Permission.LEADS_FOLLOW)
def take(lead_id: UUID) -> ResponseReturnValue:
    lead = lead_to_follow(lead_id)
    try:
        take_lead(lead, by=current_user.account_id, version=version_of(request.form.get("version")))
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash(f"Vous suivez maintenant {lead.company_name}.", "good")
    return redirect(url_for("leads.show", lead_id=lead_id), 303)


@leads.post("/<uuid:lead_id>/coordonnees")
@requires(Permission.LEADS_FOLLOW)
def contact(lead_id: UUID) -> ResponseReturnValue:
    """Who asked, once: the next look is another line of the journal."""
    return one(lead_id, contact=contact_facts(read_contact(lead_to_follow(lead_id))))


def contact_facts(found: Contact) -> dict[str, Any]:
    """Label and value pairs, and the message apart."""
    rows = [
        ("Nom", found.name),
        ("Fonction", found.role),
        ("E-mail", breakable(found.mail)),
        ("Téléphone", telephone_said(found.telephone) if found.telephone else ""),
    ]
    return {"rows": [row for row in rows if row[1]], "message": found.message}


def breakable(mail: str) -> Markup:
    """An address that a narrow screen may cut before its domain."""
    return Markup("{}<wbr>{}{}").format(*mail.partition("@")) if mail else Markup()


def owners_for(owner_id: UUID | None, names: Mapping[UUID, str], name: str | None = None) -> dict[UUID, str]:
    """The staff, and whoever follows the request now even if their account is closed."""
    gone = {owner_id: f"{name or 'Compte fermé'} (compte fermé)"} if owner_id and owner_id not in names else {}
    return {**names, **gone}


def one(lead_id: UUID, *, form: StepForm | None = None, contact: dict[str, Any] | None = None) -> ResponseReturnValue:
    row = lead_of(lead_id)
    if row is None:
        raise Hidden
    names = association_names() if row.associations else {}
    owners = owners_for(row.owner_id, staff_names(), row.owner)
    return page(
        "admin/lead.html",
        line=LeadLine(row),
        form=shown_form(form, row, owners),
        answers=said(row.answers),
        associations=[(key, names[key]) for key in map(id_of, row.associations) if key in names],
        steps=steps_of(lead_id),
        state_labels=STATE_LABELS,
        contact=contact,
        mine=row.owner_id == current_user.account_id,
        today=clock.today().isoformat(),
        app_nav=navigation("leads"),
    )


def shown_form(form: StepForm | None, row: Row[Any], owners: Mapping[UUID, str]) -> StepForm:
    """What was typed if anything was; the version is today's, so that whoever has read what changed can go on."""
    if form is None:
        values = {
            "state": row.state.value,
            "owner_id": str(row.owner_id or current_user.account_id or NOBODY),
            "next_action": row.next_action,
            "next_action_on": row.next_action_on,
        }
        form = StepForm(data=values, owners=owners)
    form.version.data = str(row.version)
    return form
