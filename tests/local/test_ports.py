import socket
from collections.abc import Iterator

import pytest

from portal.local import ports
from portal.local.layout import SetupError
from portal.local.ports import first_free, is_free, web_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_seen(taken: int) -> None:
    assert not is_free(taken)


def test_a_port_taken_on_the_newer_protocol_alone_is_seen() -> None:
    if "::1" not in ports.LOOPBACK:
        assert not ports.has_ipv6()
        return
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert not is_free(server.getsockname()[1])


def test_a_chosen_port_that_is_taken_is_refused_with_a_way_out(taken: int) -> None:
    with pytest.raises(SetupError, match=rf"Port {taken} is taken.*PORT="):
        web_port(str(taken))


@pytest.mark.parametrize("asked", ["abc", "0", "65536", "-1", "80 80"])
def test_nonsense_is_no_port(asked: str) -> None:
    with pytest.raises(SetupError, match="is no port"):
        web_port(asked)


def test_without_a_wish_the_next_free_port_is_taken(taken: int) -> None:
    free = first_free([taken, *range(20000, 20050)])
    assert free != taken


def test_when_nothing_is_free_it_says_so(taken: int) -> None:
    with pytest.raises(SetupError, match="No free port"):
        first_free([taken])
