"""The notices in plain French: what each is for, and when it comes at each rhythm."""

from collections.abc import Mapping

from wtforms.fields import SelectChoice

from portal.models.association import Association
from portal.models.morning import MorningMode
from portal.models.notice import Notice, Rhythm
from portal.operations.notices import OFFERED_RHYTHMS
from portal.web.forms import option
from portal.web.typography import french, plural

LABELS: Mapping[Notice, str] = {
    Notice.OFFERED: "Demandes à traiter",
    Notice.SILENCE: "Demandes qui vont partir",
    Notice.FOLLOW_UP: "Suivi à compléter",
    Notice.PLACES: french("Vos places sont-elles toujours exactes ?"),
    Notice.CRITERIA: "Réponse à vos critères",
    Notice.MORNING_FILE: french("Fichier de 10 h"),
    Notice.STAFF_NEWS: "Ce qui attend l’équipe du Collectif",
}
FOR: Mapping[Notice, str] = {
    Notice.OFFERED: "Quand une demande vous est proposée, ou qu’une question a reçu sa réponse.",
    Notice.SILENCE: (
        "À la moitié puis aux quatre cinquièmes du délai de réponse, à 8 h 30 : un seul message par jour pour toutes."
    ),
    Notice.FOLLOW_UP: (
        "Demandes acceptées sans premier contact depuis 5 jours ouvrés, contactées depuis 30 jours sans binôme, "
        "ou dont la réponse à une question attend."
    ),
    Notice.PLACES: "Quand elles n’ont été ni changées ni confirmées depuis 25 jours.",
    Notice.CRITERIA: "Quand le Collectif publie ou refuse les critères que votre association a proposés.",
    Notice.STAFF_NEWS: (
        "Demandes sans solution, critères à relire, messages non remis, entreprises sans prochaine action."
    ),
}
RHYTHMS: Mapping[Rhythm, tuple[str, str]] = {
    Rhythm.AT_ONCE: ("Oui", ""),
    Rhythm.DAILY: ("Une fois par jour", "À 8 h, les jours ouvrés, quand quelque chose attend."),
    Rhythm.WEEKLY: ("Une fois par semaine", "À 8 h, le premier jour de la semaine où quelque chose attend."),
    Rhythm.NEVER: ("Jamais", ""),
}
# Where a rhythm has words of its own.
OWN: Mapping[tuple[Notice, Rhythm], tuple[str, str]] = {
    (Notice.OFFERED, Rhythm.AT_ONCE): ("Tout de suite", "Un message à chaque fois."),
    (Notice.OFFERED, Rhythm.NEVER): ("Jamais", "Tout reste dans « Demandes »."),
    (Notice.FOLLOW_UP, Rhythm.WEEKLY): ("Une fois par semaine", "Le premier jour ouvré, à 8 h 45."),
    (Notice.PLACES, Rhythm.AT_ONCE): ("Une fois par mois", "Le premier jour ouvré, à 9 h."),
    (Notice.CRITERIA, Rhythm.AT_ONCE): ("Tout de suite", "Le jour de la réponse."),
    (Notice.MORNING_FILE, Rhythm.AT_ONCE): ("Oui", "Et un message quand son mot de passe change."),
}


def rhythms_of(notice: Notice) -> list[SelectChoice]:
    said = [(rhythm, OWN.get((notice, rhythm), RHYTHMS[rhythm])) for rhythm in OFFERED_RHYTHMS[notice]]
    return [option(rhythm.value, label, hint=french(hint)) for rhythm, (label, hint) in said]


def what_for(notice: Notice) -> str:
    return french(FOR[notice])


def file_sent(own: Association) -> str:
    """When the association's own setting sends the file."""
    hours = plural(own.morning_hours, "heure")
    said = {
        MorningMode.ALWAYS: "chaque matin où une demande attend votre réponse.",
        MorningMode.WHEN_UNSEEN: f"quand une demande attend depuis {hours} sans avoir été vue.",
        MorningMode.NEVER: "pas de fichier. Votre choix comptera s’il change.",
    }
    return french(f"Réglage de votre association : {said[own.morning_mode]}")
