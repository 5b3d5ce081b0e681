"""`make demo-reset`: forget the demonstration's data, keys and mails; the next `make run` makes them anew."""

import os
import shutil
import sys

from portal.local.keys import FILE
from portal.local.layout import SetupError, default_data, layout_of
from portal.local.lock import TakenError, locked

MADE_BY_US = ("postgres", "postgres.unfinished", "sockets", "control", "log", "mail")


def reset() -> None:
    """Only what we made: a DATA_DIR that holds anything else keeps it."""
    if "DATABASE_URL" in os.environ:
        raise SetupError("DATABASE_URL names a database of yours: empty it yourself, we never do.")
    layout = layout_of(default_data(os.environ))
    if not layout.data.exists():
        return
    with locked(layout.data):
        for name in MADE_BY_US:
            shutil.rmtree(layout.data / name, ignore_errors=True)
            shutil.rmtree(layout.servers / name, ignore_errors=True)
        (layout.data / FILE).unlink(missing_ok=True)


def main() -> int:
    try:
        reset()
    except TakenError:
        print("The portal is running: stop it first (Ctrl-C where it runs).")
    except SetupError as error:
        print(error)
    else:
        print("Forgotten. `make run` starts from nothing.")
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
