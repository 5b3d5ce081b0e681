"""How much memory and time one document may take, and how the press says that it was not enough."""

import resource

MEMORY_BYTES = 2_000_000_000
PROCESSOR_SECONDS = 90
TOO_BIG = 4  # exit code


def bound() -> None:
    """From here on this process can neither swell nor run for ever."""
    for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, PROCESSOR_SECONDS)):
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))
