"""The demo logins, printed by make run; their secrets are public, so production refuses to start with them."""

from collections.abc import Callable
from uuid import UUID

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.operations.second_factor import COLUMN, STEP_SECONDS, code_of, step_at

PASSWORD = "trois-chemins-vers-un-mentor"  # noqa: S105 - public on purpose
TOTP_SECRET = "MENTORATDEMO2345MENTORATDEMO2345"  # noqa: S105 - likewise: every demo account has this one
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
    echo("  Code à 6 chiffres       make demo-code")


def print_code(echo: Callable[[str], object]) -> None:
    """The code of now, the same for every demo account, and how long it still shows."""
    now = clock.now()
    left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
    echo(f"{code_of(TOTP_SECRET, step_at(now))}  (encore {left} s; chaque compte ne s’en sert qu’une fois)")


def sealed_secret(account_id: UUID) -> bytes:
    """The known secret, as the account keeps it."""
    return vault().seal(TOTP_SECRET.encode(), column=COLUMN, row=account_id)
