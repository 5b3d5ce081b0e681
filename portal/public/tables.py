"""The three forms, as tables of steps."""

from flask_babel import lazy_gettext as _

from matching.vocabulary import Side
from portal.operations.consent import Filler
from portal.public.form import FormTable, Known, Step, Voice
from portal.public.questions.commitment import CommitmentQuestion, GuardianQuestion
from portal.public.questions.person import (
    AttestationQuestion,
    BirthQuestion,
    ContactQuestion,
    FillerQuestion,
    NameQuestion,
    ReferrerQuestion,
    StructureQuestion,
    YoungContactQuestion,
)  # fmt: skip
from portal.public.questions.place import CommuneQuestion, MeetingQuestion, PostalCodeQuestion
from portal.public.questions.publics import (
    YES,
    ExperienceQuestion,
    PathQuestion,
    PersonalConsentQuestion,
    PersonalQuestion,
    PlaceQuestion,
)  # fmt: skip
from portal.public.questions.situation import LevelQuestion, NeedsQuestion, SituationQuestion
from portal.public.rules import guardian_is_asked, sensitive_structure

YOUNGEST_MENTEE, OLDEST_MENTEE = 5, 33
YOUNGEST_MENTOR, OLDEST_MENTOR = 15, 120


def several_communes(known: Known) -> bool:
    return len(known.communes) > 1


def is_professional(known: Known) -> bool:
    return known.get("qui", "filler") == Filler.PROFESSIONAL


def personal_accepted(known: Known) -> bool:
    return known.get("plus-personnel", "personal") == YES


_OPTIONAL = _(
    "Chaque question est facultative. Certains programmes sont réservés : une réponse peut ouvrir une porte, jamais en fermer une."
)
_TO_YOU, _STUDIES, _NEEDS, _PLACE, _PATH, _CONTACT = (
    _("Vous"),
    _("Situation"),
    _("Besoins"),
    _("Lieu"),
    _("Parcours"),
    _("Contact"),
)

YOUNG = FormTable(
    "je-cherche-un-mentor", Voice.YOUNG, Side.MENTEE, _("Je cherche un mentor"), (YOUNGEST_MENTEE, OLDEST_MENTEE),
    (
        Step("prenom", _("Toi"), _("Comment t’appelles-tu ?"), NameQuestion, _("L’association ne verra que ton prénom et l’initiale de ton nom, tant qu’elle n’a pas dit oui.")),
        Step("naissance", _("Toi"), _("Quelle est ta date de naissance ?"), BirthQuestion, _("Les associations accompagnent selon l’âge. Avant 15 ans, un parent devra donner son accord.")),
        Step("situation", _("Ta situation"), _("Que fais-tu en ce moment ?"), SituationQuestion, _("Choisis tout ce qui te correspond.")),
        Step("niveau", _("Ta situation"), _("En quelle classe es-tu ?"), LevelQuestion, _("Si tu n’es plus en cours : la dernière classe suivie.")),
        Step("besoins", _("Tes besoins"), _("De quoi as-tu besoin ?"), NeedsQuestion, _("Choisis-en un, deux ou trois. Rien n’est définitif : tu pourras en reparler avec ton mentor.")),
        Step("lieu", _("Ton lieu"), _("Où habites-tu ?"), PostalCodeQuestion, _("Juste le code postal, pas l’adresse.")),
        Step("commune", _("Ton lieu"), _("Dans quelle commune ?"), CommuneQuestion, _("Ce code postal en désigne plusieurs."), several_communes),
        Step("rencontre", _("Ton lieu"), _("Comment veux-tu rencontrer ton mentor ?"), MeetingQuestion),
        Step("quartier", _("Ton lieu"), _("Là où tu vis"), PlaceQuestion, _OPTIONAL),
        Step("parcours", _("Ton parcours"), _("Où tu en es"), PathQuestion, _OPTIONAL),
        Step("plus-personnel", _("Ton parcours"), _("Veux-tu répondre à des questions plus personnelles ?"), PersonalConsentQuestion, _("Santé, origine, justice, protection de l’enfance : ces réponses aident à trouver une association spécialisée. Elles ne servent qu’à cela, et tu peux les retirer.")),
        Step("personnel", _("Ton parcours"), _("Questions plus personnelles"), PersonalQuestion, _("Réponds seulement à ce que tu veux. Sans réponse, nous ne supposons rien."), personal_accepted),
        Step("contact", _("Te joindre"), _("Comment te joindre ?"), ContactQuestion, _("Un message te demandera de confirmer ton adresse. L’association ne voit tes coordonnées que si elle accepte ta demande.")),
        Step("responsable", _("Te joindre"), _("Qui est ton parent ou responsable légal ?"), GuardianQuestion, applies=guardian_is_asked),
    ),
)  # fmt: skip

