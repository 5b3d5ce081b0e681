"""Free ports on this machine's loopback: nobody else on the network sees the demonstration."""

import socket
from collections.abc import Iterable

from portal.local.layout import SetupError

WEB = 8000
SMTP = 1025
TRIES = 50
HIGHEST = 65535


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LOOPBACK = ("127.0.0.1", "::1") if has_ipv6() else ("127.0.0.1",)  # browsers may try either for localhost


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def is_free(port: int) -> bool:
    try:
        for address in LOOPBACK:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            socket.create_server((address, port), family=family).close()
    except OSError:
        return False
    return True


def first_free(ports: Iterable[int]) -> int:
    for port in ports:
        if is_free(port):
            return port
    raise SetupError("No free port was found: choose one with PORT=…")


def web_port(asked: str | None) -> int:
    """The port asked for or nothing; without a wish, 8000 or the next free one."""
    if not asked:
        return first_free(range(WEB, WEB + TRIES))
    if not asked.isdecimal() or not 0 < int(asked) <= HIGHEST:
        raise SetupError(f"PORT={asked} is no port: give a number from 1 to 65535.")
    if not is_free(int(asked)):
        raise SetupError(f"Port {asked} is taken by another program: stop it, or choose another with PORT=…")
    return int(asked)


def smtp_port() -> int:
    """One that nobody chooses by habit: two demonstrations started together must never share a mailbox."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
