"""The demo's companies: three with a link for their employees, and six requests at every stage. All invented."""

from dataclasses import dataclass
from typing import Any

from matching.vocabulary import Situation
from portal.models.company import LeadKind, LeadState
from portal.queries.orienter_words import Ages, Cause, Group, Length, Meeting, Rhythm, Size, Stage, Wishes


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """since_days: how long ago its link was made. volunteers: how many of the season came by it, at most."""

    slug: str
    name: str
    words: str
    departements: frozenset[str]
    since_days: int
    volunteers: int


@dataclass(frozen=True, slots=True)
class DemoStep:
    """What staff did: how many days after the request, the state from then on, and their note."""

    after_days: int
    state: LeadState
    note: str


@dataclass(frozen=True, slots=True)
class DemoLead:
    """One request. days_ago: when it came in. owner: rank among the demo's staff. company: the slug it led to."""

    key: str
    kind: LeadKind
    company_name: str
    name: str
    role: str
    message: str
    days_ago: int
    answers: dict[str, Any]
    associations: tuple[str, ...] = ()
    owner: int | None = None
    next_action: str | None = None
    next_in_days: int | None = None
    steps: tuple[DemoStep, ...] = ()
    company: str | None = None

    @property
    def state(self) -> LeadState:
        return self.steps[-1].state if self.steps else LeadState.RECEIVED


AT_WORK = frozenset({Situation.EMPLOYED})
COMPANIES = (
    DemoCompany(
        "filature-du-nord", "Filature du Nord",
        "Nos métiers s’apprennent à deux. Donnez quelques heures par mois à un jeune de la métropole lilloise.",
        frozenset({"59"}), 150, 42,
    ),
    DemoCompany(
        "ateliers-rivoire", "Ateliers Rivoire",
        "Deux heures par mois sur le temps de travail, pour chaque salarié qui se propose.",
        frozenset({"69", "38", "42"}), 90, 11,
    ),
    DemoCompany(
        "cooperative-des-hauts-plateaux", "Coopérative des Hauts Plateaux", "",
        frozenset({"63", "15", "43"}), 30, 3,
    ),
)  # fmt: skip
LEADS = (
    DemoLead(
        "verrerie", LeadKind.CONTACT, "Verrerie des Deux Caps", "Hélène Marquis", "Directrice des ressources humaines",
        "Soixante salariés volontaires après notre séminaire, surtout à Roubaix et à Tourcoing.", 1,
        Wishes(
            places=("commune:59512", "commune:59599"), causes=(Cause.JOB,), ages=(Ages.MIDDLE, Ages.OVER_50),
            rhythm=Rhythm.TWO, length=Length.YEAR, size=Size.LARGE, meeting=Meeting.IN_PERSON,
        ).to_json(),
        ("proxite", "duo-for-a-job"),
    ),
    DemoLead(
        "papeterie", LeadKind.MEETING, "Papeterie du Confluent", "Marc Oubrier", "Responsable de l’engagement",
        "Nous préparons un appel à projets pour janvier.", 9,
        {"subject": "call", "slots": ["morning"]},
    ),
    DemoLead(
        "transports", LeadKind.MEETING, "Transports Belvert", "Aline Courtois", "Directrice générale",
        "Annoncer le mentorat à nos conducteurs, qui n’ont pas d’ordinateur.", 6,
        {"subject": "kit", "slots": ["noon", "afternoon"]}, (), 0, "Envoyer le kit et fixer un rendez-vous", 2,
        (DemoStep(1, LeadState.CALLED, "Appelée. Quatre dépôts, 300 conducteurs. Veut une affiche et un lien court."),),
    ),
    DemoLead(
        "numerique", LeadKind.CONTACT, "Brume Numérique", "Sacha Lemoine", "Chargé de mission responsabilité sociétale",
        "Équipe entièrement à distance : un mentorat en visio nous conviendrait.", 16,
        Wishes(
            causes=(Cause.PATH, Cause.ENTREPRENEURSHIP), stages=(Stage.LYCEE, Stage.STUDENTS), groups=(Group.RURAL,),
            size=Size.SMALL, meeting=Meeting.REMOTE,
        ).to_json(),
        ("les-allumeurs-de-lanternes",), 1, "Demander des nouvelles des deux associations", 5,
        (
            DemoStep(2, LeadState.CALLED, "Trente salariés, tous à distance."),
            DemoStep(5, LeadState.ORIENTED, "Mise en relation faite par téléphone."),
        ),
    ),
    DemoLead(
        "filature", LeadKind.EMPLOYEES, "Filature du Nord", "Odile Vandame", "Secrétaire générale",
        "Nous voudrions un lien pour nos trois sites.", 155, {}, (), 0, None, None,
        (
            DemoStep(1, LeadState.CALLED, "Trois sites, 800 salariés. Lien à créer."),
            DemoStep(4, LeadState.ENGAGED, "Lien ouvert, affiché dans les ateliers."),
        ),
        "filature-du-nord",
    ),
    DemoLead(
        "agence", LeadKind.CONTACT, "Agence Millefeuille", "Paul Ancelin", "Associé",
        "Nous cherchons des stagiaires.", 40, {}, (), 1, None, None,
        (DemoStep(1, LeadState.CLOSED, "Cherche des stagiaires, pas des jeunes à accompagner. Orienté vers les lycées."),),
    ),
)  # fmt: skip
