"""What to ask at the first contact, for each test that could not be settled."""

from collections.abc import Mapping

from portal.web.typography import NBSP

QUESTIONS = {
    "age": "quel âge a la personne",
    "level": "quelle classe ou quel niveau suit-elle",
    "situation": "que fait-elle en ce moment",
    "need": "qu’attend-elle du mentorat",
    "territory": "dans quelle commune habite-t-elle",
    "modality": "préfère-t-elle se rencontrer sur place ou à distance",
    "referrer_type": "un professionnel la suit-il, et lequel",
    "establishment": "quel est son établissement",
    "channel": "qui fait la demande avec elle",
    "months": "combien de mois peut-elle s’engager",
    "hours_a_month": "combien d’heures par mois peut-elle donner",
    "available_by": "à partir de quand est-elle disponible",
}


def question_about(row: Mapping[str, str]) -> str:
    """« dans quelle commune habite-t-elle ? Votre règle : … »."""
    asked = QUESTIONS.get(row.get("code", ""), "est-ce son cas")
    return f"{asked}{NBSP}? Votre règle{NBSP}: {row['rule']}."
