"""Roubaix with its associations, written by hand: what a brochure is tested on."""

from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.programme import ProgrammeVersion
from tests import factories

ROUBAIX = "zone:cite-educative-roubaix"
AGES = {"test": "age", "min": 14, "max": 25}
HERE = {"test": "territory", "any_of": [ROUBAIX]}
IN_PERSON = {"test": "modality", "any_of": ["in_person"]}


def make_present(
    session: Session, campaign: Campaign, name: str, places: int = 20, *criteria: dict[str, Any], **fields: Any
) -> Association:
    """An association with places in Roubaix, that takes young people of 14 to 25 and any volunteer."""
    sheet = {
        "summary": f"{name} accompagne chaque semaine des collégiens et des lycéens.",
        "site": "association.example.org",
        "created": 2008,
        "telephone": "0353010101",
        "home": "commune:59512",
        "source": "Fiche de 2022",
        "programmes": [
            {
                "name": "Un mentor au lycée",
                "duration": "Une année scolaire",
                "frequency": "Non publiée",
                "meeting": "Au lycée",
                "partners": ["Lycées professionnels", "Missions locales"],
            }
        ],
        "published": [
            {
                "side": "mentee",
                "published_national": 1642,
                "published_local": 82,
                "published_local_place": "epci:200093201",
            }
        ],
    }
    association = factories.make_association(
        session, name, contact_mail=f"contact{places}@example.org", sheet=sheet, **fields
    )
    programme = factories.make_programme(session, association, {"all": [*(criteria or (AGES,)), HERE, IN_PERSON]})
    programme.name = "Un mentor au lycée"
    session.add(
        ProgrammeVersion(
            association_id=association.id,
            programme_id=programme.id,
            side=Side.MENTOR,
            number=1,
            criteria={"test": "months", "min": 6},
        )
    )
    factories.make_capacity(session, association, campaign, places, ROUBAIX)
    session.flush()
    return association
