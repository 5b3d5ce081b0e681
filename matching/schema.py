"""The JSON Schema (2020-12) of what the command line reads and writes."""

from matching.comparison import COMPARED, COUNTS, MEASURES
from matching.decision import Why
from matching.ranking import PolicyName, TieBreak
from matching.reading import MOST_COUNTED, UNWRITABLE
from matching.season import End
from matching.standing import MOST_WRITTEN
from matching.vocabulary import (
    PLACE_KINDS,
    Channel,
    Modality,
    Need,
    Public,
    ReferrerType,
    Side,
    Situation,
    StudyLevel,
    Word,
)

Schema = dict[str, object]

WRITABLE: Schema = {"not": {"pattern": UNWRITABLE.pattern}}
TEXT: Schema = {"type": "string", "minLength": 1, **WRITABLE}
NUMBER: Schema = {"type": "integer", "minimum": 0}
COUNT: Schema = {**NUMBER, "maximum": MOST_COUNTED}
MEASURE: Schema = {"type": ["number", "null"]}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10}
MOMENT: Schema = {"type": "string", "format": "date-time"}
PLACE: Schema = {"type": "string", "pattern": f"^({'|'.join(PLACE_KINDS)}):.+$", **WRITABLE}
CRITERIA: Schema = {"$ref": "#/$defs/criteria"}
SOME = "anyOf"


def one_of(words: type[Word]) -> Schema:
    return {"enum": [word.value for word in words]}


