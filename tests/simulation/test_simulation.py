"""A thousand small worlds in which everything goes wrong, and what holds all the same."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulation.simulation import simulate

SEEDS = int(os.environ.get("SEEDS", "1000"))
SEED_FROM = int(os.environ.get("SEED_FROM", "0"))
_CHUNKS = 8


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_every_promise_holds_whatever_happens(chunk: int) -> None:
    """Faults, crashes, rivals and lag break none of the invariants, and leave no lasting harm."""
    for seed in range(SEED_FROM + chunk, SEED_FROM + SEEDS, _CHUNKS):
        simulate(seed)


def test_a_seed_replays_exactly() -> None:
    """The same seed makes the same events in the same order, and another seed makes others."""
    digests = [simulate(seed).digest for seed in (7, 7, 8)]

    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_a_seed_replays_exactly_in_another_process() -> None:
    """Neither the order of sets nor anything else of a process takes part."""
    expected = simulate(18).digest
    command = [sys.executable, "-m", "tests.simulation", "--seed", "18"]
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}

    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    assert f"trace {expected}" == told.stdout.splitlines()[-1]
