"""``make simulate``: live through seeds, and say how fast and through what."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.invariants import BrokenInvariantError
from tests.simulation.simulation import Outcome, simulate


def main() -> int:
    """Run the seeds that are asked for; 1 when a promise was broken."""
    arguments = _arguments()
    seeds = range(arguments.seed_from, arguments.seed_from + arguments.seeds)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    began, outcomes, broken = time.perf_counter(), [], 0
    for seed in seeds:
        try:
            outcomes.append(simulate(seed, arguments.functions))
        except BrokenInvariantError as error:
            broken += 1
            sys.stdout.write(f"{error}\n\n")
    _summarise(outcomes, broken, time.perf_counter() - began)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--seed-from", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--functions", type=int, help="in each, instead of 1 to 8")
    return parser.parse_args()


def _summarise(outcomes: list[Outcome], broken: int, seconds: float) -> None:
    functions = sum(each.functions for each in outcomes)
    calls = sum(each.calls for each in outcomes)
    virtual = sum(each.seconds for each in outcomes)
    counts: Counter[str] = sum((each.counts for each in outcomes), Counter())
    sys.stdout.write(
        f"{len(outcomes) + broken} seeds in {seconds:.1f} s, {broken} broken\n"
        f"{functions} functions: {functions / seconds:.0f} a second\n"
        f"{calls} calls: {calls / seconds:.0f} a second\n"
        f"{virtual:.0f} virtual seconds: {virtual / seconds:.0f} a second\n"
    )
    for kind, count in sorted(counts.items(), key=lambda item: str(item[0])):
        sys.stdout.write(f"  {count:7d}  {kind}\n")
    if len(outcomes) == 1:
        sys.stdout.write(f"trace {outcomes[0].digest}\n")


if __name__ == "__main__":
    sys.exit(main())
