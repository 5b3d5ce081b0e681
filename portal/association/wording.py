"""A request in words: its name, its line, its marks and its facts, as far as the association may know them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from matching.profile import Profile
from matching.vocabulary import SENSITIVE_PUBLICS, Channel, Modality, Need, Public, ReferrerType, Side, Situation
from portal.association.questions import question_about
from portal.foundation import clock
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.bounce import BOUNCES, Effect
from portal.models.identity import ConsentKind
from portal.places import UnknownPlaceError, label
from portal.queries.inbox import HELD, NEW, Item
from portal.web.typography import NBSP, age, day, french, minutes_left, moment

_S = AssignmentState
WAYS = {
    frozenset({Modality.IN_PERSON}): "sur place",
    frozenset({Modality.REMOTE}): "à distance",
    frozenset({Modality.HYBRID}): "sur place et à distance",
    frozenset({Modality.IN_PERSON, Modality.HYBRID}): "sur place, en partie à distance si besoin",
    frozenset({Modality.HYBRID, Modality.REMOTE}): "à distance, en partie sur place si besoin",
}
FRANCE = 33
VOWELS = frozenset("aeiouœæ")
ACRONYM = re.compile(r"\(([A-Z]{2,6})\)")
WITHOUT_CAP = {Situation.GENERAL_LYCEE, Situation.TECHNOLOGICAL_LYCEE}
SHORT_NEEDS = 2
TONES = {_S.ACCEPTED: "good", _S.CONTACTED: "act", _S.PAIRED: "good", _S.UNREACHABLE: "wait"}
AGREEMENTS = {
    ConsentKind.GUARDIAN: "du responsable légal",
    ConsentKind.PROFESSIONAL_ATTESTATION: "écrit, attesté par le professionnel",
    ConsentKind.APPLICANT: "de la personne",
    ConsentKind.GUARDIAN_INFORMED: "responsable légal informé",
}


@dataclass(frozen=True)
class Mark:
    """A badge: its words, its tone and its icon."""

    text: str
    tone: str = ""
    icon: str = ""


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def name_of(item: Item) -> str:
    """« Léa M., 14 ans »; the request's number once the name is out of sight."""
    if item.preview is None:
        return f"Demande {item.assignment.referral_number}"
    years = item.profile.age if item.profile else None
    return str(item.preview) if years is None else f"{item.preview}, {years}{NBSP}ans"


def subject_of_panel(item: Item) -> str:
    """« la demande d’Élodie M. »; with its number once the name is out of sight."""
    return f"la demande {elided(str(item.preview), 'de') if item.preview else item.assignment.referral_number}"


def elided(name: str, word: str) -> str:
    """« d’Élodie », « de Marc », « qu’Yves », « que Yasmine »: word (de, que) before a name; an h keeps it whole."""
    plain = unicodedata.normalize("NFKD", name.lower())
    mute = plain[:1] in VOWELS or (plain[:1] == "y" and plain[1:2] not in VOWELS)
    return f"{word[:-1]}’{name}" if plain and mute else f"{word} {name}"


def first_name(item: Item) -> str:
    return item.preview.first_name if item.preview else "La personne"


def place_said(code: str) -> str:
    try:
        return label(code)
    except UnknownPlaceError:
        return code


def town(profile: Profile) -> str:
    """Where the person lives, in the shortest words known."""
    if profile.home:
        return profile.home
    return next((place_said(code) for code in sorted(profile.places or ()) if code.startswith("commune:")), "")


def line_of(item: Item, both_sides: bool = False) -> str:
    """« Roubaix · 4e · Soutien scolaire, confiance en soi »; « Bénévole · … » where young people come as well."""
    side = f"Bénévole{NBSP}· " if both_sides and item.assignment.side is Side.MENTOR else ""
    return side + (_facts_line(item.profile) if item.profile else item.programme)


def _facts_line(profile: Profile) -> str:
    needs = [need.label for need in Need if need in (profile.needs or ())]
    more = f" et {len(needs) - SHORT_NEEDS} autres" if len(needs) > SHORT_NEEDS + 1 else ""
    shown = needs if not more else needs[:SHORT_NEEDS]
    level = level_said(profile).partition(" ou ")[0]
    return f"{NBSP}· ".join(part for part in (town(profile), capital(level), capital(", ".join(shown)) + more) if part)


