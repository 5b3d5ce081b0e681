"""The company whose link an employee followed, remembered by the browser for as long as a form lives.

The cookie is sent to the mentors' form and nowhere else: no other request can ever be counted.
"""

from flask import Response, current_app, request

from portal.queries.drafts import LIFE

COOKIE, FORM = "entreprise", "je-deviens-mentor"
LONGEST = 80


def remember_company(response: Response, slug: str) -> Response:
    response.set_cookie(
        COOKIE,
        slug,
        max_age=int(LIFE.total_seconds()),
        path=f"/{FORM}",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def company_remembered() -> str:
    """Its slug, as the browser says it; "" when it came by no link."""
    return request.cookies.get(COOKIE, "")[:LONGEST]


def forget_company(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=f"/{FORM}", httponly=True, samesite="Lax")
    return response
