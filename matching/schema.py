"""The JSON Schema (2020-12) of what the command line reads and writes."""

from matching.decision import Why
from matching.ranking import PolicyName, TieBreak
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

TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
PLACE: Schema = {"type": "string", "pattern": f"^({'|'.join(PLACE_KINDS)}):.+$"}
CRITERIA: Schema = {"$ref": "#/$defs/criteria"}
SOME = "anyOf"


def one_of(words: type[Word]) -> Schema:
    return {"enum": [word.value for word in words]}


def list_of(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


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


def any_of(code: str, items: Schema) -> Schema:
    return leaf(code, ("any_of",), any_of=list_of(items, 1))


def criteria() -> Schema:
    parts = list_of(CRITERIA)
    level = {"from": one_of(StudyLevel), "to": one_of(StudyLevel)}
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
            leaf("age", min=COUNT, max=COUNT),
            leaf("level", **level),
            leaf("months", ("min",), min={"type": "integer", "minimum": 1}),
            leaf("hours_a_month", ("min",), min={"type": "integer", "minimum": 1}),
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


def programme() -> Schema:
    period = record(**{"from": DAY, "until": DAY})
    return record(
        ("id", "association", "side"),
        id=TEXT,
        association=TEXT,
        side=one_of(Side),
        version=COUNT,
        name={"type": "string"},
        criteria=CRITERIA,
        pauses=list_of(period),
        intake=period,
    )


def standing() -> Schema:
    rows = map_of(record(("declared",), declared=COUNT, taken=COUNT, or_more=FLAG))
    start: Schema = {SOME: [COUNT, {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}]}
    association = record(
        committed=COUNT,
        objective=COUNT,
        virtual_start=start,
        reach=COUNT,
        last_served=MOMENT,
        stop_at_objective=FLAG,
        places=rows,
    )
    own = record(committed=COUNT, weight={"type": "integer", "minimum": 1}, last_served=MOMENT, places=rows)
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


def schema() -> Schema:
    """Under `$defs`: the programmes file, one line of the requests file, one line of the output."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "programmes_file": programmes_file(),
            "request_line": record(("profile", "at"), profile=profile(), already_tried=list_of(TEXT), at=MOMENT),
            "decision_line": decision(),
            "criteria": criteria(),
        },
    }
