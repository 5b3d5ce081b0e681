"""Every e-mail of the portal, as it will be read; served outside production only."""

from flask import Blueprint, Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.foundation.config import settings
from portal.foundation.permissions import public_without_database
from portal.mail.letter import Letter, as_html, as_text
from portal.mail.wording import set_in_french
from portal.web.gallery_letters import by_audience, variants
from portal.web.security import POLICY

gallery_mail = Blueprint("gallery_mail", __name__, url_prefix="/galerie/courriels")
# The list frames the letters; a letter alone carries its style sheet within, as e-mails do, and runs nothing.
POLICIES = {
    "gallery_mail.index": f"{POLICY}; frame-src 'self'",
    "gallery_mail.letter": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'",
}


@gallery_mail.get("")
@public_without_database
def index() -> ResponseReturnValue:
    groups = by_audience(settings().base_url)
    return render_template("gallery/letters.html", groups=groups, text_of=_text, subject_of=_subject)


def _text(letter: Letter) -> str:
    return as_text(letter, brand=settings().brand_name, contact=settings().contact_mail)


def _subject(letter: Letter) -> str:
    return set_in_french(letter.subject)


@gallery_mail.get("/<message>/<int:rank>")
@public_without_database
def letter(message: str, rank: int) -> ResponseReturnValue:
    """The HTML of one variant of a message, exactly as it leaves."""
    same = [one.letter for one in variants(settings().base_url) if one.message == message]
    if rank >= len(same):
        abort(404)
    return as_html(same[rank], brand=settings().brand_name, contact=settings().contact_mail)


def loosen(response: Response) -> Response:
    """These two pages alone may frame, or be framed by, the portal itself."""
    policy = POLICIES.get(request.endpoint or "")
    if policy:
        response.headers["Content-Security-Policy"] = policy
    return response


def register(app: Flask) -> None:
    """Outside production only."""
    if not app.config["SETTINGS"].production:
        app.register_blueprint(gallery_mail)
        # Functions run from the last to the first: this one comes after the one that hardens every answer.
        app.after_request_funcs.setdefault(None, []).insert(0, loosen)
