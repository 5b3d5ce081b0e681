"""The journal of an association in words: what each act was."""

from collections.abc import Mapping
from uuid import UUID

from portal.models.event import EventName, JournalAct
from portal.queries.team import Act

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
    JournalAct.CRITERIA_CHANGED: "a changé les critères",
    JournalAct.PROGRAMME_CHANGED: "a changé un programme",
    JournalAct.OBJECTIVE_CHANGED: "a changé un objectif",
    JournalAct.ASSOCIATION_CHANGED: "a changé les règles de l’association",
    JournalAct.MEMBER_INVITED: "a envoyé ou retiré une invitation",
    JournalAct.MEMBER_JOINED: "a rejoint l’équipe",
    JournalAct.MEMBER_LEFT: "a mis fin à un accès",
    JournalAct.ROLE_CHANGED: "a changé un rôle",
    JournalAct.PASSWORD_CHANGED: "a changé son mot de passe",
    JournalAct.SECOND_FACTOR_SET: "a réglé son second facteur",
    JournalAct.SECOND_FACTOR_RESET: "a retiré un second facteur",
    JournalAct.SECOND_FACTOR_REFUSED: "second facteur refusé",
    JournalAct.PROVIDER_CHANGED: "a changé la connexion de l’association",
    JournalAct.IDENTITY_LINKED: "a relié son compte à un fournisseur d’identité",
    JournalAct.LEAD_READ: "a lu la demande d’une entreprise",
    JournalAct.LEAD_CHANGED: "a suivi la demande d’une entreprise",
    JournalAct.OFFER_CHANGED: "a changé l’offre aux entreprises",
    JournalAct.COMPANY_CHANGED: "a changé le lien d’une entreprise",
    JournalAct.DOCUMENT_MADE: "a fait un document",
    JournalAct.FIGURES_EXPORTED: "a exporté des chiffres",
    JournalAct.FILE_PASSWORD_READ: "a affiché le mot de passe du fichier de 10\u00a0h",
    JournalAct.FILE_PASSWORD_RENEWED: "a demandé un nouveau mot de passe pour le fichier de 10\u00a0h",
    JournalAct.FILE_SETTING_CHANGED: "a réglé le fichier de 10\u00a0h",
    JournalAct.MORNING_FILE_READ: "a téléchargé un fichier de 10\u00a0h",
    JournalAct.MAIL_RETRIED: "a relancé un message",
    JournalAct.JOB_WOKEN: "a relancé un travail",
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


WHOM = {
    JournalAct.MEMBER_LEFT: "a mis fin à l’accès de {}",
    JournalAct.ROLE_CHANGED: "a changé le rôle de {}",
}


def act_said(act: Act, names: Mapping[UUID, str]) -> str:
    """« a accepté »; a pause or a confirmation is told from a change of places. names: whom an act was about."""
    if act.event in ANSWERS:
        return ANSWERS[act.event]
    if act.act is JournalAct.CAPACITY_CHANGED and act.detail:
        if act.detail.startswith("pause"):
            return "a mis fin à la pause" if act.detail.endswith("none") else "a mis l’association en pause"
        if act.detail == "confirmed":
            return "a confirmé la capacité"
    if act.act is JournalAct.SEARCHED and (act.detail or "").startswith("trial"):
        return "a essayé des critères"
    if act.act is JournalAct.IDENTITY_LINKED and (act.detail or "").startswith("removed"):
        return "a délié son compte du fournisseur d’identité"
    if act.act is JournalAct.MEMBER_INVITED:
        return "a retiré une invitation" if (act.detail or "").startswith("withdrawn") else "a envoyé une invitation"
    name = names.get(about) if (about := whom(act)) else None
    return WHOM[act.act].format(name) if name else ACTS[act.act]


def whom(act: Act) -> UUID | None:
    """The account an act was about, when its detail ends with one."""
    if act.act not in WHOM or not act.detail:
        return None
    try:
        return UUID(act.detail.rpartition(":")[2])
    except ValueError:
        return None
