"""What each message is called for staff, and why one could not leave, in French."""

from portal.models.outbox import Message
from portal.web.typography import NBSP

_M = Message
MESSAGE_LABELS = {
    _M.REFERRAL_RECEIVED: "Demande reçue",
    _M.CONFIRM_ADDRESS: "Adresse à confirmer",
    _M.ADDRESS_REMINDER: "Rappel de l’adresse à confirmer",
    _M.GUARDIAN_CONSENT: "Accord du responsable légal",
    _M.GUARDIAN_REMINDER: "Rappel au responsable légal",
    _M.GUARDIAN_INFORMED: "Information du responsable légal",
    _M.REFERRAL_PLACED: "Demande confiée",
    _M.REFERRAL_WAITLISTED: "Demande en liste d’attente",
    _M.REFERRAL_ACCEPTED: "Demande acceptée",
    _M.REFERRAL_PAIRED: "Binôme formé",
    _M.REFERRAL_CLOSED: "Demande terminée",
    _M.ERASURE_NOTICE: "Effacement annoncé",
    _M.CLARIFICATION_ASKED: "Précision demandée",
    _M.APPLICANT_AWAITED: "Rappel de la précision demandée",
    _M.INVITATION: "Invitation",
    _M.PASSWORD_RESET: "Nouveau mot de passe",
    _M.PASSWORD_CHANGED: "Mot de passe changé",
    _M.SECOND_FACTOR_RESET: "Second facteur remis à zéro",
    _M.LEAD_RECEIVED: "Demande d’entreprise reçue",
    _M.REQUEST_OFFERED: "Nouvelle demande à traiter",
    _M.CLARIFICATION_ANSWERED: "Précision reçue",
    _M.REQUESTS_DIGEST: "Récapitulatif des demandes",
    _M.SILENCE_REMINDER: "Rappel d’une demande sans réponse",
    _M.FOLLOW_UP_DUE: "Suites à donner",
    _M.PLACES_CHECK: "Places à confirmer",
    _M.PROPOSAL_SETTLED: "Critères relus",
    _M.FILE_PASSWORD_RENEWED: "Nouveau mot de passe du fichier",
    _M.MORNING_FILE: "Fichier du matin",
    _M.STAFF_DIGEST: "Récapitulatif de l’équipe",
}
REASONS = {
    "smtp_550": "L’adresse n’existe pas, ou refuse nos messages",
    "smtp_551": "L’adresse a changé",
    "smtp_552": "La boîte est pleine",
    "smtp_553": "L’adresse est mal écrite",
    "smtp_554": "Le serveur du destinataire refuse nos messages",
    "timeout": "Le serveur de messagerie n’a pas répondu à temps",
    "dropped": "Le serveur de messagerie a coupé la conversation",
    "unreachable": "Le serveur de messagerie était injoignable",
}
SMTP, REFUSED, LATER = "smtp_", "smtp_5", "smtp_4"


def message_label(message: Message) -> str:
    return MESSAGE_LABELS.get(message, message.value)


def reason(error: str | None) -> str:
    """Why, for the code that the outbox keeps; a class of error is for the technical team."""
    if not error:
        return "La raison n’a pas été notée"
    if error in REASONS:
        return REASONS[error]
    if error.startswith(REFUSED):
        return "Le serveur du destinataire refuse le message"
    if error.startswith(LATER):
        return "Le serveur du destinataire a remis à plus tard, deux jours de suite"
    return f"Le message n’a pas pu être écrit{NBSP}: prévenez l’équipe technique"


def technical(error: str | None) -> str:
    """The code itself, as somebody technical wants it: « 550 », « KeyError »."""
    return (error or "").removeprefix(SMTP)
