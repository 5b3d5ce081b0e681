"""The expert editor: any programme's criteria as they are written, read back in sentences before they are published."""

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.review import CONFLICT, REFUSED, SIDE_NAMES, SIDES, WHO, compared, number_of, readable, review, said
from matching.conditions import TESTS
from matching.criteria import Expression, read_criteria, tests_of, write_criteria
from matching.locating import line_of
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.operations.criteria import LONGEST_CRITERIA, CriteriaConflict, save_criteria
from portal.queries.criteria import VERSIONS_SHOWN, Kept, Version, programme_kept, version_by_id, versions_of
from portal.queries.trial_told import trial_told
from portal.web.criteria_said import whole_said
from portal.web.forms import one_line
from portal.web.pages import page
from portal.web.typography import NBSP

__all__ = ["review"]
LONGEST_TEXT, LONGEST_NOTE, MOST_TESTS = 2 * LONGEST_CRITERIA, 300, 300
LONGEST_PATH = 200
REASONS = (
    (re.compile(r"one of all, any, not or test is expected"), "il faut « all », « any », « not » ou « test »"),
    (re.compile(r"['\"](?P<word>.*)['\"] is not one of (?P<list>.*)"), "« {word} » n’est pas dans la liste : {list}"),
    (re.compile(r"unknown field"), "ce champ n’existe pas ici"),
    (re.compile(r"missing"), "ce champ manque"),
    (re.compile(r"an object is expected"), "il faut un objet { … }"),
    (re.compile(r"a list is expected"), "il faut une liste [ … ]"),
    (re.compile(r"a text without control characters is expected"), "il faut un texte sans caractère de contrôle"),
    (re.compile(r"a text is expected"), "il faut un texte entre guillemets"),
    (re.compile(r"must not be empty"), "il faut au moins une valeur"),
    (re.compile(r"an integer is expected"), "il faut un nombre entier"),
    (re.compile(r"must be at least (?P<least>\d+)"), "il faut au moins {least}"),
    (re.compile(r"a date YYYY-MM-DD is expected"), "il faut une date, par exemple 2027-01-05"),
    (re.compile(r"a place kind:code is expected.*"), "il faut un lieu, par exemple commune:59512"),
    (re.compile(r"(min or max|from or to) is needed"), "il faut au moins une borne"),
    (re.compile(r"(min is above max|from is above to)"), "la borne basse dépasse la haute"),
    (re.compile(r"nested more than (?P<deep>\d+) deep"), "trop de niveaux imbriqués (plus de {deep})"),
)


@dataclass(frozen=True)
class Written:
    """What stands in the text field; fault says where it cannot be read, and draft is None then.

    line: the number of the line at fault, from 1; 0 when it is no line's.
    """

    text: str
    draft: Expression | None
    fault: str = ""
    line: int = 0

    @property
    def excerpt(self) -> str:
        """The line at fault, as far as a page can show it."""
        lines = self.text.split("\n")
        return _writable(lines[self.line - 1].strip()) if 0 < self.line <= len(lines) else ""


def read_text(text: str) -> Written:
    if len(text) > LONGEST_TEXT:
        return Written(text[:LONGEST_TEXT], None, f"Ce texte est trop long : {LONGEST_TEXT} caractères au plus.")
    try:
        return _bounded(text, read_criteria(json.loads(text)))
    except json.JSONDecodeError as error:
        fault = f"Ce n’est pas du JSON : ligne {error.lineno}, colonne {error.colno}."
        return Written(text, None, fault, error.lineno)
    except InvalidInputError as error:
        line, where = line_of(text, error.path), _writable(error.path)
        fault = f"Ligne {line}, à «{NBSP}{where}{NBSP}» : {in_french(error.reason)}."
        return Written(text, None, fault, line)
    except RecursionError:
        return Written(text, None, "Ce texte a trop de niveaux imbriqués.")
    except ValueError:
        return Written(text, None, "Un nombre de ce texte est trop long.")


def _bounded(text: str, draft: Expression) -> Written:
    many = sum(1 for _ in tests_of(draft))
    if many > MOST_TESTS:
        return Written(text, None, f"Ce texte a {many} conditions : {MOST_TESTS} au plus.")
    return Written(text, draft)


def _writable(path: str) -> str:
    """A field's name may hold half a character, which no page can say."""
    return path[:LONGEST_PATH].encode("utf-8", "replace").decode("utf-8")


def in_french(reason: str) -> str:
    """The engine's reason, in words for the team."""
    for pattern, words in REASONS:
        if found := pattern.fullmatch(reason):
            return words.format_map(found.groupdict()) if "{" in words and found.groupdict() else words
    return reason


def pretty(written: object, margin: str = "") -> str:
    """The JSON with a test a line; `all`, `any` and `not` hold theirs further in."""
    if not isinstance(written, dict) or len(written) != 1:
        return json.dumps(written, ensure_ascii=False)
    ((name, parts),) = written.items()
    if name == "not" or not parts:
        return f'{{"{name}": {pretty(parts, margin)}}}'
    inner = margin + "  "
    lines = ",\n".join(inner + pretty(part, inner) for part in parts)
    return f'{{"{name}": [\n{lines}\n{margin}]}}'


