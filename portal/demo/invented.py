"""Names, grounds and kinds of programmes of the associations that do not exist."""

from typing import NamedTuple


class Seed(NamedTuple):
    """One invented association.

    ``home`` is its head office's commune; ``places`` its territories; ``ways`` is "i" in person only, "b" in
    person and remote, "r" remote only; ``themes`` name its programmes.
    """

    name: str
    home: str
    places: tuple[str, ...]
    ways: str
    themes: tuple[str, ...]


def _seed(name: str, home: str, places: str, ways: str, themes: str) -> Seed:
    return Seed(name, f"commune:{home}", tuple(places.split()), ways, tuple(themes.split()))


SEEDS = (
    # All over France, remote or through many branches.
    _seed("Les Allumeurs de lanternes", "75110", "country:FR", "r", "everyone guidance students first-job"),
    _seed("Ricochets et Compagnie", "69387", "country:FR", "b", "youth college women first-job"),
    _seed("La Cabane à cerfs-volants", "44109", "country:FR", "r", "primary family college"),
    _seed("Voix d’équerre", "31555", "country:FR", "r", "vocational apprenticeship entrepreneurs"),
    _seed("Grand Large et Petits Pas", "33063", "country:FR", "r", "everyone higher-education disability insertion"),
    _seed("Les Veilleurs du lundi", "67482", "region:44 region:27 region:28", "b", "youth newcomers care second-chance"),
    # Hauts-de-France, beside the ten of Roubaix.
    _seed("Le Beffroi des possibles", "59350", "epci:200093201", "b", "youth guidance first-job everyone second-chance"),
    _seed("Fils et Navettes", "59599", "epci:200093201", "i", "primary college family"),
    _seed("Terrils en fleurs", "62498", "zone:demo-bassin-minier departement:62", "b", "youth vocational insertion"),
    _seed("La Digue aux étoiles", "59183", "epci:245900428 departement:62", "i", "college guidance apprenticeship"),
    _seed("Picardie à deux voix", "80021", "departement:80 departement:02 departement:60", "b", "youth rural students"),
    # Île-de-France.
    _seed("Un banc pour deux", "93066", "departement:93", "b", "everyone priority-college first-job entrepreneurs"),
    _seed("Les Passerelles du canal", "75119", "zone:demo-nord-parisien", "i", "primary college newcomers"),
    _seed("Quai des grands enfants", "94028", "departement:94 departement:91", "b", "youth family higher-education"),
    _seed("Paris-Tandem imaginaire", "75111", "departement:75", "b", "everyone guidance care"),
    _seed("Lignes d’horizon 78", "78646", "departement:78 departement:95 departement:92", "b", "youth guidance first-job students"),
    _seed("La Malle aux métiers", "77288", "departement:77", "i", "vocational apprenticeship rural"),
    # Auvergne-Rhône-Alpes.
    _seed("La Courte Échelle des canuts", "69381", "epci:200046977", "b", "everyone college first-job care"),
    _seed("Est lyonnais, cap à l’est", "69259", "zone:demo-est-lyonnais", "i", "priority-college insertion women"),
    _seed("Les Compagnons du névé", "38185", "departement:38 departement:73 departement:74", "b", "youth guidance rural"),
    _seed("Volcans et Boussoles", "63113", "departement:63 departement:43 departement:15", "b", "rural students apprenticeship"),
    _seed("Ruban de Loire", "42218", "departement:42 departement:07 departement:26", "b", "youth family first-job"),
    # Provence, Corse.
    _seed("Les Cigales en classe", "13213", "zone:demo-quartiers-nord-marseille", "i", "primary priority-college family"),
    _seed("Calanque des vocations", "13201", "departement:13", "b", "everyone vocational first-job second-chance disability"),
    _seed("Mistral gagne-pain", "84007", "departement:84 departement:83", "b", "youth insertion apprenticeship"),
    _seed("Azur et Compas", "06088", "departement:06", "b", "youth guidance disability"),
    _seed("Hautes Vallées, haute voix", "05061", "zone:demo-hautes-vallees departement:05 departement:04", "b", "rural youth"),
    _seed("Isula à quatre mains", "2A004", "region:94", "b", "everyone guidance"),
    # Occitanie, Nouvelle-Aquitaine.
    _seed("Brique rose et craie blanche", "31555", "departement:31", "b", "everyone college higher-education"),
    _seed("L’Étang et le Phare", "34172", "departement:34 departement:30 departement:66 departement:11", "b", "youth guidance newcomers"),
    _seed("Le Grand Gave", "65440", "departement:65 departement:64 departement:32 departement:09", "b", "youth rural apprenticeship"),
    _seed("Causses toujours tu m’intéresses", "12202", "departement:12 departement:46 departement:81 departement:82 departement:48", "b", "rural students"),
    _seed("Estuaire des curieux", "33063", "departement:33", "b", "everyone college first-job"),
    _seed("La Porcelaine et le Chêne", "87085", "departement:87 departement:19 departement:23 departement:24", "b", "youth rural"),
    _seed("Marais, mât, mentor", "17300", "departement:17 departement:79 departement:86 departement:16 departement:85", "b", "youth vocational guidance"),
    # Bretagne, Pays de la Loire, Normandie, Centre.
    _seed("Les Goélands studieux", "35238", "departement:35 departement:22", "b", "youth college students"),
    _seed("Finistère des commencements", "29019", "departement:29 departement:56", "b", "youth rural women"),
    _seed("L’Éléphant de papier", "44109", "departement:44 departement:49", "b", "everyone first-job higher-education"),
    _seed("Pommiers et Palier", "14118", "departement:14 departement:50 departement:61", "b", "youth guidance"),
    _seed("Cent clochers, mille chemins", "76540", "departement:76 departement:27", "b", "youth vocational insertion"),
    _seed("Sillons de Beauce et de Sologne", "45234", "region:24 departement:72", "b", "youth rural apprenticeship"),
    # Grand Est, Bourgogne-Franche-Comté.
    _seed("Les Cigognes polyglottes", "67482", "departement:67 departement:68", "b", "everyone newcomers first-job"),
    _seed("Mirabelle et Tournevis", "54395", "departement:54 departement:57 departement:88", "b", "youth vocational"),
    _seed("Comté d’idées", "25056", "region:27", "b", "youth entrepreneurs"),
    # Overseas.
    _seed("Lagon, lagune et lumière", "97411", "departement:974 departement:976", "b", "everyone insertion"),
    _seed("Les Alizés complices", "97209", "departement:972 departement:971 departement:973", "b", "everyone first-job"),
)  # fmt: skip
