"""A process that makes the files it is told of: python -m tests.concurrency.morning_maker ID…, once a line comes in."""

import sys

from portal.app import create_app
from portal.jobs.morning import make


def act(file_ids: list[str]) -> None:
    with create_app().app_context():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for file_id in file_ids:
            make(file_id)


if __name__ == "__main__":
    act(sys.argv[1:])
