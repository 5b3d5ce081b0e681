"""The sixty associations of the demonstration: fourteen that exist, forty-six that do not."""

from functools import cache
from random import Random

from matching.vocabulary import Modality, Side
from portal.demo.contacts import coordinators, fictional_landline
from portal.demo.criteria import Criteria, either, every, modality, territory
from portal.demo.geography import share_of
from portal.demo.invented import SEEDS, Seed
from portal.demo.roubaix import founders_without_facts, roubaix_associations
from portal.demo.seeds import chance, happens, shares
from portal.demo.sheets import DemoAssociation, DemoCapacity, DemoObjective, DemoProgramme
from portal.demo.themes import THEMES, Theme
from portal.places import COUNTRY, PlaceKind, commune, commune_codes_of, kind_of, place_code
from portal.places.folding import fold

DEMAND = {Side.MENTEE: 10_041, Side.MENTOR: 5_959}
OBJECTIVES_PER_CENT = 85
INVENTED = "Association inventée pour la démonstration."
SOURCE = "Démonstration"

_IN_PERSON_ODDS, _REMOTE_ODDS = 0.87, 0.62
_MORE_ROOM_THAN_OBJECTIVE = 1.1
_REMOTE_ROOM = 0.35
_LEAST_PLACES = 3
_PART = 0.7

_HERE, _BOTH, _FAR = Modality.IN_PERSON, Modality.HYBRID, Modality.REMOTE
_MEETINGS = {
    (_FAR,): "À distance",
    (_HERE,): "En présentiel",
    (_HERE, _BOTH): "En présentiel, avec des échanges à distance",
    (_HERE, _FAR): "En présentiel ou à distance",
    (_HERE, _BOTH, _FAR): "En présentiel, à distance, ou les deux",
}

Grounds = tuple[str, ...]


@cache
def demo_associations(seed: int) -> tuple[DemoAssociation, ...]:
    """Make all sixty, always the same for one seed; objectives add up to 85 % of demand, per side."""
    published = roubaix_associations()
    targets = {side: _targets(seed, side, published) for side in Side}
    invented = [_association(each, seed, {side: targets[side][at] for side in Side}) for at, each in enumerate(SEEDS)]
    return (*published, *founders_without_facts(), *invented)


def _targets(seed: int, side: Side, published: list[DemoAssociation]) -> list[int]:
    """Share what the published capacities leave of 85 % of the demand, by rough reach."""
    left = DEMAND[side] * OBJECTIVES_PER_CENT // 100 - sum(each.objective(side) for each in published)
    random = chance("objectives", seed, side.value)
    return shares(left, [_reach(each, side) ** 0.8 * random.uniform(0.75, 1.3) for each in SEEDS])


def _reach(each: Seed, side: Side) -> float:
    here = _IN_PERSON_ODDS * share_of(frozenset(each.places)) if each.ways != "r" else 0.0
    remote = _REMOTE_ODDS * share_of(frozenset(_remote_ground(each))) if each.ways != "i" else 0.0
    fit = 1.0
    for theme in each.themes:
        fit *= 1 - (THEMES[theme].mentee_share if side is Side.MENTEE else THEMES[theme].mentor_share)
    return (1 - fit) * max(here, remote, 0.7 * (here + remote))


def _association(each: Seed, seed: int, targets: dict[Side, int]) -> DemoAssociation:
    key = fold(each.name).replace(" ", "-")
    random = chance("association", seed, key)
    programmes = _programmes(each, key, random)
    return DemoAssociation(
        key=key,
        name=each.name,
        summary=f"{INVENTED} {programmes[0].summary}",
        founder=False,
        invented=True,
        created=random.randint(1984, 2020),
        site="",
        home=each.home,
        territories=each.places,
        contact_email=f"contact.{key}@example.org",
        contact_phone=fictional_landline(key, each.home),
        coordinators=coordinators(key),
        programmes=programmes,
        capacities=tuple(row for side in Side for row in _capacities(each, side, targets[side], random)),
        objectives=tuple(DemoObjective(side, targets[side]) for side in Side),
        source=SOURCE,
    )


