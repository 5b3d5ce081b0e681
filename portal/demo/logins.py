"""The demo logins, printed by make run; their password is public, so production refuses to start with them."""

from collections.abc import Callable

PASSWORD = "trois-chemins-vers-un-mentor"  # noqa: S105 - public on purpose
STAFF = (("samir.aubert@collectif.example.org", "Samir Aubert"), ("ines.roche@collectif.example.org", "Inès Roche"))
COORDINATORS = {
    "proxite": ("claire.vasseur@proxite.example.org", "Claire Vasseur"),
    "duo-for-a-job": ("yann.lemaire@duo.example.org", "Yann Lemaire"),
    "ricochets-et-compagnie": ("aicha.benali@ricochets.example.org", "Aïcha Benali"),
}
NETWORK_MAIL = "nadia.ferrand@roubaix.example.org"
NETWORK = ("afev", "telemaque", "proxite")


def print_logins(echo: Callable[[str], object]) -> None:
    """One line a login, for the terminal."""
    for mail, name in STAFF[:1]:
        echo(f"  Équipe du Collectif     {mail:40} {name}")
    for mail, name in COORDINATORS.values():
        echo(f"  Association             {mail:40} {name}")
    echo(f"  Plusieurs associations  {NETWORK_MAIL:40} Nadia Ferrand")
    echo(f"  Mot de passe de tous    {PASSWORD}")
