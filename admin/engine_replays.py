"""Replays: a period lived again under other settings, asked for, waited for, and read."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Row
from werkzeug.datastructures import MultiDict

from admin import engine_told as told
from admin.engine_forms import SIDE_WORDS, ReplayForm, policies_told, policy_words, usual_days
from admin.navigation import frame, navigation
from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.replay import Replay, ReplayState
from portal.operations.policies import missing_proof, policy_now
from portal.operations.replays import Question, ask_again, ask_replay
from portal.queries.associations import association_names
from portal.queries.catalogue import policy_in_force
from portal.queries.replay_options import options_of, referral_numbers
from portal.queries.replays import PAGE, replay_asked, replays_asked
from portal.web.figures.sheets import csv_answer
from portal.web.pages import page

SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
SIDE_NAMES = {side: name for name, side in SIDES.items()}
SHOWN, A_PAGE = 12, 50
COLUMNS = {
    "mesures": ("Mesure", "En vigueur", "Rejoué", "Écart", "Selon les tirages"),
    "associations": (
        "Association", "Confiées en vigueur", "Objectif en vigueur", "Confiées rejouées", "Objectif rejoué",
    ),
    "demandes": ("Demande", "En vigueur", "Rejoué"),
    "lieux": ("Code", "Lieu", "Change"),
}  # fmt: skip

replays = Blueprint("replays", __name__, url_prefix="/collectif/moteur/rejeux")
replays.context_processor(frame)
replays.context_processor(
    lambda: {
        "policy_words": policy_words,
        "side_words": SIDE_WORDS,
        "policies_told": policies_told(),
        "app_nav": navigation("engine"),
    }
)


@replays.get("")
@requires(Permission.ENGINE_READ)
def index() -> ResponseReturnValue:
    return page("admin/engine_replays.html", **listed())


@replays.get("/avancement")
@requires(Permission.ENGINE_READ)
def progress() -> ResponseReturnValue:
    """The list alone, for the page that waits."""
    return render_template("admin/_engine_replays.html", **listed())


def listed() -> dict[str, Any]:
    before = request.args.get("avant", type=UUID)
    found = replays_asked(before)
    older = url_for("replays.index", avant=found[-1].Replay.id) if len(found) == PAGE else ""
    return {"replays": found, "older": older, "newer": url_for("replays.index") if before else ""}


@replays.route("/nouveau", methods=["GET", "POST"])
@requires(Permission.ENGINE_TRY)
def new() -> ResponseReturnValue:
    """`cote` in the address chooses the side; `regle`, `proposition` and others fill their field in."""
    name = request.args.get("cote", "")
    side = SIDES.get(name, Side.MENTEE)
    options = options_of(side)
    form = ReplayForm(request.form if request.method == "POST" else asked_for())
    form.offer(options, policy_in_force())
    changes = form.changes() if request.method == "POST" else None
    if changes is not None:
        try:
            asked = ask_replay(question(form, side, changes), by=current_user.account_id)
        except DomainError as error:
            rollback()
            form.refuse(error.message, error.field)
        else:
            return redirect(url_for("replays.show", replay_id=asked.id), 303)
    return page("admin/engine_replay_new.html", form=form, side=side, side_name=SIDE_NAMES[side], options=options)


def question(form: ReplayForm, side: Side, changes: dict[str, Any]) -> Question:
    since, until = form.since.data, form.until.data
    assert since is not None
    assert until is not None  # both are compulsory, and were read with the rest
    return Question(side, since, until, changes, form.title(changes))


def asked_for() -> MultiDict[str, str]:
    """The form as an address fills it in."""
    usual = {name: value.isoformat() for name, value in usual_days().items()}
    given = {"policy": request.args.get("regle", ""), "proposal": request.args.get("proposition", "")}
    return MultiDict(usual | {name: value for name, value in given.items() if value})


@replays.get("/<uuid:replay_id>")
@requires(Permission.ENGINE_READ)
def show(replay_id: UUID) -> ResponseReturnValue:
    found = known(replay_id)
    replay: Replay = found.Replay
    if replay.state is not ReplayState.DONE:
        return page("admin/engine_replay_waiting.html", replay=replay, asker=found.asker)
    report, names = found.report, names_of_associations()
    rows, associations = report["moved"][:SHOWN], told.associations(report, names)
    return page(
        "admin/engine_replay.html",
        replay=replay,
        asker=found.asker,
        report=report,
        heading=told.headline(report, replay.side),
        lines=told.lines(report),
        honesty=told.honesty(report),
        associations=associations,
        shifts=told.shifts(associations),
        shifts_title=told.shifts_title(report),
        lost=told.places_named(report["lost"]),
        gained=told.places_named(report["gained"]),
        moved=told.moved(rows, referral_numbers([row[0] for row in rows]), names),
        proposable=proposable(replay, report),
        columns=tuple(COLUMNS),
        shown=SHOWN,
    )


def proposable(replay: Replay, report: told.Report) -> dict[str, Any] | None:
    """Rules that this replay is about, and why they may not be proposed yet; None when it is about more, or nothing."""
    if set(replay.changes) != {"policy"}:
        return None
    rules, current = replay.changes["policy"], policy_now()
    if current is not None and (current.name, current.maximum_hops) == (rules["name"], rules["hops"]):
        return None
    name, against = PolicyName(rules["name"]), told.speaks_against(report)
    return {**rules, "missing": missing_proof(name, rules["hops"]), "arm": name is PolicyName.ARM, "against": against}


@replays.get("/<uuid:replay_id>/avancement")
@requires(Permission.ENGINE_READ)
def waited(replay_id: UUID) -> ResponseReturnValue:
    """How far it is, for the page that waits; once it is done that page is loaded whole."""
    replay = known(replay_id).Replay
    headers = {} if replay.unfinished else {"HX-Refresh": "true"}
    return render_template("admin/_engine_waiting.html", replay=replay), 200, headers


@replays.get("/<uuid:replay_id>/demandes")
@requires(Permission.ENGINE_READ)
def requests(replay_id: UUID) -> ResponseReturnValue:
    """All that go elsewhere, a page at a time."""
    found = done(replay_id)
    rows = found.report["moved"]
    last = max(-(-len(rows) // A_PAGE), 1)
    at = min(max(request.args.get("page", 1, type=int), 1), last)
    shown = rows[(at - 1) * A_PAGE : at * A_PAGE]
    return page(
        "admin/engine_replay_requests.html",
        replay=found.Replay,
        whole=len(rows),
        moved=told.moved(shown, referral_numbers([row[0] for row in shown]), names_of_associations()),
        said=f"Page {at} sur {last}",
        before=url_for("replays.requests", replay_id=replay_id, page=at - 1) if at > 1 else "",
        after=url_for("replays.requests", replay_id=replay_id, page=at + 1) if at < last else "",
    )


@replays.post("/<uuid:replay_id>/refaire")
@requires(Permission.ENGINE_TRY)
def again(replay_id: UUID) -> ResponseReturnValue:
    try:
        asked = ask_again(replay_id, by=current_user.account_id)
    except DomainError as error:
        rollback()
        found = known(replay_id)
        return page(
            "admin/engine_replay_waiting.html", 422, replay=found.Replay, asker=found.asker, refusal=error.message
        )
    return redirect(url_for("replays.show", replay_id=asked.id), 303)


@replays.get("/<uuid:replay_id>.json")
@requires(Permission.ENGINE_READ)
def as_json(replay_id: UUID) -> Response:
    """The whole report, with the question: ids, codes and counts."""
    found = done(replay_id)
    asked = {"side": found.Replay.side, "since": str(found.Replay.since), "until": str(found.Replay.until)}
    text = json.dumps({**asked, "changes": found.Replay.changes, "report": found.report}, ensure_ascii=False, indent=1)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="rejeu-{replay_id}.json"'
    return answer


@replays.get("/<uuid:replay_id>/<any(mesures, associations, demandes, lieux):table>.csv")
@requires(Permission.ENGINE_READ)
def as_csv(replay_id: UUID, table: str) -> Response:
    found = done(replay_id)
    return csv_answer(f"rejeu-{table}-{replay_id}", COLUMNS[table], ROWS[table](found.report))


def measure_rows(report: told.Report) -> list[tuple[object, ...]]:
    return [(one.measure.label, one.before, one.after, one.difference, one.interval) for one in told.lines(report)]


def association_rows(report: told.Report) -> list[tuple[object, ...]]:
    return [(one.name, *one.before, *one.after) for one in told.associations(report, names_of_associations())]


def request_rows(report: told.Report) -> list[tuple[object, ...]]:
    rows = report["moved"]
    found = told.moved(rows, referral_numbers([row[0] for row in rows]), names_of_associations())
    return [(one.number or one.key, one.before, one.after) for one in found]


def place_rows(report: told.Report) -> list[tuple[object, ...]]:
    changed = {"lost": "n’est plus servi", "gained": "devient servi"}
    return [(*one, words) for name, words in changed.items() for one in told.places_named(report[name])]


ROWS = {"mesures": measure_rows, "associations": association_rows, "demandes": request_rows, "lieux": place_rows}


def names_of_associations() -> Mapping[str, str]:
    return {str(key): name for key, name in association_names().items()}


def known(replay_id: UUID) -> Row[Any]:
    found = replay_asked(replay_id)
    if found is None:
        raise Hidden
    return found


def done(replay_id: UUID) -> Row[Any]:
    """Raises Hidden while there is no report."""
    found = known(replay_id)
    if found.report is None:
        raise Hidden
    return found
