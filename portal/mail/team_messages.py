"""The e-mails of those who work with the portal: members of an association, and the Collectif's team.

The title is the finding. Nothing in them acts: every link opens a page, after signing in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.mail.file_words import FILE_COMES, RENEWED, in_file, twins, waits_in_file
from portal.mail.letter import Closing, Fact, Letter, Link
from portal.mail.wording import day, hour, plural, word
from portal.models.morning import MorningMode, RenewedBecause
from portal.models.outbox import Message

INBOX = "/demandes"
NAMED = "pour"  # in an address: which association it is about
SAID_BY_TITLE = 2
NOWHERE, REVIEW, LEADS, PLATFORM = (
    f"/collectif/{page}" for page in ("demandes?vue=nulle-part", "criteres", "entreprises", "fonctionnement")
)
OPENS = {
    NOWHERE: "Ouvrir les demandes à orienter",
    REVIEW: "Relire les critères proposés",
    LEADS: "Ouvrir les entreprises",
    PLATFORM: "Voir les e-mails arrêtés",
}
UNANSWERED = "Une demande sans réponse passe d’elle-même à une autre association."
READ_ANSWERS = "Relire les précisions reçues"
HELD, ACCEPTED = f"{INBOX}?dossier=en-attente", f"{INBOX}?dossier=acceptees"


@dataclass(frozen=True)
class Waiting:
    """What waits for an association: among those to answer, how many leave when, and how many are late.

    answered: held requests whose question has its answer.
    """

    to_answer: int = 0
    leaving_today: int = 0
    leaving_tomorrow: int = 0
    late: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Joined:
    """A morning file: how many lines, how many of them new, and under how many passwords it comes.

    at: the instant it is the copy of, when that is known.
    """

    lines: int = 0
    new: int = 0
    files: int = 1
    at: datetime | None = None


@dataclass(frozen=True)
class Following:
    """Requests that stand still: accepted and not in touch, in touch and without a match, held and answered."""

    uncontacted: int = 0
    unpaired: int = 0
    answered: int = 0

    @property
    def total(self) -> int:
        return self.uncontacted + self.unpaired + self.answered


@dataclass(frozen=True)
class StaffWork:
    """What waits for the Collectif: requests that fit nowhere, criteria to read, companies, e-mails that are stuck."""

    unroutable: int = 0
    proposals: int = 0
    leads: int = 0
    stuck: int = 0


@dataclass(frozen=True)
class Team:
    """What a message to a member may know. base_url: of the portal. association: "" for the Collectif's team.

    association_id: named in every link, since the reader may be working for another one. path: of the page about one
    request. number: a request's. due_at: until when it may be answered. free: places left, None when one row never runs
    out. approved: whether the criteria were; criteria_of: of which programme, and on which side. because: why a
    password is new; old_until: until when the older one still opens files; mode: when the association wants its file.
    """

    base_url: str
    association: str = ""
    association_id: UUID | None = None
    path: str = ""
    number: str = ""
    due_at: datetime | None = None
    waiting: Waiting = field(default_factory=Waiting)
    following: Following = field(default_factory=Following)
    free: int | None = None
    approved: bool = False
    criteria_of: str = ""
    because: RenewedBecause = RenewedBecause.ASKED
    old_until: datetime | None = None
    mode: MorningMode = MorningMode.WHEN_UNSEEN
    joined: Joined = field(default_factory=Joined)
    work: StaffWork = field(default_factory=StaffWork)

    def link(self, path: str) -> str:
        named = f"{'&' if '?' in path else '?'}{NAMED}={self.association_id}" if self.association_id else ""
        return self.base_url + path + named

    @property
    def closing(self) -> Closing:
        place = f"membre d’une équipe ({self.association})" if self.association else "membre de l’équipe du Collectif"
        choose = Link("Choisir mes e-mails", self.link("/compte/courriels"))
        return Closing(f"Vous recevez ce message comme {place}, selon vos choix.", choose, open_to_headers=True)


def _listed(*facts: Fact) -> tuple[Fact, ...]:
    """Those that count something; one alone says no more than the title."""
    told = tuple(fact for fact in facts if fact.figure)
    return told if len(told) > 1 else ()


def finding(waiting: Waiting) -> str:
    """« 3 demandes à traiter, 1 part demain »: the most pressing of it."""
    pressing = (
        (waiting.leaving_today, f"{word(waiting.leaving_today, 'part', 'partent')} aujourd’hui"),
        (waiting.leaving_tomorrow, f"{word(waiting.leaving_tomorrow, 'part', 'partent')} demain"),
        (waiting.late, "en retard"),
    )
    said = next((f", {count} {words}" for count, words in pressing if count), "")
    return f"{plural(waiting.to_answer, 'demande')} à traiter{said}"


def _lines(waiting: Waiting) -> tuple[Fact, ...]:
    """The title tells of two at most, to be answered and the most pressing: those two alone are not said again."""
    leaving_today, tomorrow = waiting.leaving_today, waiting.leaving_tomorrow
    told = _listed(
        Fact(waiting.to_answer, f"{word(waiting.to_answer, 'demande')} à traiter"),
        Fact(leaving_today, f"{word(leaving_today, 'part', 'partent')} aujourd’hui vers une autre association"),
        Fact(tomorrow, f"{word(tomorrow, 'part', 'partent')} demain vers une autre association"),
        Fact(waiting.late, "en retard"),
        Fact(waiting.answered, f"{word(waiting.answered, 'précision reçue', 'précisions reçues')}, à relire"),
    )
    return told if waiting.answered or len(told) > SAID_BY_TITLE else ()


def request_offered(about: Team) -> Letter:
    until = f" Sans réponse avant le {day(about.due_at)}, elle passe à une autre." if about.due_at else ""
    return Letter(
        subject=f"Demande {about.number} : à traiter",
        context=about.association,
        title="Une demande vient d’arriver",
        paragraphs=(f"La demande {about.number} vous est proposée.{until}",),
        action="Lire la demande",
        url=about.link(about.path),
        closing=about.closing,
    )


def clarification_answered(about: Team) -> Letter:
    until = (
        f" Sans réponse de votre part avant le {day(about.due_at)}, elle passe à une autre association."
        if about.due_at
        else ""
    )
    return Letter(
        subject=f"Demande {about.number} : réponse à votre question",
        context=about.association,
        title="Votre question a reçu sa réponse",
        paragraphs=(f"La demande {about.number} attend de nouveau votre décision.{until}",),
        action="Lire la réponse",
        url=about.link(about.path),
        closing=about.closing,
    )


def requests_digest(about: Team) -> Letter:
    waiting = about.waiting
    if not waiting.to_answer:
        return _answers_alone(about)
    facts = _lines(waiting)
    said = "Voici ce qui attend votre association." if facts else UNANSWERED
    first = " La plus pressée est en haut de la liste." if waiting.to_answer > 1 else ""
    return Letter(
        subject=finding(waiting),
        context=f"{about.association}, ce qui attend",
        title=finding(waiting),
        paragraphs=(said + first,),
        facts=facts,
        action="Ouvrir les demandes",
        url=about.link(INBOX),
        second=Link(READ_ANSWERS, about.link(HELD)) if waiting.answered else None,
        closing=about.closing,
    )


def _answers_alone(about: Team) -> Letter:
    count = about.waiting.answered
    return Letter(
        subject=f"{plural(count, 'précision')} à relire",
        context=f"{about.association}, ce qui attend",
        title=f"{plural(count, 'précision')} à relire",
        paragraphs=(decide(count),),
        action=READ_ANSWERS,
        url=about.link(HELD),
        closing=about.closing,
    )


def decide(answers: int) -> str:
    """What is left to do once questions have their answers."""
    return word(
        answers,
        "Votre question a reçu sa réponse. La demande est dans « En attente de précision » : à vous de l’accepter, de la réorienter, ou de poser une autre question.",
        "Vos questions ont reçu leur réponse. Les demandes sont dans « En attente de précision » : à vous de les accepter, de les réorienter, ou de poser une autre question.",
    )


def silence_reminder(about: Team) -> Letter:
    return Letter(
        subject=finding(about.waiting),
        context=f"{about.association}, sans réponse de votre part",
        title=finding(about.waiting),
        paragraphs=(f"{UNANSWERED} Vous pouvez accepter, réorienter, ou demander une précision.",),
        facts=_lines(about.waiting),
        action="Traiter les demandes",
        url=about.link(INBOX),
        second=Link("Plus de place ? Ajuster les places", about.link("/capacite")),
        closing=about.closing,
    )


NOTE_IT = "Le contact est pris, ou le binôme formé ? Notez-le en un clic : la personne le lit sur sa page de suivi, et vos chiffres sont justes."


def follow_up_due(about: Team) -> Letter:
    still = about.following
    said = f"{plural(still.total, 'demande attend', 'demandes attendent')} une suite"
    told = _listed(
        Fact(still.uncontacted, f"{word(still.uncontacted, 'acceptée', 'acceptées')}, sans premier contact noté"),
        Fact(still.unpaired, "en contact depuis un mois, sans binôme noté"),
        Fact(still.answered, f"{word(still.answered, 'précision reçue', 'précisions reçues')}, à relire"),
    )
    taken = still.uncontacted or still.unpaired
    held = Link(READ_ANSWERS, about.link(HELD)) if taken and still.answered else None
    return Letter(
        subject=said,
        context=f"{about.association}, le point de la semaine",
        title=said,
        paragraphs=(NOTE_IT if taken else decide(still.answered),),
        facts=told,
        action="Ouvrir les demandes acceptées" if taken else READ_ANSWERS,
        url=about.link(ACCEPTED if taken else HELD),
        second=held,
        closing=about.closing,
    )


def places_check(about: Team) -> Letter:
    return Letter(
        subject="Vos places sont-elles toujours exactes ?",
        context=f"{about.association}, le point du mois",
        title="Vos places sont-elles toujours exactes ?",
        paragraphs=(
            _counted(about.free),
            "Ouvrez la page : si rien n’a changé, « Toujours exact » suffit.",
        ),
        action="Vérifier les places",
        url=about.link("/capacite"),
        closing=about.closing,
    )


def _counted(free: int | None) -> str:
    if free is None:
        return "Une de vos lignes de places au moins est sans limite : les demandes qui y correspondent arrivent tant que vous n’y changez rien."
    count = (
        f"compte aujourd’hui {plural(free, 'place libre', 'places libres')}"
        if free
        else "ne compte plus de place libre"
    )
    return f"Le portail {count} pour votre association. C’est ce qui décide des demandes que vous recevez."


def proposal_settled(about: Team) -> Letter:
    if about.approved:
        said, then = (
            "Vos nouveaux critères sont approuvés",
            "Ils sont en vigueur : les prochaines demandes les suivent.",
        )
    else:
        said = "Vos nouveaux critères ne sont pas retenus"
        then = "Les précédents restent en vigueur. L’équipe du Collectif dit pourquoi sur la page des critères."
    return Letter(
        subject=said,
        context=about.association,
        title=said,
        paragraphs=(*((about.criteria_of,) if about.criteria_of else ()), then),
        action="Voir les critères",
        url=about.link("/criteres"),
        closing=about.closing,
    )


def old_password(about: Team) -> tuple[str, ...]:
    if about.because is RenewedBecause.MEMBER_LEFT:
        return ("L’ancien n’ouvre plus que les fichiers déjà envoyés.",)
    return (f"L’ancien ouvre encore les fichiers jusqu’au {day(about.old_until)}.",) if about.old_until else ()


def file_password_renewed(about: Team) -> Letter:
    first = about.because is RenewedBecause.FIRST
    title = "Le fichier de 10 h a son mot de passe" if first else "Le mot de passe du fichier de 10 h a changé"
    comes = (FILE_COMES[about.mode],) if first else ()
    old = old_password(about)
    return Letter(
        subject=title,
        context=about.association,
        title=title,
        paragraphs=(
            RENEWED[about.because],
            *comes,
            "Le mot de passe se lit sur la page « Fichier de 10 h », après une nouvelle preuve d’identité. Il n’est jamais écrit dans un e-mail.",
            *old,
        ),
        action="Lire le mot de passe",
        url=about.link("/fichier"),
        closing=about.closing,
    )


def morning_file(about: Team) -> Letter:
    joined = about.joined
    instant = f" à {hour(joined.at)}" if joined.at else ""
    several = (twins(joined.files),) if joined.files > 1 else ()
    return Letter(
        subject=f"Fichier de 10 h : {in_file(joined.lines, joined.new)}",
        context=f"{about.association}, le fichier de 10 h",
        title=waits_in_file(joined.lines, joined.new),
        paragraphs=(
            f"Le fichier joint est la copie de vos demandes{instant}, sans nom de famille ni coordonnées. Il sert si le portail est injoignable.",
            "Il s’ouvre avec le mot de passe de votre association, qui se lit sur la page « Fichier de 10 h ».",
            *several,
        ),
        action="Traiter les demandes",
        url=about.link(INBOX),
        second=Link("Lire le mot de passe du fichier", about.link("/fichier")),
        closing=about.closing,
    )


def staff_digest(about: Team) -> Letter:
    """The first line is the title; its page, the button's."""
    work = about.work
    lines = (
        (work.unroutable, ("demande à orienter à la main", "demandes à orienter à la main"), NOWHERE),
        (work.proposals, ("proposition de critères à relire", "propositions de critères à relire"), REVIEW),
        (work.leads, ("entreprise sans prochaine action", "entreprises sans prochaine action"), LEADS),
        (work.stuck, ("e-mail qui n’a pas pu partir", "e-mails qui n’ont pas pu partir"), PLATFORM),
    )
    told = [(count, words, page) for count, words, page in lines if count]
    first, words, page = told[0]
    facts = _listed(*(Fact(count, word(count, *names)) for count, names, _ in told))
    mending = Link(OPENS[PLATFORM], about.link(PLATFORM)) if work.stuck and page != PLATFORM else None
    return Letter(
        subject=plural(first, *words),
        context="Équipe du Collectif, ce qui attend",
        title=plural(first, *words),
        paragraphs=("Voici ce qui attend l’équipe." if facts else "Une action de l’équipe est attendue.",),
        facts=facts,
        action=OPENS[page],
        url=about.link(page),
        second=mending,
        closing=about.closing,
    )


TEAM_LETTERS: dict[Message, Callable[[Team], Letter]] = {
    Message.REQUEST_OFFERED: request_offered,
    Message.CLARIFICATION_ANSWERED: clarification_answered,
    Message.REQUESTS_DIGEST: requests_digest,
    Message.SILENCE_REMINDER: silence_reminder,
    Message.FOLLOW_UP_DUE: follow_up_due,
    Message.PLACES_CHECK: places_check,
    Message.PROPOSAL_SETTLED: proposal_settled,
    Message.FILE_PASSWORD_RENEWED: file_password_renewed,
    Message.MORNING_FILE: morning_file,
    Message.STAFF_DIGEST: staff_digest,
}
