"""The texts of the offer: written in the safe mark-up, looked at before anything is kept, published, put back."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from admin.company_tabs import company_tabs
from admin.fields import line_field, version_of
from admin.navigation import frame, navigation
from admin.offer_pages import SLUGS, changed, differences, page_of
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.company import OfferPage
from portal.operations.documents import ask_company_kit
from portal.operations.offer import Words, publish_draft, publish_words, put_back, save_draft
from portal.queries.documents import company_kits
from portal.queries.offer_texts import (
    Shown,
    latest_version,
    pages_drafted,
    text_in_force,
    text_numbered,
    versions_of,
)
from portal.web.forms import PortalForm, one_line, tidy
from portal.web.markup import LONGEST, refusals, rendered
from portal.web.pages import page
from portal.web.typography import french, plural

LONGEST_TITLE, LONGEST_LEAD = 160, 400
PREVIEW, DRAFT, PUBLISH = "apercu", "brouillon", "publier"
offer = Blueprint("offer", __name__, url_prefix="/collectif/entreprises/textes")
offer.context_processor(frame)


class TextForm(PortalForm):
    """One page's text. base: the number of the latest version its author had seen."""

    title = line_field("Titre", "Écrivez un titre.", longest=LONGEST_TITLE)
    lead = TextAreaField(
        "Chapeau",
        [
            Optional(),
            Length(max=LONGEST_LEAD, message=f"Ce texte est trop long\u00a0: {LONGEST_LEAD} caractères au plus."),
        ],
        filters=[one_line],
    )
    body = TextAreaField("Texte", [DataRequired("Écrivez le texte de la page.")], filters=[tidy])
    base = HiddenField()

    def validate_body(self, field: TextAreaField) -> None:
        found = refusals(field.data or "")
        if found:
            raise ValidationError(" ".join(found))

    @property
    def words(self) -> Words:
        return Words(self.title.data or "", self.lead.data or "", (self.body.data or "").replace("\r\n", "\n"))


@offer.get("")
@requires(Permission.OFFER_EDIT)
def index() -> ResponseReturnValue:
    pages = pages_drafted()
    return page(
        "admin/offer.html",
        pages=pages,
        slugs=SLUGS,
        finding=finding(sum(one.draft is not None for one in pages), len(pages)),
        tabs_items=company_tabs("offer.index"),
        app_nav=navigation("leads"),
    )


def finding(drafts: int, texts: int) -> str:
    return f"{plural(texts, 'texte')}, {plural(drafts, 'brouillon') if drafts else 'aucun brouillon'}"


@offer.get("/<page_slug>")
@requires(Permission.OFFER_EDIT)
def edit(page_slug: str) -> ResponseReturnValue:
    return editor(page_of(page_slug))


@offer.post("/<page_slug>")
@requires(Permission.OFFER_EDIT)
def write(page_slug: str) -> ResponseReturnValue:
    kind, form = page_of(page_slug), TextForm(request.form)
    if not form.validate():
        return editor(kind, form)
    asked = request.form.get("action", PREVIEW)
    if asked not in {DRAFT, PUBLISH}:
        return editor(kind, form, preview=form.words)
    try:
        written = keep(kind, form, asked)
    except DomainError as error:
        rollback()
        form.refuse(error.message, error.field)
        return editor(kind, form, moved=True)
    flash(written, "good")
    return redirect(url_for("offer.edit", page_slug=page_slug) if asked == DRAFT else url_for("offer.index"), 303)


def keep(kind: OfferPage, form: TextForm, asked: str) -> str:
    """Saves or publishes what was typed; returns what to say of it."""
    operation = publish_words if asked == PUBLISH else save_draft
    text = operation(kind, form.words, based_on=version_of(form.base.data), by=current_user.account_id)
    if asked == DRAFT:
        return f"Brouillon gardé\u00a0: version {text.number}. Personne d’autre que l’équipe ne la voit."
    return published_said(kind, text.number)


