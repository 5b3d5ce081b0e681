"""The morning file in words: what became of today's, when it is wanted, and until when each password opens it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.models.association import Association
from portal.models.morning import FilePassword, MorningMode, MorningState, RenewedBecause
from portal.operations.file_passwords import RENEWED_AFTER, valid_until
from portal.operations.morning import HOUR
from portal.queries.morning_days import MorningDay
from portal.web.typography import day, french, hour, number, plural

BADGES = {
    MorningState.WAITING: ("En préparation", "wait", "clock"),
    MorningState.MADE: ("Prêt", "good", "check"),
    MorningState.EMPTY: ("Rien n’attendait", "", ""),
    MorningState.NOT_NEEDED: ("Tout avait été vu", "", ""),
    MorningState.NOT_WANTED: ("Non demandé", "", ""),
    MorningState.MISSED: ("Portail arrêté", "late", "x"),
    MorningState.FAILED: ("Échec", "late", "triangle-alert"),
}  # short enough for a phone: a word, a tone, an icon
FOUND = {
    MorningState.WAITING: "Le fichier de ce matin se prépare",
    MorningState.EMPTY: "Rien n’attendait ce matin",
    MorningState.NOT_WANTED: "Pas de fichier ce matin : c’est votre choix",
    MorningState.MISSED: "Pas de fichier ce matin : le portail était arrêté",
    MorningState.FAILED: "Le fichier de ce matin n’a pas pu être préparé",
}
BECAUSE = {
    RenewedBecause.FIRST: "le premier",
    RenewedBecause.QUARTER: "renouvelé comme tous les 90 jours",
    RenewedBecause.MEMBER_LEFT: "renouvelé au départ d’un membre de l’équipe",
    RenewedBecause.ASKED: "demandé par quelqu’un de l’équipe",
}


def finding(today: MorningDay | None, own: Association) -> str:
    """The page's title: what became of this morning's file."""
    if today is None:
        return french(not_yet(own))
    if today.state is MorningState.MADE and today.made_at:
        return french(f"Le fichier de ce matin est prêt depuis {hour(today.made_at)}, {lines_said(today)}")
    if today.state is MorningState.NOT_NEEDED:
        return french(f"Ce matin, {not_needed(today)} : pas de fichier")
    return french(FOUND[today.state])


def not_yet(own: Association) -> str:
    if own.morning_mode is MorningMode.NEVER:
        return "Vous ne recevez pas de fichier : c’est votre choix"
    if clock.now().astimezone(PARIS).time() < HOUR:
        return "Le prochain fichier se prépare à 10 h"
    return FOUND[MorningState.WAITING]


def not_needed(today: MorningDay) -> str:
    """Unseen requests may wait, for less long than the association asked."""
    return "aucune demande n’attendait depuis assez longtemps" if today.unseen else "tout avait été vu"


def lines_said(one: MorningDay) -> str:
    """« 6 demandes dont 2 nouvelles », « 1 demande, nouvelle », « 4 demandes, aucune nouvelle »."""
    counted = plural(one.lines, "demande")
    if one.new == 0:
        return counted if one.lines == 1 else f"{counted}, aucune nouvelle"
    if one.new == one.lines:
        return f"{counted}, {'nouvelle' if one.lines == 1 else 'toutes nouvelles'}"
    return f"{counted} dont {number(one.new)} {'nouvelle' if one.new == 1 else 'nouvelles'}"


def setting_said(own: Association) -> str:
    """For whoever reads it without setting it."""
    if own.morning_mode is MorningMode.WHEN_UNSEEN:
        waited = plural(own.morning_hours, "heure")
        return f"Seulement quand une demande attend sans avoir été vue depuis {waited}."
    return f"{own.morning_mode.label}."


@dataclass(frozen=True)
class PasswordShown:
    """A password that opens files, what is said of it, and itself when it was asked for ('' otherwise)."""

    current: bool
    facts: str
    secret: str = ""


def passwords_said(found: Sequence[FilePassword], secrets: Mapping[int, str]) -> list[PasswordShown]:
    """In the order given. secrets: by number, those to show."""
    return [PasswordShown(one.retired_at is None, facts_of(one, found), secrets.get(one.number, "")) for one in found]


def facts_of(password: FilePassword, found: Sequence[FilePassword]) -> str:
    """Since when, why, and until when. found: it and those made after it."""
    since, retired = day(password.created_at), password.retired_at
    if retired is None:
        renewed = day(password.created_at + RENEWED_AFTER)
        return french(f"Depuis le {since}, {BECAUSE[password.because]}. Il change au plus tard le {renewed}.")
    until = valid_until(password, found)
    if until and until > clock.now():
        return french(f"Du {since} au {day(retired)}. Il ouvre encore les fichiers jusqu’au {day(until)}.")
    return french(f"Du {since} au {day(retired)}. Il n’ouvre plus que les fichiers gardés de ce temps-là.")


LOOKED_AT = {MorningState.MADE: "Préparé à", MorningState.EMPTY: "Regardé à", MorningState.NOT_NEEDED: "Regardé à"}


def looked_at(one: MorningDay) -> str:
    """What happened at its hour: « Préparé à », « Regardé à »; nothing when nothing was looked at."""
    return LOOKED_AT.get(one.state, "") if one.at else ""


def badge_of(one: MorningDay) -> tuple[str, str, str]:
    """A word, a tone and an icon."""
    if one.state is MorningState.NOT_NEEDED and one.unseen:
        return "Pas assez d’attente", "", ""
    return BADGES[one.state]


def opened_by(kept: MorningDay, found: Sequence[FilePassword]) -> str:
    """Which password opens the workbook kept of a day, when it is not the current one."""
    used = next((one for one in found if one.number == kept.password), None)
    return "" if used is None or used.retired_at is None else f"Mot de passe remplacé le {day(used.retired_at)}"
