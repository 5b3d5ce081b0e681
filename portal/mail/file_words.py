"""What is said of the 10 h file and of its password. Pure."""

from portal.mail.wording import plural
from portal.models.morning import MorningMode, RenewedBecause

PAIR = 2
RENEWED = {
    RenewedBecause.FIRST: "Un mot de passe protège désormais le fichier de 10 h, la copie de vos demandes pour les jours où le portail est injoignable.",
    RenewedBecause.QUARTER: "Le mot de passe change tous les 90 jours.",
    RenewedBecause.MEMBER_LEFT: "Le mot de passe change quand quelqu’un quitte l’équipe.",
    RenewedBecause.ASKED: "Une personne qui administre votre association a renouvelé le mot de passe.",
}
FILE_COMES = {
    MorningMode.ALWAYS: "Ce fichier est envoyé chaque matin où une demande attend votre réponse.",
    MorningMode.WHEN_UNSEEN: "Ce fichier est envoyé quand une demande attend sans avoir été vue.",
    MorningMode.NEVER: "Votre association a choisi de ne pas recevoir ce fichier : le mot de passe servira si ce réglage change.",
}


def in_file(lines: int, new: int) -> str:
    """« 12 demandes, dont 3 nouvelles », « 1 nouvelle demande »."""
    return _counted(lines, new, ("", ""))


def waits_in_file(lines: int, new: int) -> str:
    """« 12 demandes attendent, dont 3 nouvelles », « 1 nouvelle demande attend »."""
    return _counted(lines, new, (" attend", " attendent"))


def _counted(lines: int, new: int, verb: tuple[str, str]) -> str:
    if new == lines:
        return plural(lines, f"nouvelle demande{verb[0]}", f"nouvelles demandes{verb[1]}")
    latest = f", dont {plural(new, 'nouvelle')}" if new else ""
    return plural(lines, f"demande{verb[0]}", f"demandes{verb[1]}") + latest


def twins(files: int) -> str:
    """Why there are several files, and which password opens which."""
    older = "l’autre avec l’ancien" if files == PAIR else "les autres avec les anciens"
    return f"Les {files} fichiers joints disent la même chose : le premier s’ouvre avec le mot de passe d’aujourd’hui, {older}."
