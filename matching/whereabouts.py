"""Places in a French sentence: « à Roubaix », « au Havre », « dans le Nord », « en Bretagne », and « hors du Nord »."""

from collections.abc import Mapping

VOWELS = frozenset("aeiouyàâéèêëîïôûœAEIOUYÀÂÉÈÊËÎÏÔÛŒ")
NBSP = "\u00a0"
# A département or a region takes its preposition by use, not by rule; those that are not here take « en ».
_CODES: Mapping[str, tuple[str, ...]] = {
    "dans le": (
        "departement:14", "departement:15", "departement:18", "departement:25", "departement:29", "departement:30",
        "departement:32", "departement:39", "departement:45", "departement:46", "departement:56", "departement:59",
        "departement:62", "departement:63", "departement:67", "departement:68", "departement:69", "departement:81",
        "departement:83", "departement:84", "departement:90", "departement:94", "departement:95", "region:44",
    ),
    "dans l’": (
        "departement:01", "departement:02", "departement:03", "departement:09", "departement:10", "departement:11",
        "departement:12", "departement:27", "departement:34", "departement:36", "departement:60", "departement:61",
        "departement:89", "departement:91",
    ),
    "dans la": (
        "departement:42", "departement:50", "departement:51", "departement:55", "departement:58", "departement:72",
        "departement:80", "departement:86",
    ),
    "dans les": (
        "departement:04", "departement:05", "departement:06", "departement:08", "departement:13", "departement:22",
        "departement:40", "departement:64", "departement:65", "departement:66", "departement:78", "departement:79",
        "departement:88", "departement:92", "region:32", "region:52",
    ),
    "à": ("departement:75", "departement:974", "departement:976", "region:04", "region:06"),
}  # fmt: skip
_PREPOSITION = {code: preposition for preposition, codes in _CODES.items() for code in codes}
_OUTSIDE = {"dans le": "du ", "dans l’": "de l’", "dans la": "de la ", "dans les": "des ", "au": "du ", "aux": "des "}
_CONTRACTED = {"Le ": "au", "Les ": "aux"}
_NAMED = {"epci": "l’intercommunalité", "zone": "la zone"}


def inside(code: str, name: str) -> str:
    """« à Roubaix », « aux Ulis », « dans le Nord », « dans la zone « Cité éducative de Roubaix » »."""
    preposition, bare = _taken(code, name)
    return f"{preposition}{'' if preposition.endswith('’') else ' '}{bare}"


def outside(code: str, name: str) -> str:
    """« de Roubaix », « d’Amiens », « des Ulis », « du Nord », as after « hors »."""
    preposition, bare = _taken(code, name)
    elided = "d’" if bare[:1] in VOWELS else "de "
    return _OUTSIDE.get(preposition, elided) + bare


def _taken(code: str, name: str) -> tuple[str, str]:
    """The preposition and the name that follows it."""
    kind = code.partition(":")[0]
    if kind in _NAMED:
        return "dans", f"{_NAMED[kind]} «{NBSP}{name}{NBSP}»"
    if kind == "commune":
        for article, contracted in _CONTRACTED.items():
            if name.startswith(article):
                return contracted, name.removeprefix(article)
        return "à", name
    return _PREPOSITION.get(code, "en"), name