def list_of(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


def tuple_of(*items: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": len(items)}


def map_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def unknown_or(schema: Schema) -> Schema:
    return {SOME: [schema, {"type": "null"}]}


def record(required: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """A closed object; a field that is not required may be null."""
    properties = {name: each if name in required else unknown_or(each) for name, each in fields.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def leaf(code: str, required: tuple[str, ...] = (), /, **bounds: Schema) -> Schema:
    return record(("test", *required), test={"const": code}, **bounds)


def bounded(code: str, lowest: str, highest: str, bound: Schema) -> Schema:
    """One bound at least."""
    return {SOME: [leaf(code, (one,), **{lowest: bound, highest: bound}) for one in (lowest, highest)]}


def any_of(code: str, items: Schema) -> Schema:
    return leaf(code, ("any_of",), any_of=list_of(items, 1))


def criteria() -> Schema:
    parts = list_of(CRITERIA)
    least: Schema = {**COUNT, "minimum": 1}
    return {
        SOME: [
            record(("all",), all=parts),
            record(("any",), any=parts),
            record(("not",), **{"not": CRITERIA}),
            any_of("channel", one_of(Channel)),
            any_of("referrer_type", one_of(ReferrerType)),
            any_of("establishment", TEXT),
            any_of("situation", one_of(Situation)),
            any_of("need", one_of(Need)),
            any_of("public", one_of(Public)),
            any_of("territory", PLACE),
            any_of("modality", one_of(Modality)),
            bounded("age", "min", "max", COUNT),
            bounded("level", "from", "to", one_of(StudyLevel)),
            leaf("months", ("min",), min=least),
            leaf("hours_a_month", ("min",), min=least),
            leaf("available_by", ("date",), date=DAY),
        ]
    }


def profile() -> Schema:
    return record(
        ("key", "side"),
        key=TEXT,
        side=one_of(Side),
        channel=one_of(Channel),
        referrer_type=one_of(ReferrerType),
        establishment={"type": "string"},
        establishment_name={"type": "string"},
        age=COUNT,
        situations=list_of(one_of(Situation)),
        level=one_of(StudyLevel),
        needs=list_of(one_of(Need)),
        publics={
            "type": "object",
            "propertyNames": one_of(Public),
            "additionalProperties": unknown_or(FLAG),
        },
        places=list_of(TEXT),
        home={"type": "string"},
        modalities=list_of(one_of(Modality)),
        months=COUNT,
        hours_a_month=COUNT,
        available_from=DAY,
    )


PERIOD: Schema = record(**{"from": DAY, "until": DAY})


def programme() -> Schema:
    return record(
        ("id", "association", "side"),
        id=TEXT,
        association=TEXT,
        side=one_of(Side),
        version=COUNT,
        name={"type": "string"},
        criteria=CRITERIA,
        pauses=list_of(PERIOD),
        intake=PERIOD,
    )


def standing() -> Schema:
    rows = map_of(record(("declared",), declared=NUMBER, taken=NUMBER, or_more=FLAG))
    written: Schema = {**NUMBER, "maximum": MOST_WRITTEN}
    ratio: Schema = {SOME: [written, tuple_of(written, {**written, "minimum": 1})]}
    association = record(
        committed=COUNT,
        objective=COUNT,
        virtual_start=ratio,
        reach=COUNT,
        last_served=MOMENT,
        stop_at_objective=FLAG,
        places=rows,
        level=ratio,
    )
    own = record(committed=COUNT, weight={**COUNT, "minimum": 1}, last_served=MOMENT, places=rows)
    return record(associations=map_of(association), programmes=map_of(own))


def programmes_file() -> Schema:
    by_side = {side.value: standing() for side in Side}
    return record(
        ("programmes",),
        programmes=list_of(programme()),
        names=map_of({"type": "string"}),
        standing=record(**by_side),
    )


def decision() -> Schema:
    return {
        "type": "object",
        "required": ["request", "kind", "at", "policy", "eligible", "to_verify", "digest"],
        "properties": {
            "request": TEXT,
            "kind": {"enum": ["placed", "waitlisted", "unroutable"]},
            "at": MOMENT,
            "policy": record(
                ("name", "version", "hops", "seed"),
                name=one_of(PolicyName),
                version=COUNT,
                hops=COUNT,
                seed=COUNT,
            ),
            "eligible": list_of(TEXT),
            "to_verify": list_of(TEXT),
            "association": TEXT,
            "programme": TEXT,
            "certain": FLAG,
            "way": {"enum": [Modality.IN_PERSON.value, Modality.REMOTE.value]},
            "place": TEXT,
            "tie_break": one_of(TieBreak),
            "ranking": list_of(TEXT),
            "why": one_of(Why),
            "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "explanation": {"type": "object"},
        },
    }


def replay_line() -> Schema:
    """One request, with what became of its offers; `after` in seconds."""
    recorded = record(("association", "end"), association=TEXT, end=one_of(End), after=NUMBER)
    return record(
        ("profile", "at"), profile=profile(), already_tried=list_of(TEXT), at=MOMENT, recorded=list_of(recorded)
    )


def changes() -> Schema:
    """What a replay tries; `declared` left out or null takes a row of capacity away."""
    row = record(("association", "place"), association=TEXT, programme=TEXT, place=TEXT, declared=COUNT, or_more=FLAG)
    return record(
        policy=record(name=one_of(PolicyName), hops={**NUMBER, "minimum": 1}, seed=NUMBER),
        objectives=map_of(COUNT),
        capacities=list_of(row),
        criteria=map_of(CRITERIA),
        pauses=map_of(list_of(PERIOD)),
        intake=map_of(unknown_or(PERIOD)),
    )


def figures() -> Schema:
    counts, measures = dict.fromkeys(COUNTS, NUMBER), dict.fromkeys(MEASURES, MEASURE)
    unroutable: Schema = {"type": "object", "propertyNames": one_of(Why), "additionalProperties": NUMBER}
    fields: dict[str, Schema] = {"policy": one_of(PolicyName), **counts, "unroutable": unroutable, **measures}
    return record(tuple(fields), **fields)


def comparison() -> Schema:
    """Two lives of one season. A difference is lowest, median and highest over the seeds; a move is key, from, to."""
    pair, interval = tuple_of(COUNT, COUNT), tuple_of(MEASURE, MEASURE, MEASURE)
    fields: dict[str, Schema] = {
        "requests": NUMBER,
        "seeds": {**NUMBER, "minimum": 1},
        "before": figures(),
        "after": figures(),
        "differences": record(COMPARED, **dict.fromkeys(COMPARED, interval)),
        "associations": list_of(record(("id", "before", "after"), id=TEXT, before=pair, after=pair)),
        "lost": list_of(TEXT),
        "gained": list_of(TEXT),
        "moved": list_of(tuple_of(TEXT, unknown_or(TEXT), unknown_or(TEXT))),
        "same_as_recorded": record(("same", "of"), same=NUMBER, of=NUMBER),
    }
    return record(tuple(fields), **fields)


def schema() -> Schema:
    """Under `$defs`: what the commands `route` and `replay` read, and one line of what each writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "programmes_file": programmes_file(),
            "request_line": record(("profile", "at"), profile=profile(), already_tried=list_of(TEXT), at=MOMENT),
            "decision_line": decision(),
            "replay_line": replay_line(),
            "change_file": changes(),
            "comparison_line": comparison(),
            "criteria": criteria(),
        },
    }
