"""The companies' side of the offer: kits to download, where mentors are lacking, a company's own page."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import func, select, text

from matching.conditions import TerritoryTest
from matching.criteria import tests_of
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.company import Company, OfferPage
from portal.places import COUNTRY, PlaceKind, UnknownPlaceError, commune, commune_codes_of, label, place_code
from portal.places.folding import fold
from portal.queries.documents import company_kits
from portal.queries.offer_texts import Shown, texts_in_force
from portal.queries.orienting_panel import Panel

MOST_ASKED = 20
SLUG = re.compile(r"[a-z0-9_-]{1,200}")


@dataclass(frozen=True)
class Kit:
    """A text to download. drawn: the PDF of exactly this version is there."""

    text: Shown
    drawn: bool


def kits_in_force() -> list[Kit]:
    """Every kit, in the order of the closed list: two queries."""
    drawn, texts = company_kits(), texts_in_force()
    return [Kit(texts[page], (page, texts[page].number) in drawn) for page in OfferPage if page.kit]


@dataclass(frozen=True)
class Waiting:
    """A département where young people wait for a mentor; never fewer than five of them, rounded down to five."""

    name: str
    code: str
    young: int


def places_waiting(most: int) -> list[Waiting]:
    """Where the most young people wait, most first."""
    query = text(
        "SELECT departement, waiting FROM waiting_by_departement() ORDER BY waiting DESC, departement LIMIT :most"
    )
    return [
        Waiting(_name(row.departement), row.departement, row.waiting)
        for row in db.session.execute(query, {"most": most})
    ]


def _name(departement: str) -> str:
    try:
        return label(place_code(PlaceKind.DEPARTEMENT, departement))
    except UnknownPlaceError:
        return departement


@dataclass(frozen=True)
class Short:
    """A région, and how many of the associations that work there lack mentors."""

    name: str
    associations: int


def regions_short_of_mentors(panel: Panel, lacking: frozenset[UUID], most: int) -> list[Short]:
    """Where the most associations lack mentors, most first, then by name; those that work everywhere are left out."""
    found: defaultdict[str, set[UUID]] = defaultdict(set)
    for key, programme in panel.programmes.items():
        if programme.association_id in lacking:
            for region in _regions_of(panel, key):
                found[region].add(programme.association_id)
    rows = [Short(label(region), len(associations)) for region, associations in found.items()]
    return sorted(rows, key=lambda row: (-row.associations, fold(row.name)))[:most]


def _regions_of(panel: Panel, key: UUID) -> set[str]:
    criteria = panel.young.programme(key)
    tests = tests_of(criteria.criteria) if criteria else ()
    places = {place for test in tests if isinstance(test, TerritoryTest) for place in test.any_of}
    return {region for place in places if place != COUNTRY for region in _regions_around(place)}


@cache
def _regions_around(place: str) -> frozenset[str]:
    try:
        codes = commune_codes_of(place)
    except UnknownPlaceError:
        return frozenset()
    return frozenset(place_code(PlaceKind.REGION, commune(code).region) for code in codes)


@dataclass(frozen=True)
class EmployeesPage:
    """What a company's own page says. volunteers: rounded down to five, None under five: nobody is told apart."""

    slug: str
    name: str
    words: str
    closed: bool
    volunteers: int | None


def could_be_slug(text: str) -> bool:
    """Whether it is worth asking the database, which takes not every sign."""
    return SLUG.fullmatch(text) is not None


def employees_page(slug: str) -> EmployeesPage | None:
    """One query; none for what no company's link can be."""
    if not could_be_slug(slug):
        return None
    volunteers = func.company_volunteers_told(Company.id).label("volunteers")
    query = select(Company.slug, Company.name, Company.words, Company.closed_at, volunteers).where(Company.slug == slug)
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    return EmployeesPage(row.slug, row.name, row.words, row.closed_at is not None, row.volunteers or None)


@dataclass(frozen=True)
class NamedAssociation:
    id: UUID
    slug: str
    name: str


def associations_named(slugs: Sequence[str]) -> list[NamedAssociation]:
    """Those with these slugs, by name; one query, whatever was asked."""
    asked = [slug for slug in slugs[:MOST_ASKED] if could_be_slug(slug)]
    query = select(Association.id, Association.slug, Association.name).where(Association.slug.in_(asked))
    return [NamedAssociation(*row) for row in db.session.execute(query.order_by(Association.name, Association.id))]
