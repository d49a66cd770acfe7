"""
The order in which AWS lets the calls be made, for every combination of what can differ.

It is typed from AWS's developer guide, not from the planner:

runtime-management-rollback: "If the $LATEST version of your function is configured to
use Manual mode, then you can't change the CPU architecture or runtime version that your
function uses. To make these changes, you must change to Auto or Function update mode."

The same page: the ARN of one runtime version can vary between CPU architectures. So a
pin for a new architecture cannot go on before the function has it.

runtimes-update: a code update moves the function to the newest runtime version in Auto
and in FunctionUpdate. So a mode goes on before the code where it can: new code never
runs on a runtime that the manifest rules out.

configuration-versions: a version is a snapshot of $LATEST. So publishing comes last.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

UNDECLARED = "undeclared"
LIVE_MODES = ("Auto", "FunctionUpdate", "this pin", "another pin")
DESIRED_MODES = (UNDECLARED, "Auto", "FunctionUpdate", "this pin")
CODES = (UNDECLARED, "same", "new")
ARCHITECTURES = (UNDECLARED, "same", "other")
PUBLISHES = (UNDECLARED, "in sync", "not in sync")

# (declared mode, live mode is Manual, architecture changes): the calls in their order.
# A call is left out where nothing of its kind differs, but for those in brackets.
ORDERS = {
    # What is not declared is not ours; Manual forbids the code, so that nothing is sent.
    (UNDECLARED, False, False): "code publish",
    (UNDECLARED, False, True): "code publish",
    (UNDECLARED, True, False): "code publish",
    (UNDECLARED, True, True): "",
    # "You must change to Auto or Function update mode", and it is what is declared.
    ("Auto", False, False): "put code publish",
    ("Auto", False, True): "put code publish",
    ("Auto", True, False): "put code publish",
    ("Auto", True, True): "put code publish",
    ("FunctionUpdate", False, False): "put code publish",
    ("FunctionUpdate", False, True): "put code publish",
    ("FunctionUpdate", True, False): "put code publish",
    ("FunctionUpdate", True, True): "put code publish",
    # A pin goes on before new code runs, unless it is that of the new architecture.
    ("this pin", False, False): "put code publish",
    ("this pin", False, True): "code put publish",
    ("this pin", True, False): "put code publish",
    # Manual forbids it, and Manual is declared: relaxed for as long as it takes.
    ("this pin", True, True): "[relax] code [put] publish",
}


class Cell(NamedTuple):
    """
    One combination: the live mode, and what is declared beside x86_64 and old code.

    ``publish`` says whether the newest version is what is declared. "This pin" is that
    of one runtime, which has an ARN per architecture.
    """

    live_mode: str
    mode: str
    code: str
    architecture: str
    publish: str

    @property
    def moves(self) -> bool:
        """Whether the architecture changes."""
        return self.architecture == "other"

    @property
    def pinned(self) -> bool:
        """Whether the live mode is Manual."""
        return self.live_mode.endswith("pin")

    @property
    def forbidden(self) -> bool:
        """Whether Manual is in the way and not declared, so that it is not ours to relax."""
        return self.mode == UNDECLARED and self.pinned and self.moves

    @property
    def calls(self) -> list[str]:
        """The writes in their order: relax, put, code, publish."""
        differs = {
            "put": self.mode not in (UNDECLARED, self.live_mode),
            "code": self.code == "new" or self.moves,
            "publish": self.publish == "not in sync",
        }
        words = ORDERS[self.mode, self.pinned, self.moves].split()
        return [word.strip("[]") for word in words if differs.get(word, word.startswith("["))]


CELLS = tuple(
    Cell(*cell) for cell in product(LIVE_MODES, DESIRED_MODES, CODES, ARCHITECTURES, PUBLISHES)
)
