import sys
from functools import partial
from hypothesis import settings, Phase, seed
from hypothesis.stateful import run_state_machine_as_test
from tests.stateful.machine import LifeOfARequest
from tests.stateful.test_life_of_a_request import LIFE, undo_window
import os
def test_dev(undo_window, arrange, owner):
    phases=[Phase.generate]+([Phase.shrink] if os.environ.get("SHRINK") else [])
    run_state_machine_as_test(partial(LifeOfARequest, arrange, owner), settings=settings(LIFE, max_examples=int(os.environ.get("N","12")), stateful_step_count=int(os.environ.get("S","30")), phases=phases, report_multiple_bugs=False))
