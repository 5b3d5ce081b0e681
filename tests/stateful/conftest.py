"""Promises are asserted in modules of their own; pytest is told to show what differs in them too."""

import pytest

pytest.register_assert_rewrite(
    "tests.stateful.promises", "tests.stateful.rounds", "tests.stateful.timetable", "tests.stateful.machine"
)