_ABOUT = _("La personne")
REFERRER = FormTable(
    "j-inscris-un-jeune", Voice.REFERRER, Side.MENTEE, _("J’inscris un jeune"), (YOUNGEST_MENTEE, OLDEST_MENTEE),
    (
        Step("qui", _TO_YOU, _("Qui êtes-vous pour la personne que vous inscrivez ?"), FillerQuestion),
        Step("structure", _TO_YOU, _("Où travaillez-vous ?"), StructureQuestion, applies=is_professional),
        Step("vous", _TO_YOU, _("Comment vous joindre ?"), ReferrerQuestion, _("Un message vous demandera de confirmer votre adresse, puis vous tiendra au courant.")),
        Step("prenom", _ABOUT, _("Comment s’appelle la personne ?"), NameQuestion, _("L’association ne verra que le prénom et l’initiale du nom, tant qu’elle n’a pas accepté la demande.")),
        Step("naissance", _ABOUT, _("Quelle est la date de naissance de {name} ?"), BirthQuestion, _("Les associations accompagnent selon l’âge.")),
        Step("attestation", _ABOUT, _("Avec quels accords ?"), AttestationQuestion, _("Le nom de votre structure révèle une situation personnelle : la loi demande un accord explicite."), sensitive_structure),
        Step("situation", _STUDIES, _("Que fait {name} en ce moment ?"), SituationQuestion, _("Choisissez tout ce qui correspond.")),
        Step("niveau", _STUDIES, _("En quelle classe est {name} ?"), LevelQuestion, _("Si les cours sont terminés : la dernière classe suivie.")),
        Step("besoins", _NEEDS, _("De quoi {name} a besoin ?"), NeedsQuestion, _("Choisissez-en un, deux ou trois, si possible ensemble.")),
        Step("lieu", _PLACE, _("Où habite {name} ?"), PostalCodeQuestion, _("Seulement le code postal, pas l’adresse.")),
        Step("commune", _PLACE, _("Dans quelle commune ?"), CommuneQuestion, _("Ce code postal en désigne plusieurs."), several_communes),
        Step("rencontre", _PLACE, _("Comment {name} veut rencontrer son mentor ?"), MeetingQuestion),
        Step("quartier", _PLACE, _("Là où vit {name}"), PlaceQuestion, _OPTIONAL),
        Step("parcours", _PATH, _("Où en est {name}"), PathQuestion, _OPTIONAL),
        Step("plus-personnel", _PATH, _("{name} accepte-t-il ou elle des questions plus personnelles ?"), PersonalConsentQuestion, _("Santé, origine, justice, protection de l’enfance : n’y répondez qu’avec son accord explicite, ou celui de son responsable légal. Ces réponses ne servent qu’à trouver une association spécialisée.")),
        Step("personnel", _PATH, _("Questions plus personnelles"), PersonalQuestion, _("Répondez seulement à ce que la personne veut bien dire. Sans réponse, nous ne supposons rien."), personal_accepted),
        Step("contact", _CONTACT, _("Comment joindre {name} ?"), YoungContactQuestion, _("Facultatif : sans coordonnées, l’association passera par vous.")),
        Step("responsable", _CONTACT, _("Qui est son parent ou responsable légal ?"), GuardianQuestion, applies=guardian_is_asked),
    ),
)  # fmt: skip

MENTOR = FormTable(
    "je-deviens-mentor", Voice.MENTOR, Side.MENTOR, _("Je deviens mentor"), (YOUNGEST_MENTOR, OLDEST_MENTOR),
    (
        Step("prenom", _TO_YOU, _("Comment vous appelez-vous ?"), NameQuestion, _("L’association ne verra que votre prénom et l’initiale de votre nom, tant qu’elle n’a pas accepté votre proposition.")),
        Step("naissance", _TO_YOU, _("Quelle est votre date de naissance ?"), BirthQuestion, _("On peut être mentor dès le lycée, et longtemps après la retraite.")),
        Step("situation", _TO_YOU, _("Que faites-vous en ce moment ?"), SituationQuestion, _("Choisissez tout ce qui vous correspond.")),
        Step("niveau", _PATH, _("Quel est votre niveau d’études ?"), LevelQuestion, _("En cours, ou le dernier suivi.")),
        Step("experience", _PATH, _("Votre expérience"), ExperienceQuestion, _OPTIONAL),
        Step("besoins", _("Envies"), _("À quoi voulez-vous aider ?"), NeedsQuestion, _("Choisissez un, deux ou trois domaines. Vous en reparlerez avec l’association.")),
        Step("lieu", _PLACE, _("Où habitez-vous ?"), PostalCodeQuestion, _("Seulement le code postal, pas l’adresse.")),
        Step("commune", _PLACE, _("Dans quelle commune ?"), CommuneQuestion, _("Ce code postal en désigne plusieurs."), several_communes),
        Step("rencontre", _PLACE, _("Comment voulez-vous rencontrer un jeune ?"), MeetingQuestion),
        Step("engagement", _("Temps"), _("De combien de temps disposez-vous ?"), CommitmentQuestion, _("Un mentorat dure six mois au moins : c’est la régularité qui compte.")),
        Step("contact", _CONTACT, _("Comment vous joindre ?"), ContactQuestion, _("Un message vous demandera de confirmer votre adresse. L’association ne voit vos coordonnées que si elle accepte votre proposition.")),
        Step("responsable", _CONTACT, _("Qui est votre parent ou responsable légal ?"), GuardianQuestion, applies=guardian_is_asked),
    ),
)  # fmt: skip

FORMS = {form.key: form for form in (YOUNG, REFERRER, MENTOR)}