def marks_of(item: Item) -> list[Mark]:
    """Two badges at most: where it stands, then what matters most before answering."""
    one = item.assignment
    told = [Mark("Réponse reçue", "good", "message-square")] if item.answered else []
    if one.state in NEW:
        return [_waiting(one), *(told or _notes(item)[:1])]
    if one.state in HELD:
        return [*told, _held(one, answered=item.answered), *_notes(item)[: 1 - len(told)]]
    if one.state is _S.BOUNCED and one.bounce_reason:
        return [Mark(BOUNCES[one.bounce_reason].label)]
    return [Mark(one.state.label, TONES.get(one.state, ""))]


def _waiting(one: Assignment) -> Mark:
    waited = age(one.offered_at, now=clock.now(), late_at=one.late_at, leaves_at=one.due_at)
    return Mark(waited.text, waited.tone, waited.icon)


def _held(one: Assignment, *, answered: bool) -> Mark:
    left = (one.due_at.astimezone(clock.PARIS).date() - clock.today()).days
    words = (
        f"jusqu’à {moment(one.due_at, now=clock.now())}"
        if left <= 1
        else f"jusqu’au {day(one.due_at).rpartition(NBSP)[0]}"
    )
    asked = "À vous de répondre" if answered else "Précision attendue"
    about = asked if one.state is _S.INFORMATION_ASKED else "Réponse reportée"
    return Mark(f"{about} {words.replace('jusqu’à ', 'jusqu’à' + NBSP)}", "late" if left <= 1 else "wait", "clock")


def _notes(item: Item) -> list[Mark]:
    if item.assignment.to_verify:
        return [Mark(french(f"À vérifier : {subject_of(item.assignment.to_verify[0])}"), "", "circle-question-mark")]
    if item.assignment.by_hand:
        return [Mark("Orientée par le Collectif", "note")]
    referrer = said_referrer(item.profile)
    return [Mark(f"Par {referrer}", "note")] if referrer else []


def subject_of(verified: str) -> str:
    """« QPV » of « Public : quartier prioritaire (QPV) », « âge » of « Âge : de 14 à 25 ans »."""
    subject, _, bound = verified.partition(NBSP + ":")
    acronym = ACRONYM.search(bound)
    return acronym[1] if acronym else subject[:1].lower() + subject[1:]


ARTICLES = {
    ReferrerType.MISSION_LOCALE: "une mission locale",
    ReferrerType.FRANCE_TRAVAIL: "France Travail",
    ReferrerType.COLLEGE: "un collège",
    ReferrerType.PRIMARY_SCHOOL: "une école élémentaire",
    ReferrerType.GENERAL_LYCEE: "un lycée général",
    ReferrerType.TECHNOLOGICAL_LYCEE: "un lycée technologique",
    ReferrerType.VOCATIONAL_LYCEE: "un lycée professionnel",
    ReferrerType.CITE_EDUCATIVE: "une cité éducative",
    ReferrerType.CENTRE_SOCIAL: "un centre social",
    ReferrerType.EDUCATIONAL_SUCCESS: "un programme de réussite éducative",
    ReferrerType.SPECIALISED_PREVENTION: "la prévention spécialisée",
}


def said_referrer(profile: Profile | None) -> str:
    """Which kind of professional sent the request; '' when nobody did, or when naming it would tell too much."""
    if profile is None or profile.channel is not Channel.PROFESSIONAL:
        return ""
    kind = profile.referrer_type
    return ARTICLES.get(kind, "un professionnel") if kind and not kind.sensitive else "un professionnel"


def made_by(profile: Profile | None) -> str:
    """« faite par la famille »."""
    if profile is None or profile.channel is None:
        return ""
    return f"faite par {said_referrer(profile) or profile.channel.label}"


def done_line(one: Assignment) -> str:
    """What the row says while its answer can be taken back."""
    left = minutes_left(one.undo_until, now=clock.now()) if one.undo_until else ""
    what = "les messages partent" if one.state is _S.ACCEPTED else "la demande part"
    if one.bounce_reason and BOUNCES[one.bounce_reason].effect is not Effect.NEXT:
        what = "prend effet"
    return f"{one.state.label} · {what} dans {left}"