def _programmes(each: Seed, key: str, random: Random) -> tuple[DemoProgramme, ...]:
    return tuple(
        _programme(each, f"{key}-{number}", THEMES[theme], random, whole=number == 1)
        for number, theme in enumerate(each.themes, start=1)
    )


def _programme(each: Seed, key: str, theme: Theme, random: Random, *, whole: bool) -> DemoProgramme:
    ways = _ways(each, random)
    ground = each.places if whole else _ground(each, random)
    meeting = _meeting(ground, _remote_ground(each), ways)
    return DemoProgramme(
        key=key,
        name=random.choice(theme.names),
        summary=theme.summary,
        mentee_criteria=every(*theme.mentees, *meeting),
        mentor_criteria=every(*theme.mentors, *meeting),
        mentors_wanted=theme.mentors_wanted,
        duration=theme.duration,
        frequency=theme.frequency,
        meeting=_MEETINGS[ways],
        modalities=ways,
        source=SOURCE,
    )


def _ways(each: Seed, random: Random) -> tuple[Modality, ...]:
    match each.ways:
        case "r":
            return (_FAR,)
        case "i":
            return random.choice(((_HERE,), (_HERE, _BOTH)))
    return random.choice(((_HERE, _BOTH, _FAR), (_HERE, _BOTH, _FAR), (_HERE, _FAR), (_HERE, _BOTH)))


def _ground(each: Seed, random: Random) -> Grounds:
    """The whole ground mostly; now and then one of its places, or what surrounds the head office."""
    if each.ways == "r" or happens(random, 0.7):
        return each.places
    return (random.choice(each.places),) if happens(random, 0.5) else _surroundings(each) or each.places


def _surroundings(each: Seed) -> Grounds:
    """What surrounds the head office, when that is a part of the ground only; else nothing."""
    around = place_code(PlaceKind.EPCI, commune(each.home.partition(":")[2]).epci)
    part = share_of(frozenset({around})) < _PART * share_of(frozenset(each.places))
    return (around,) if part and around not in each.places else ()


def _remote_ground(each: Seed) -> Grounds:
    """Remote reaches the régions around, or the whole country for those who only meet remotely."""
    if each.ways == "r" or COUNTRY in each.places:
        return (COUNTRY,)
    return tuple(sorted({_region_of(place) for place in each.places}))


@cache
def _region_of(place: str) -> str:
    if kind_of(place) is PlaceKind.REGION:
        return place
    return place_code(PlaceKind.REGION, commune(commune_codes_of(place)[0]).region)


def _meeting(ground: Grounds, remote_ground: Grounds, ways: tuple[Modality, ...]) -> list[Criteria]:
    """Tests to add to the others: in person on the ground, or remote, each in a branch of its own."""
    here = tuple(way for way in ways if way is not Modality.REMOTE)
    branches = [[modality(*here), territory(ground)]] if here else []
    if Modality.REMOTE in ways:
        far = [] if COUNTRY in remote_ground else [territory(remote_ground)]
        branches.append([modality(Modality.REMOTE), *far])
    return branches[0] if len(branches) == 1 else [either(*(every(*branch) for branch in branches))]


def _capacities(each: Seed, side: Side, target: int, random: Random) -> list[DemoCapacity]:
    or_more = happens(random, 0.08)
    room = target * _MORE_ROOM_THAN_OBJECTIVE * random.uniform(0.85, 1.25)
    if each.ways == "r":
        return [_row(side, "remote", room, or_more=or_more)]
    places = _rows_of(each, random)
    weights = [share_of(frozenset({place})) for place in places]
    rows = [
        _row(side, place, room * w / sum(weights), or_more=or_more) for place, w in zip(places, weights, strict=True)
    ]
    return rows if each.ways == "i" else [*rows, _row(side, "remote", room * _REMOTE_ROOM, or_more=or_more)]


def _rows_of(each: Seed, random: Random) -> Grounds:
    return (*each.places, *_surroundings(each)) if happens(random, 0.35) else each.places


def _row(side: Side, place: str, places: float, *, or_more: bool) -> DemoCapacity:
    return DemoCapacity(side, place, max(_LEAST_PLACES, round(places)), or_more)
