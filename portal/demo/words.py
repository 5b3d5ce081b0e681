"""What people add in their own words: sentences put together from templates."""

from random import Random

from matching.vocabulary import Channel, Need, Side, Situation
from portal.demo.people import Facts
from portal.demo.seeds import happens

_ODDS = {Channel.SELF: 0.4, Channel.FAMILY: 0.55, Channel.PROFESSIONAL: 0.7}

_FIRST_PERSON = {
    Need.SCHOOL_SUPPORT: (
        "J’ai du mal en maths et je n’ose pas demander en classe.",
        "Je passe beaucoup de temps sur mes devoirs mais mes notes ne montent pas.",
    ),
    Need.ACADEMIC_SUCCESS: (
        "Les études sont plus dures que je ne pensais, je voudrais apprendre à m’organiser.",
        "Personne dans ma famille n’a fait d’études, je manque de repères.",
    ),
    Need.FRENCH_SCHOOLING: ("Je comprends bien à l’oral mais écrire en français reste difficile.",),
    Need.MOTIVATION: ("En ce moment je n’ai plus trop envie d’aller en cours.", "J’aimerais retrouver un but."),
    Need.SELF_CONFIDENCE: (
        "Je doute beaucoup de moi, surtout à l’oral.",
        "On me dit souvent que je suis capable, j’aimerais y croire.",
    ),
    Need.AUTONOMY: ("J’aimerais savoir me débrouiller pour mes papiers et mon budget.",),
    Need.MOBILITY: ("Je n’ai jamais pris le train seul et les stages sont loin.",),
    Need.CULTURE: ("J’adore le dessin mais je ne connais personne qui en vit.",),
    Need.GUIDANCE: (
        "Je ne sais pas vers quoi me tourner.",
        "J’hésite entre le soin et l’informatique, j’aimerais parler à quelqu’un du métier.",
        "Je voudrais changer de voie sans perdre un an.",
    ),
    Need.INTERNSHIP: ("Je cherche un stage depuis deux mois sans réponse.",),
    Need.APPRENTICESHIP: (
        "J’ai une école mais pas encore d’entreprise.",
        "Je veux devenir menuisier et je ne connais aucun patron.",
    ),
    Need.KEEP_CONTRACT: ("Avec mon maître d’apprentissage c’est compliqué, j’ai peur d’arrêter.",),
    Need.FIRST_JOB: (
        "Aucun entretien depuis des mois, je ne comprends pas ce qui bloque.",
        "Je ne connais pas les codes de l’entreprise.",
    ),
    Need.JOB_SEARCH: (
        "J’envoie des CV tous les jours et on ne me répond pas.",
        "On me demande toujours une expérience que je n’ai pas.",
    ),
    Need.ENTREPRENEURSHIP: ("J’ai une idée d’atelier de réparation de vélos, je voudrais un avis.",),
    Need.SOCIAL_TIES: ("Je viens d’arriver dans la ville et je ne connais presque personne.",),
}
_ABOUT_A_CHILD = {
    Need.SCHOOL_SUPPORT: (
        "{name} perd pied depuis la rentrée.",
        "Les devoirs finissent en larmes presque chaque soir.",
    ),
    Need.FRENCH_SCHOOLING: ("Nous parlons peu le français à la maison.",),
    Need.MOTIVATION: ("{name} dit que l’école ne sert à rien, cela nous inquiète.",),
    Need.SELF_CONFIDENCE: ("{name} parle peu aux adultes.", "{name} se dévalorise beaucoup."),
    Need.GUIDANCE: ("Nous ne savons pas comment l’aider à choisir.",),
}
_ABOUT_A_CHILD_AT_ALL = (
    "Une présence régulière lui ferait beaucoup de bien.",
    "Nous habitons près de la mairie, le mercredi est libre.",
)
_BY_A_PROFESSIONAL = (
    "Nous accompagnons {name} depuis six mois et sa motivation est là.",
    "Ne manque aucun rendez-vous, mais ne connaît personne dans le monde du travail.",
    "L’équipe éducative pense qu’un mentorat l’aiderait à ne pas décrocher.",
    "La famille est d’accord et joignable en fin de journée.",
    "Nous restons disponibles pour un premier rendez-vous à trois.",
)
_VOLUNTEERS = (
    "Je suis libre le mercredi après-midi et un samedi sur deux.",
    "Je préfère accompagner une lycéenne ou un lycéen dans son orientation.",
    "Je parle aussi arabe et espagnol.",
    "Personne chez moi n’avait fait d’études, je connais les doutes.",
    "C’est mon premier engagement bénévole, une formation me rassurerait.",
)
_VOLUNTEERS_AT = {
    Situation.EMPLOYED: (
        "Mon entreprise nous encourage à donner deux heures par mois.",
        "À vingt ans j’ai eu la chance d’avoir un mentor, à mon tour.",
        "Je travaille dans l’informatique et j’aime expliquer.",
    ),
    Situation.SELF_EMPLOYED: ("J’ai monté mon atelier sans réseau, je peux aider à en bâtir un.",),
    Situation.RETIRED: (
        "Trente ans d’enseignement derrière moi, du temps et de la patience.",
        "J’ai recruté toute ma carrière, autant que cela serve.",
    ),
    Situation.STUDENT: ("J’ai eu du mal à choisir ma voie, je peux raconter comment j’ai fait.",),
}
_TAILS = ("", "", "", " Merci d’avance.", " Je suis disponible le soir après 18\u00a0h.", " Le mercredi m’arrange.")


def own_words(person: Facts, first_name: str, random: Random) -> str:
    """Draw a sentence or two in French; empty for many people."""
    if not happens(random, _ODDS[person.draft.channel]):
        return ""
    return random.choice(_sentences(person)).format(name=first_name) + random.choice(_tails(person))


def _sentences(person: Facts) -> tuple[str, ...]:
    if person.draft.side is Side.MENTOR:
        return (
            *_VOLUNTEERS,
            *(said for at in Situation if at in person.situations for said in _VOLUNTEERS_AT.get(at, ())),
        )
    match person.draft.channel:
        case Channel.PROFESSIONAL:
            return _BY_A_PROFESSIONAL
        case Channel.FAMILY:
            return (*_of_needs(person, _ABOUT_A_CHILD), *_ABOUT_A_CHILD_AT_ALL)
    return _of_needs(person, _FIRST_PERSON) or ("J’aimerais rencontrer quelqu’un qui me conseille.",)


def _of_needs(person: Facts, sentences: dict[Need, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sentence for need in person.needs for sentence in sentences.get(need, ()))


def _tails(person: Facts) -> tuple[str, ...]:
    return _TAILS if person.draft.channel is Channel.SELF else ("",)
