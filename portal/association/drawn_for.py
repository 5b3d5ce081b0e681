"""The association a form was drawn for: since then the session may have moved to another one, in another tab."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from portal.association.frame import association_name, signed_in
from portal.foundation.permissions import SignedIn
from portal.web.requests import SAFE_METHODS

CONFLICT = 409
FIELD = "association"


def mark() -> Markup:
    """The hidden field that every form of this door carries."""
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    drawn_for = person.association_id if isinstance(person, SignedIn) else None
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, drawn_for or "")


def refuse_another_association() -> ResponseReturnValue | None:
    """Before any view that writes: what was drawn for one association is never done to another."""
    if request.method in SAFE_METHODS or request.form.get(FIELD) == str(signed_in().association_id):
        return None
    name = association_name()
    description = f"Vous travaillez maintenant pour {name}. Rien n’a été enregistré."
    back = url_for(f"{request.blueprint}.index")
    drawn_for = next(
        (one for one in signed_in().memberships if str(one.association_id) == request.form.get(FIELD)), None
    )
    words = {"description": description, "back_url": back, "association": name, "drawn_for": drawn_for}
    return render_template("association/another.html", **words), CONFLICT