def published_said(kind: OfferPage, number: int) -> str:
    drawn = " Son PDF se prépare, dans Documents." if kind.kit else ""
    return f"«\u00a0{french(kind.label)}\u00a0»\u00a0: la version {number} est publiée.{drawn}"


def editor(
    kind: OfferPage, form: TextForm | None = None, *, preview: Words | None = None, moved: bool = False
) -> ResponseReturnValue:
    """moved: somebody wrote meanwhile; what was typed can be saved after theirs, knowingly."""
    versions = versions_of(kind)
    latest = versions[0] if versions else None
    shown = text_in_force(kind)
    if form is None:
        start = latest if latest is not None and latest.published_at is None else shown
        form = TextForm(data={"title": start.title, "lead": start.lead, "body": start.body})
    if moved or not form.base.data:
        form.base.data = str(latest.number if latest else 0)
    return page(
        "admin/offer_edit.html",
        kind=kind,
        slug=SLUGS[kind],
        form=form,
        shown=shown,
        versions=versions,
        drawn=kind.kit and (kind, shown.number) in company_kits(),
        latest=latest,
        preview=preview,
        preview_body=rendered(preview.body) if preview else "",
        longest=LONGEST,
        longest_lead=LONGEST_LEAD,
        app_nav=navigation("leads"),
    )


@offer.post("/<page_slug>/pdf")
@requires(Permission.OFFER_EDIT)
def draw(page_slug: str) -> ResponseReturnValue:
    """The PDF of the text in force, the built-in one included. Raises Hidden for what is no kit."""
    kind = page_of(page_slug)
    if not kind.kit:
        raise Hidden
    number = text_in_force(kind).number
    said = "Le PDF se prépare\u00a0: il paraîtra dans Documents."
    return done(page_slug, lambda: ask_company_kit(kind, number, by=current_user.account_id), said)


@offer.get("/<page_slug>/versions/<int(max=999999):number>")
@requires(Permission.OFFER_EDIT)
def version(page_slug: str, number: int) -> ResponseReturnValue:
    """One version, and what changes between it and the one in force (or the one before, for that one)."""
    kind = page_of(page_slug)
    text, shown, latest = text_numbered(kind, number), text_in_force(kind), latest_version(kind)
    if text is None:
        raise Hidden
    beside = compared(kind, text, shown)
    runs = differences(beside, text) if beside else []
    return page(
        "admin/offer_version.html",
        kind=kind,
        slug=page_slug,
        text=text,
        body=rendered(text.body),
        shown=shown,
        beside=beside,
        runs=runs,
        changes=changed(runs),
        latest_number=latest.number if latest else 0,
        app_nav=navigation("leads"),
    )


def compared(kind: OfferPage, text: Shown, shown: Shown) -> Shown | None:
    """What a version is held beside; nothing for a text that is the first."""
    if text.number != shown.number:
        return shown
    return text_numbered(kind, text.number - 1) if text.number else None


@offer.post("/<page_slug>/versions/<int(max=999999):number>/publier")
@requires(Permission.OFFER_EDIT)
def publish(page_slug: str, number: int) -> ResponseReturnValue:
    kind = page_of(page_slug)
    return done(
        page_slug, lambda: publish_draft(kind, number, by=current_user.account_id), published_said(kind, number)
    )


@offer.post("/<page_slug>/versions/<int(max=999999):number>/remettre")
@requires(Permission.OFFER_EDIT)
def restore(page_slug: str, number: int) -> ResponseReturnValue:
    kind, base = page_of(page_slug), version_of(request.form.get("base"))
    return done(
        page_slug,
        lambda: put_back(kind, number, based_on=base, by=current_user.account_id),
        published_said(kind, base + 1),
    )


def done(page_slug: str, operation: Any, said: str) -> ResponseReturnValue:
    try:
        operation()
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash(said, "good")
    return redirect(url_for("offer.edit", page_slug=page_slug), 303)