def canonical(version: Version | None) -> object:
    """As the engine writes it; as it is stored when it cannot be read."""
    if version is None:
        return {"all": []}
    expression = readable(version.criteria)
    return version.criteria if expression is None else write_criteria(expression)


@review.get("/<uuid:programme_id>/<side>")
@requires(Permission.CRITERIA_REVIEW)
def edit(programme_id: UUID, side: str) -> ResponseReturnValue:
    kept, chosen = _known(programme_id, side)
    return _editor(kept, chosen, read_text(pretty(canonical(kept.version(chosen)))))


@review.post("/<uuid:programme_id>/<side>/apercu")
@requires(Permission.CRITERIA_REVIEW)
def preview(programme_id: UUID, side: str) -> ResponseReturnValue:
    """What is written, in sentences, and its trial. Nothing is saved."""
    kept, chosen = _known(programme_id, side)
    written = read_text(request.form.get("criteria", ""))
    return _editor(kept, chosen, written, REFUSED if written.fault else 200)


@review.post("/<uuid:programme_id>/<side>")
@requires(Permission.CRITERIA_REVIEW)
def save(programme_id: UUID, side: str) -> ResponseReturnValue:
    kept, chosen = _known(programme_id, side)
    written = read_text(request.form.get("criteria", ""))
    if written.draft is None:
        return _editor(kept, chosen, written, REFUSED)
    note = (one_line(request.form.get("note")) or "")[:LONGEST_NOTE]
    refused = _saved(kept, chosen, write_criteria(written.draft), (note,) if note else ())
    if refused is None:
        return redirect(url_for("review.versions", programme_id=programme_id, side=side), 303)
    status = CONFLICT if isinstance(refused, CriteriaConflict) else REFUSED
    return _editor(*_known(programme_id, side), written, status, refusal=refused.message)


def _saved(kept: Kept, side: Side, criteria: object, notes: tuple[str, ...]) -> DomainError | None:
    """A new version, or why there is none."""
    try:
        number = number_of(request.form.get("drawn"))
        save_criteria(kept.programme.id, side, criteria, by=current_user.account_id, drawn_from=number, notes=notes)
    except DomainError as error:
        rollback()
        return error
    flash("Ces critères sont en vigueur. Les demandes en attente sont relues.", "good")
    return None


@review.get("/<uuid:programme_id>/<side>/versions")
@requires(Permission.CRITERIA_REVIEW)
def versions(programme_id: UUID, side: str) -> ResponseReturnValue:
    kept, chosen = _known(programme_id, side)
    text = request.args.get("avant", "")
    before = int(text) if text.isdecimal() and len(text) <= 6 else None  # noqa: PLR2004 - far above any version
    found = versions_of(programme_id, chosen, before)
    shown = found[:VERSIONS_SHOWN]
    return page(
        "admin/criteria_versions.html",
        **_about(kept, chosen),
        versions=[(version, said(version)) for version in shown],
        older=shown[-1].number if len(found) > VERSIONS_SHOWN else None,
    )


@review.post("/versions/<uuid:version_id>/remettre")
@requires(Permission.CRITERIA_REVIEW)
def put_back(version_id: UUID) -> ResponseReturnValue:
    earlier: Version | None = version_by_id(version_id)
    if earlier is None:
        raise Hidden
    side = SIDE_NAMES[earlier.side]
    kept, chosen = _known(earlier.programme_id, side)
    refused = _saved(kept, chosen, earlier.criteria, (f"Reprise de la version {earlier.number}.", *earlier.notes))
    if refused:
        flash(refused.message, "late")
    return redirect(url_for("review.versions", programme_id=earlier.programme_id, side=side), 303)


def _known(programme_id: UUID, side: str) -> tuple[Kept, Side]:
    kept = programme_kept(programme_id)
    if kept is None or kept.programme.archived_at is not None or side not in SIDES:
        raise Hidden
    return kept, SIDES[side]


def _about(kept: Kept, side: Side) -> dict[str, Any]:
    return {
        "kept": kept,
        "programme": kept.programme,
        "side": SIDE_NAMES[side],
        "side_title": WHO[side],
        "version": kept.version(side),
    }


def _editor(kept: Kept, side: Side, written: Written, status: int = 200, refusal: str = "") -> tuple[str, int]:
    version = kept.version(side)
    current = readable(version.criteria) if version else None
    draft = written.draft
    old, new = compared(current, draft)
    sent = request.form.get("drawn") if status != CONFLICT else None
    return page(
        "admin/criteria_editor.html",
        status,
        **_about(kept, side),
        written=written,
        old=old,
        new=new,
        whole=whole_said(draft) if draft is not None else "",
        trial=trial_told(kept.programme.id, side, draft, current) if draft is not None else None,
        drawn=number_of(sent) if sent else version.number if version else 0,
        note=(request.form.get("note") or "")[:LONGEST_NOTE],
        longest_note=LONGEST_NOTE,
        tests=sorted(TESTS),
        refusal=refusal,
    )
