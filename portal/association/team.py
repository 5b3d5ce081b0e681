"""Who works for the association here, and the journal of their last acts."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from portal.association.frame import association_page, signed_in
from portal.foundation.permissions import Permission, Role, requires
from portal.models.event import EventName, JournalAct
from portal.queries.team import Act, latest_acts, members

team = Blueprint("team", __name__, url_prefix="/equipe")
ROLES = {Role.COORDINATOR: "Coordination", Role.ADMINISTRATOR: "Administration"}
ACTS = {
    JournalAct.CONTACT_READ: "a consulté les coordonnées",
    JournalAct.REFERRAL_SEEN: "a ouvert la demande",
    JournalAct.ANSWERED: "a répondu",
    JournalAct.ORIENTED: "a orienté la demande",
    JournalAct.CAPACITY_CHANGED: "a changé la capacité",
    JournalAct.SIGNED_IN: "s’est connectée ou connecté",
    JournalAct.SIGN_IN_REFUSED: "connexion refusée",
    JournalAct.SIGNED_OUT: "s’est déconnectée ou déconnecté",
    JournalAct.SEARCHED: "a cherché",
    JournalAct.CONSENT_GIVEN: "a enregistré un accord",
}
ANSWERS = {
    EventName.ASSIGNMENT_ACCEPTED: "a accepté",
    EventName.ASSIGNMENT_BOUNCED: "a réorienté",
    EventName.ASSIGNMENT_UNDONE: "a annulé sa réponse",
    EventName.INFORMATION_ASKED: "a demandé une précision",
    EventName.ASSIGNMENT_POSTPONED: "a reporté sa réponse",
    EventName.ASSIGNMENT_CONTACTED: "a fait le premier contact",
    EventName.ASSIGNMENT_UNREACHABLE: "n’a pas pu joindre la personne",
    EventName.ASSIGNMENT_PAIRED: "a formé le binôme",
    EventName.ASSIGNMENT_ENDED: "a clos le mentorat",
    EventName.ASSIGNMENT_GIVEN_UP: "a clos avant le binôme",
}


@team.get("")
@requires(Permission.TEAM_READ)
def index() -> ResponseReturnValue:
    own_id = signed_in().association_id or abort(404)
    return association_page(
        "team.html", "team.index", members=members(own_id), roles=ROLES, acts=latest_acts(own_id), act_said=act_said
    )


def act_said(act: Act) -> str:
    """« a accepté »; a pause or a confirmation is told from a change of places."""
    if act.event in ANSWERS:
        return ANSWERS[act.event]
    if act.act is JournalAct.CAPACITY_CHANGED and act.detail:
        if act.detail.startswith("pause"):
            return "a mis fin à la pause" if act.detail.endswith("none") else "a mis l’association en pause"
        if act.detail == "confirmed":
            return "a confirmé la capacité"
    return ACTS[act.act]
