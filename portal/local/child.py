"""Become another program: under another account if asked, and never outliving the parent.

Run by its path, before anything is installed: standard library only.
`child.py SIGNAL -- PROGRAM…` or `child.py SIGNAL ACCOUNT -- PROGRAM…`.
With an account, the program sees no secret of ours: its environment is reduced to what any program needs.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
HARMLESS = ("PATH", "LANG", "LC_ALL", "TZ")


def become(account: str) -> None:
    entry = pwd.getpwnam(account)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.umask(0o077)
    os.chdir("/")


def die_with_parent(signal_name: str) -> None:
    """Must follow any change of account: the kernel forgets the wish then."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.Signals[f"SIG{signal_name}"].value, 0, 0, 0)


def main(arguments: list[str]) -> None:
    mark = arguments.index("--")
    signal_name, *account = arguments[:mark]
    program = arguments[mark + 1 :]
    environment = dict(os.environ)
    if account:
        environment = {name: value for name, value in os.environ.items() if name in HARMLESS}
    if account and os.geteuid() == 0:
        become(account[0])
    die_with_parent(signal_name)
    os.execve(program[0], program, environment)


if __name__ == "__main__":
    main(sys.argv[1:])
