"""Associations of a place, made by hand: what the brochure's pages are tested on."""

from typing import Any

from matching.criteria import read_criteria
from matching.vocabulary import Side
from portal.paper.brochure import Publisher
from portal.queries.brochure import Places, ProgrammeTold, Sheet, Territory

PUBLISHER = Publisher("Collectif Mentorat", "contact@collectif.example.org", "https://portail.example.org")
TEN = (
    "Afev", "ANAF", "Article 1", "C’Possible", "DUO for a JOB", "FACE Métropole européenne de Lille", "LA CLÉ",
    "La Cravate Solidaire", "Proxité", "Télémaque",
)  # fmt: skip
AGES = {"test": "age", "min": 14, "max": 25}
MENTORS = {"test": "months", "min": 6}
TOLD = {
    "duration": "Une année scolaire",
    "frequency": "Non publiée",
    "meeting": "Au lycée",
    "partners": ["Lycées professionnels", "Missions locales"],
}


def make_sheet(name: str = "Proxité", *, programmes: int = 1, places: Places | None = None, **facts: Any) -> Sheet:
    return Sheet(
        name=name,
        founder=False,
        fictional=False,
        mail="contact@association.example.org",
        sheet={
            "summary": f"{name} accompagne des lycéens.",
            "home": "commune:59512",
            "source": "Fiche de 2022",
            **facts,
        },
        programmes=tuple(make_programme(f"Programme {number}") for number in range(1, programmes + 1)),
        places={Side.MENTEE: places or Places(30)},
    )


def make_programme(name: str, mentees: dict[str, Any] | None = None) -> ProgrammeTold:
    criteria = {Side.MENTEE: read_criteria(mentees or AGES), Side.MENTOR: read_criteria(MENTORS)}
    return ProgrammeTold(name, "Un rendez-vous chaque semaine.", criteria, TOLD)


def make_territory(present: tuple[Sheet, ...] = (), around: tuple[Sheet, ...] = ()) -> Territory:
    return Territory("zone:cite-educative-roubaix", "Cité éducative de Roubaix", "Campagne 2026", present, around)
