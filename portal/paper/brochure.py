"""The brochure of a territory: a cover, what mentoring is, a table, a sheet per association, and how to ask."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from markupsafe import Markup

from matching.conditions import AgeTest, LevelTest, SituationTest, Test
from matching.criteria import All, Expression
from matching.vocabulary import Side
from matching.wording import rule
from portal.paper.criteria import Line, lines
from portal.paper.pages import rendered
from portal.places import UnknownPlaceError, label
from portal.queries.brochure import Places, ProgrammeTold, Sheet, Territory
from portal.web.telephones import telephone_said
from portal.web.typography import NBSP, day, french, number, plural

FACTS = (("duration", "Durée"), ("frequency", "Rythme"), ("meeting", "Rencontre"), ("partners", "Partenaires"))
MOST_WORDS = 70
PETROL_DARK = "#0a3d46"
UNKNOWN = re.compile(r"non publiée?", re.IGNORECASE)
Fact = tuple[str, str]


@dataclass(frozen=True)
class Publisher:
    """Who publishes the document, and where the portal answers (an absolute address)."""

    brand: str
    mail: str
    address: str


@dataclass(frozen=True)
class Room:
    """« 200 » and « places ou plus », to be printed large."""

    figure: str
    words: str


@dataclass(frozen=True)
class Programme:
    """A programme of a sheet; None for a side it does not take."""

    name: str
    description: str
    mentees: tuple[Line, ...] | None
    mentors: tuple[Line, ...] | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Printed:
    """A sheet as its page shows it."""

    anchor: str
    name: str
    founder: bool
    summary: str
    places: Room | None
    programmes: tuple[Programme, ...]
    facts: tuple[Fact, ...]
    source: str


@dataclass(frozen=True)
class Row:
    """An association in a line of a table."""

    name: str
    anchor: str
    takes: tuple[str, ...]
    meeting: str
    places: str
    mail: str


def brochure(of: Territory, publisher: Publisher, drawn_on: date) -> str:
    """The HTML of the whole brochure."""
    sheets = [_printed(one, f"fiche-{at}") for at, one in enumerate(of.present, start=1)]
    return rendered(
        "brochure.html",
        title=f"{of.name}{NBSP}: trouver un mentor",
        subject=f"Brochure{NBSP}: {of.name}",
        brand=publisher.brand,
        edition=f"Édition du {day(drawn_on)}",
        place=of.name,
        campaign=of.campaign,
        cover=_cover(of, drawn_on),
        present_said=_present_said(of),
        around_said=_around_said(of),
        rows=[_row(one, sheet.anchor) for one, sheet in zip(of.present, sheets, strict=True)],
        sheets=sheets,
        around=[_row(one, "") for one in of.around],
        ways=ways(publisher.address),
        address=publisher.address,
        address_said=_bare(publisher.address),
        mail=publisher.mail,
        code=scannable(publisher.address),
    )


def scannable(address: str) -> Markup:
    """The address as a QR code, for whoever holds the paper and a telephone."""
    drawn = segno.make(address, error="m").svg_inline(dark=PETROL_DARK, border=0, omitsize=True, title=_bare(address))
    return Markup(drawn)  # noqa: S704 - drawn from our own address, which segno escapes


def ways(address: str) -> list[dict[str, str]]:
    """The three forms of the portal, with their addresses."""
    told = (
        ("Je cherche un mentor", "je-cherche-un-mentor", "Pour toi, seul ou avec ta famille. Une question par page, tout est gardé à chaque étape."),
        ("J’inscris un jeune", "j-inscris-un-jeune", "Enseignant, éducateur, conseiller, parent\u00a0: vous remplissez pour lui, avec son accord."),
        ("Je deviens mentor", "je-deviens-mentor", "Vous dites votre situation, vos envies et votre temps\u00a0: l’association qui a le plus besoin de vous répond."),
    )  # fmt: skip
    return [
        {"title": title, "words": words, "url": f"{address}/{path}", "said": _bare(f"{address}/{path}")}
        for title, path, words in told
    ]


def _bare(address: str) -> str:
    return address.partition("://")[2]


def _cover(of: Territory, drawn_on: date) -> list[tuple[str, str]]:
    room = _room(_together(of.present))
    here, far = len(of.present), len(of.around)
    figures = [(number(here), "association présente" if here == 1 else "associations présentes")]
    if not here:
        figures = [
            (number(far), "association vient de plus loin" if far == 1 else "associations viennent de plus loin")
        ]
    if room:
        figures.append((room.figure, f"{room.words}, côté jeunes"))
    return [*figures, (str(drawn_on.year), f"édition du {day(drawn_on)}")]


def _together(sheets: Iterable[Sheet]) -> Places | None:
    rows = [one.places[Side.MENTEE] for one in sheets if Side.MENTEE in one.places]
    return Places(sum(row.amount for row in rows), any(row.or_more for row in rows)) if rows else None


def _present_said(of: Territory) -> str:
    if not of.present:
        return "Pas encore de places déclarées ici"
    return f"{plural(len(of.present), 'association')}, {'chacune sa manière' if len(of.present) > 1 else 'une fiche'}"


def _around_said(of: Territory) -> str:
    come = "viennent" if len(of.around) > 1 else "vient"
    return f"{plural(len(of.around), 'association')} {come} {'aussi ' if of.present else ''}de plus loin"


def _room(places: Places | None) -> Room | None:
    if places is None:
        return None
    if places.or_more:
        return Room(number(places.amount), "places ou plus")
    return Room(number(places.amount), "place" if places.amount == 1 else "places")


def _printed(one: Sheet, anchor: str) -> Printed:
    return Printed(
        anchor=anchor,
        name=one.name,
        founder=one.founder,
        summary=str(one.sheet.get("summary") or ""),
        places=_room(one.places.get(Side.MENTEE)),
        programmes=tuple(_programme(programme) for programme in one.programmes),
        facts=tuple(_association_facts(one)),
        source=f"Source{NBSP}: {one.sheet['source']}" if one.sheet.get("source") else "",
    )


def _programme(one: ProgrammeTold) -> Programme:
    mentees, mentors = (one.criteria.get(side) for side in (Side.MENTEE, Side.MENTOR))
    told = ((label_, _said(one.told.get(name))) for name, label_ in FACTS)
    return Programme(
        name=french(one.name),
        description=one.description,
        mentees=None if mentees is None else lines(mentees),
        mentors=None if mentors is None else lines(mentors),
        facts=tuple((label_, words) for label_, words in told if words and not UNKNOWN.fullmatch(words)),
    )


def _association_facts(one: Sheet) -> Iterable[Fact]:
    known = one.sheet
    telephone = known.get("telephone")
    rows = (
        ("E-mail", one.mail),
        ("Téléphone", telephone_said(telephone) if telephone else ""),
        ("Site", _said(known.get("site"))),
        ("Siège", _place(known.get("home"))),
        ("Créée en", _said(known.get("created"))),
        *_figures(known.get("published", [])),
    )
    return ((label_, words) for label_, words in rows if words)


def _figures(published: Sequence[Mapping[str, Any]]) -> Iterable[Fact]:
    """What the association accompanies in a year, as its sheet gives it."""
    for row in published:
        who = "Jeunes accompagnés" if row.get("side") == Side.MENTEE else "Mentors engagés"
        places = (
            ("France", row.get("published_national")),
            (_place(row.get("published_local_place")), row.get("published_local")),
        )
        said = [f"{place or 'Ici'}{NBSP}: {number(figure)}" for place, figure in places if figure]
        yield who, " · ".join(said)


def _row(one: Sheet, anchor: str) -> Row:
    room = _room(one.places.get(Side.MENTEE))
    takes = _takes([programme for programme in one.programmes if Side.MENTEE in programme.criteria])
    meetings = dict.fromkeys(_said(programme.told.get("meeting")) for programme in one.programmes)
    return Row(
        name=one.name,
        anchor=anchor,
        takes=takes or ("Des bénévoles seulement",),
        meeting=next((one for one in meetings if one), ""),
        places="—" if room is None else f"{room.figure} ou plus" if room.words.endswith("plus") else room.figure,
        mail=one.mail,
    )


def _takes(programmes: Sequence[ProgrammeTold]) -> tuple[str, ...]:
    """Whom the programmes take, once; each under its name when they differ."""
    taken = [(french(one.name), _taken(one.criteria[Side.MENTEE])) for one in programmes]
    if len({words for _, words in taken}) <= 1:
        return tuple(dict.fromkeys(words for _, words in taken))
    return tuple(dict.fromkeys(f"{name}{NBSP}: {words[:1].lower()}{words[1:]}" for name, words in taken))


def _taken(criteria: Expression) -> str:
    """« de 5 à 18 ans », « de 2de à bac +5 »: what a table has room for; the sheet says the rest."""
    parts = criteria.parts if isinstance(criteria, All) else (criteria,)
    by_kind = {type(part): part for part in parts if isinstance(part, Test)}
    told = [rule(by_kind[kind], {}) for kind in (AgeTest, LevelTest, SituationTest) if kind in by_kind]
    said = ", ".join(_shortened(one) for one in told) or "tous les âges"
    return said[:1].upper() + said[1:]


def _shortened(words: str) -> str:
    """The first alternatives of a long list, whole words only."""
    if len(words) <= MOST_WORDS:
        return words
    return words[:MOST_WORDS].rpartition(", ")[0] + "…"


def _place(code: object) -> str:
    try:
        return label(str(code)) if code else ""
    except UnknownPlaceError:
        return ""


def _said(value: object) -> str:
    """A published fact in words; '' when it is not known."""
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    return french(value) if value not in (None, "") else ""
