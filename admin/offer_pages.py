"""The pages of the offer as addresses name them, and what changed between two versions of one, paragraph by paragraph."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from portal.foundation.errors import Hidden
from portal.models.company import OfferPage
from portal.queries.offer_texts import Shown

SLUGS = {
    OfferPage.HOME: "accueil",
    OfferPage.INFORMER: "informer",
    OfferPage.ORIENTER: "orienter",
    OfferPage.CONSEILLER: "conseiller",
    OfferPage.EMPLOYEES: "salaries",
    OfferPage.KIT_ANNOUNCEMENT: "kit-annonce",
    OfferPage.KIT_QUESTIONS: "kit-questions",
    OfferPage.KIT_CALL_FOR_PROJECTS: "kit-appel-a-projets",
}
PAGES = {slug: page for page, slug in SLUGS.items()}
BLANK_LINES = re.compile(r"\n\s*\n")
MOST_COMPARED = 2000


def page_of(slug: str) -> OfferPage:
    """Raises Hidden for a word that names none."""
    if slug not in PAGES:
        raise Hidden
    return PAGES[slug]


class Change(StrEnum):
    """What became of a paragraph."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Run:
    """Paragraphs that follow one another and became the same, in the mark-up."""

    change: Change
    texts: list[str]


def paragraphs(text: Shown) -> list[str]:
    """Title, lead, then each paragraph of the body; the last one holds the rest of an endless text."""
    body = BLANK_LINES.split(text.body.strip(), maxsplit=MOST_COMPARED)
    return [part for part in (text.title, text.lead, *body) if part.strip()]


def differences(before: Shown, after: Shown) -> list[Run]:
    """From one version to the other, in reading order; what was removed comes before what takes its place."""
    old, new = paragraphs(before), paragraphs(after)
    found: list[Run] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Run(Change.SAME, new[new_from:new_to]))
            continue
        found += [Run(Change.REMOVED, old[old_from:old_to]), Run(Change.ADDED, new[new_from:new_to])]
    return [run for run in found if run.texts]


def changed(runs: list[Run]) -> int:
    """How many paragraphs are not as they were."""
    return sum(len(run.texts) for run in runs if run.change is not Change.SAME)