def facts_of(profile: Profile) -> list[tuple[str, str]]:
    """What a coordinator may know before accepting; unknown facts are left out."""
    rows = [
        ("Souhaite" if profile.side is Side.MENTEE else "Veut aider", _joined(profile.needs)),
        ("Scolarité" if profile.side is Side.MENTEE else "Situation", _schooling(profile)),
        ("Situation" if profile.side is Side.MENTEE else "Profil", _publics(profile)),
        ("Habite", town(profile)),
        ("Rencontre", _ways(profile)),
        ("Disponible", _availability(profile)),
    ]
    return [(name, french(capital(words))) for name, words in rows if words]


def _joined(words: "frozenset[Any] | None") -> str:
    """Labels in the order of their closed list."""
    return ", ".join(word.label for word in type(min(words)) if word in words) if words else ""


def _schooling(profile: Profile) -> str:
    return " · ".join(part for part in (level_said(profile), _joined(profile.situations)) if part)


def level_said(profile: Profile) -> str:
    """« première », or « première ou CAP 2e année » when either could be meant."""
    if profile.level is None:
        return ""
    words = profile.level.label.partition(" (")[0]
    return words.partition(" ou ")[0] if WITHOUT_CAP & (profile.situations or frozenset()) else words


def _publics(profile: Profile) -> str:
    """Sensitive answers are told only where a test needs them: in the table of reasons."""
    said = [public.label for public in Public if profile.publics.get(public) and public not in SENSITIVE_PUBLICS]
    return ", ".join(said)


def _ways(profile: Profile) -> str:
    if profile.modalities is None:
        return ""
    return WAYS.get(frozenset(profile.modalities), "sur place ou à distance")


def _availability(profile: Profile) -> str:
    parts = [
        f"à partir du {day(profile.available_from)}" if profile.available_from else "",
        f"{profile.hours_a_month}{NBSP}h par mois" if profile.hours_a_month else "",
        f"pendant {profile.months}{NBSP}mois" if profile.months else "",
    ]
    return ", ".join(part for part in parts if part)


def agreement_said(consents: Mapping[ConsentKind, datetime]) -> str:
    """The agreement that counts most, and when it was given."""
    kind = next((one for one in AGREEMENTS if one in consents), None)
    return f"{AGREEMENTS[kind]}, {moment(consents[kind], now=clock.now())}" if kind else ""


STATES = {"to_verify": "unknown", "failed": "no"}
SHORT = {
    "channel": "Demande",
    "establishment": "Partenaire",
    "level": "Parcours",
    "modality": "Forme",
    "months": "Durée",
    "hours_a_month": "Temps",
    "available_by": "Début",
}


def why_rows(excerpt: Mapping[str, Any]) -> list[dict[str, str]]:
    """The association's own reasons, as the table of « Pourquoi vous ? » wants them."""
    return [
        {
            "name": SHORT.get(row.get("code", ""), row["criterion"]),
            "fact": french(row["fact"]),
            "rule": french(row["rule"]),
            "state": STATES.get(row["state"], "yes"),
        }
        for row in excerpt.get("rows", [])
    ]


def questions_of(excerpt: Mapping[str, Any]) -> list[dict[str, str]]:
    """What to verify, each with the question to ask."""
    unknown = [row for row in excerpt.get("rows", []) if row["state"] == "to_verify"]
    return [
        {
            "strong": french(f"{row['criterion']} :"),
            "text": question_about(row),
            "tone": "warn",
            "icon": "circle-question-mark",
        }
        for row in unknown
    ]


def pause_said(own: Association) -> str:
    """What a pause under way or to come means for the inbox; '' without one."""
    today = clock.today()
    if own.paused_from is None or (own.paused_until is not None and own.paused_until < today):
        return ""
    since = f"{'Depuis le' if own.paused_from <= today else 'À partir du'} {day(own.paused_from)}"
    back = f"Reprise le {day(own.paused_until + timedelta(days=1))}." if own.paused_until else "Sans date de reprise."
    return f"{since}, aucune nouvelle demande ne vous est proposée. {back}"
