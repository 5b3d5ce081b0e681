"""Filling a form in as a browser without scripts does: post a step, follow where it leads."""

import html
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.foundation import clock

Steps = dict[str, dict[str, Any]]
YOUNG, REFERRER, MENTOR = "je-cherche-un-mentor", "j-inscris-un-jeune", "je-deviens-mentor"


def aged(years: int) -> dict[str, str]:
    """A birth date that makes someone this old today, whatever today is."""
    return {"day": "1", "month": "1", "year": str(clock.today().year - years)}


def text_of(answer: TestResponse) -> str:
    return html.unescape(answer.get_data(as_text=True))


def post(client: FlaskClient, form: str, key: str, values: dict[str, Any]) -> TestResponse:
    return client.post(f"/{form}/{key}", data=values)


def refused(client: FlaskClient, form: str, key: str, values: dict[str, Any]) -> TestResponse:
    """Post what will not do; the page that says so is asked for afresh, so that going back sends nothing twice."""
    answer = post(client, form, key, values)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/{form}/{key}?"), answer.location
    return client.get(answer.location)


def fill(client: FlaskClient, form: str, steps: Steps) -> str:
    """Answer every step in order, each leading to the next; returns the address of the page after the last one."""
    keys = list(steps)
    address = ""
    for rank, (key, values) in enumerate(steps.items()):
        answer = post(client, form, key, values)
        assert answer.status_code == 303, (key, text_of(answer))
        address = answer.location
        if rank + 1 < len(keys):
            assert address == f"/{form}/{keys[rank + 1]}", f"{key} leads to {address}"
    return address


def send(client: FlaskClient, form: str, steps: Steps) -> str:
    """Fill, read, send; returns the confirmation page."""
    assert fill(client, form, steps) == f"/{form}/relire"
    answer = post(client, form, "relire", {"agreed": "y"})
    assert answer.status_code == 303, text_of(answer)
    shown = client.get(answer.location)
    assert shown.status_code == 200
    return text_of(shown)


def changed(steps: Steps, **answers: dict[str, Any]) -> Steps:
    """The same answers but for these; dashes of a key are written as underscores."""
    return {**steps, **{key.replace("_", "-"): values for key, values in answers.items()}}


REFUGEE_OF_20: Steps = {
    "prenom": {"first_name": "Amina", "last_name": "Haidari"},
    "naissance": aged(20),
    "situation": {"situations": ["seeking_job", "seeking_training"]},
    "niveau": {"level": "unknown"},
    "besoins": {"needs": ["first_job", "french_schooling"], "words": "Je veux travailler dans la cuisine."},
    "lieu": {"postal_code": "59 100"},
    "rencontre": {"meeting": "in_person"},
    "quartier": {"qpv": "unknown", "modest": "yes", "rural": "no"},
    "parcours": {"woman": "yes", "insertion": "private"},
    "plus-personnel": {"personal": "yes"},
    "personnel": {"refugee": "yes", "newly_arrived": "yes", "disability": "private"},
    "contact": {"mail": "Amina@Example.org", "telephone": "06 39 98 00 01"},
}
PUPIL_OF_14: Steps = {
    "prenom": {"first_name": "Léa", "last_name": "Martin"},
    "naissance": aged(14),
    "situation": {"situations": ["college"]},
    "niveau": {"level": "4e"},
    "besoins": {"needs": ["school_support", "self_confidence"]},
    "lieu": {"postal_code": "59100"},
    "rencontre": {"meeting": "either"},
    "quartier": {},
    "parcours": {},
    "plus-personnel": {"personal": "no"},
    "contact": {"mail": "lea@example.org"},
    "responsable": {"name": "Sarah Martin", "mail": "sarah@example.org"},
}
MOTHER_OF_11: Steps = {
    "qui": {"filler": "parent"},
    "vous": {"name": "Nadia Benali", "mail": "nadia@example.org", "telephone": "0639980002"},
    "prenom": {"first_name": "Yanis", "last_name": "Benali"},
    "naissance": aged(11),
    "situation": {"situations": ["college"]},
    "niveau": {"level": "6e"},
    "besoins": {"needs": ["unknown"]},
    "lieu": {"postal_code": "75011"},
    "rencontre": {"meeting": "either"},
    "quartier": {"qpv": "yes"},
    "parcours": {"rep": "yes"},
    "plus-personnel": {"personal": "no"},
    "contact": {},
}
MISSION_LOCALE_FOR_17: Steps = {
    "qui": {"filler": "professional"},
    "structure": {
        "referrer_type": "mission_locale",
        "establishment": "Mission locale de Roubaix",
        "role": "Conseillère",
    },
    "vous": {"name": "Claire Durand", "mail": "claire@example.org"},
    "prenom": {"first_name": "Sami", "last_name": "Khelif"},
    "naissance": aged(17),
    "situation": {"situations": ["none"]},
    "niveau": {"level": "3e"},
    "besoins": {"needs": ["apprenticeship"]},
    "lieu": {"postal_code": "59100"},
    "rencontre": {"meeting": "in_person"},
    "quartier": {"qpv": "yes"},
    "parcours": {"dropout": "yes"},
    "plus-personnel": {"personal": "no"},
    "contact": {"telephone": "0639980003", "telephone_checked": "y"},
    "responsable": {"name": "Samira Khelif", "mail": "samira@example.org"},
}
ASE_FOR_12: Steps = {
    **{key: MISSION_LOCALE_FOR_17[key] for key in ("qui", "vous", "prenom")},
    "structure": {"referrer_type": "ase", "establishment": "Service de l’enfance du Nord"},
    "naissance": aged(12),
    "attestation": {"agreed": "y", "written_agreement": "y"},
    "situation": {"situations": ["college"]},
    "niveau": {"level": "5e"},
    "besoins": {"needs": ["school_support"]},
    **{key: MISSION_LOCALE_FOR_17[key] for key in ("lieu", "rencontre", "quartier")},
    "parcours": {},
    "plus-personnel": {"personal": "no"},
    "contact": {},
}
ASE_ORDER = ("qui", "structure", "vous", "prenom", "naissance", "attestation", "situation", "niveau", "besoins", "lieu")
ASE_FOR_12 = {
    key: ASE_FOR_12[key] for key in (*ASE_ORDER, "rencontre", "quartier", "parcours", "plus-personnel", "contact")
}
STUDENT_MENTOR: Steps = {
    "prenom": {"first_name": "Hugo", "last_name": "Petit"},
    "naissance": aged(21),
    "situation": {"situations": ["student"]},
    "niveau": {"level": "bac+3"},
    "experience": {"employer": "Université de Lille", "two_years_experience": "no", "woman": "no"},
    "besoins": {"needs": ["school_support", "guidance"]},
    "lieu": {"postal_code": "59000"},
    "rencontre": {"meeting": "either"},
    "engagement": {"months": "10", "hours": "8"},
    "contact": {"mail": "hugo@example.org"},
}
RETIRED_MENTOR: Steps = {
    "prenom": {"first_name": "Paule", "last_name": "Roger"},
    "naissance": aged(68),
    "situation": {"situations": ["retired"]},
    "niveau": {"level": "bac+5"},
    "experience": {"business_background": "yes", "two_years_experience": "yes", "woman": "yes"},
    "besoins": {"needs": ["first_job"], "words": "Trente ans dans l’industrie."},
    "lieu": {"postal_code": "59100"},
    "rencontre": {"meeting": "remote"},
    "engagement": {"months": "12", "hours": "4", "available_from": ""},
    "contact": {"mail": "paule@example.org", "telephone": "01 99 00 12 34"},
}
