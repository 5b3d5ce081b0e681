"""Campaigns: the dated periods over which objectives and places are declared; opened, amended, dropped."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.navigation import frame, navigation
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.campaign import Campaign
from portal.operations.campaigns import (
    LONGEST_NAME,
    amend_campaign,
    carry_again,
    drop_campaign,
    furthest_day,
    open_campaign,
)
from portal.queries.campaigns import CampaignLine, campaign_lines, campaign_of, campaigns, gaps_ahead, running_campaign
from portal.web.days import day_field
from portal.web.forms import PortalForm, name_field
from portal.web.pages import page
from portal.web.typography import french

CONFLICT = 409
DAY = timedelta(days=1)
campaign_room = Blueprint("campaigns", __name__, url_prefix="/collectif/campagnes")
campaign_room.context_processor(frame)


class CampaignForm(PortalForm):
    """A name and two days, both in the campaign."""

    name = name_field("Nom", "Donnez un nom à la campagne.", longest=LONGEST_NAME)
    starts_on = day_field("Premier jour", "Choisissez le premier jour.")
    ends_on = day_field("Dernier jour", "Choisissez le dernier jour.")


@campaign_room.get("")
@requires(Permission.OBJECTIVES_SET)
def index() -> ResponseReturnValue:
    return list_page(CampaignForm(data=proposed(campaigns())))


@campaign_room.post("")
@requires(Permission.OBJECTIVES_SET)
def create() -> ResponseReturnValue:
    form = CampaignForm(request.form)
    if form.validate():
        first, last = form.starts_on.data, form.ends_on.data
        try:
            made = open_campaign(form.name.data or "", first, last, by=current_user.account_id)
        except DomainError as error:
            rollback()
            form.refuse(error.message, error.field)
        else:
            flash(french(f"{made.name} est ouverte : objectifs et places de la dernière y sont repris."), "good")
            return redirect(url_for("campaigns.show", campaign_id=made.id), 303)
    return list_page(form)


def proposed(found: list[Campaign]) -> dict[str, Any]:
    """A year from the day after the last one, or from today; nothing when that is too far ahead to be opened."""
    last = max((one.ends_on for one in found), default=None)
    if last and last >= furthest_day():
        return {}
    first = max(clock.today(), last + DAY) if last else clock.today()
    until = date(first.year + 1, first.month, 1) + (first.day - 2) * DAY
    years = str(first.year) if first.year == until.year else f"{first.year}-{until.year}"
    return {"name": f"Campagne {years}", "starts_on": first, "ends_on": until}


def list_page(form: CampaignForm) -> ResponseReturnValue:
    lines = campaign_lines()
    return page(
        "admin/campaigns.html",
        form=form,
        lines=lines,
        running=running_campaign(),
        gaps=gaps_ahead(campaigns()),
        app_nav=navigation("objectives"),
    )


@campaign_room.get("/<uuid:campaign_id>")
@requires(Permission.OBJECTIVES_SET)
def show(campaign_id: UUID) -> ResponseReturnValue:
    campaign = known(campaign_id)
    days = {"name": campaign.name, "starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
    return campaign_page(campaign, CampaignForm(data=days), mark_of(campaign))


@campaign_room.post("/<uuid:campaign_id>")
@requires(Permission.OBJECTIVES_SET)
def amend(campaign_id: UUID) -> ResponseReturnValue:
    campaign, form = known(campaign_id), CampaignForm(request.form)
    seen = request.form.get("seen", "")
    if not form.validate():
        return campaign_page(campaign, form, seen)
    if seen != mark_of(campaign):
        form.refuse("Cette campagne a changé pendant ce temps\u00a0: vérifiez, puis enregistrez de nouveau.")
        return campaign_page(campaign, form, mark_of(campaign), CONFLICT)
    try:
        amend_campaign(campaign, form.name.data or "", *days_of(form))
    except DomainError as error:
        rollback()
        form.refuse(error.message, error.field)
        return campaign_page(known(campaign_id), form, seen)
    flash(french(f"{campaign.name} : enregistrée."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@campaign_room.post("/<uuid:campaign_id>/supprimer")
@requires(Permission.OBJECTIVES_SET)
def drop(campaign_id: UUID) -> ResponseReturnValue:
    campaign = known(campaign_id)
    name = campaign.name
    try:
        drop_campaign(campaign)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
    flash(french(f"{name} est supprimée, avec ses objectifs provisoires."), "good")
    return redirect(url_for("campaigns.index"), 303)


@campaign_room.post("/<uuid:campaign_id>/reprendre")
@requires(Permission.OBJECTIVES_SET)
def carry(campaign_id: UUID) -> ResponseReturnValue:
    try:
        carry_again(known(campaign_id), by=current_user.account_id)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash("Objectifs provisoires et places sont ceux d’aujourd’hui.", "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def known(campaign_id: UUID) -> Campaign:
    """Raises Hidden when it does not exist."""
    campaign = campaign_of(campaign_id)
    if campaign is None:
        raise Hidden
    return campaign


def days_of(form: CampaignForm) -> tuple[date, date]:
    first, last = form.starts_on.data, form.ends_on.data
    assert first is not None
    assert last is not None
    return first, last


def mark_of(campaign: Campaign) -> str:
    """Tells one state of the campaign from another."""
    return f"{campaign.starts_on} {campaign.ends_on} {campaign.name}"


def campaign_page(campaign: Campaign, form: CampaignForm, seen: str, status: int = 0) -> ResponseReturnValue:
    line: CampaignLine = next(one for one in campaign_lines() if one.id == campaign.id)
    given = {"status": status} if status else {}
    return page(
        "admin/campaign.html",
        **given,
        line=line,
        form=form,
        seen=seen,
        today=clock.today(),
        app_nav=navigation("objectives"),
    )
