from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from reconciler.report.style import Colour, Style, wants_colour

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stream(io.StringIO):
    """A stream that is a terminal, or is none."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Say what was given."""
        return self._terminal


ENVIRONMENTS = [
    # id, environment, in a pipe, on a terminal
    ("nothing", {}, False, True),
    ("no-color", {"NO_COLOR": "1"}, False, False),
    ("no-color-any-value", {"NO_COLOR": "0"}, False, False),
    ("no-color-empty", {"NO_COLOR": ""}, False, True),
    ("force", {"FORCE_COLOR": "1"}, True, True),
    ("force-empty", {"FORCE_COLOR": ""}, False, True),
    ("clicolor-force", {"CLICOLOR_FORCE": "1"}, True, True),
    ("clicolor-force-zero", {"CLICOLOR_FORCE": "0"}, False, True),
    ("no-color-wins", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
    ("dumb", {"TERM": "dumb"}, False, False),
    ("dumb-forced", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ("xterm", {"TERM": "xterm-256color"}, False, True),
]


@pytest.mark.parametrize(
    ("environment", "in_pipe", "on_terminal"),
    [item[1:] for item in ENVIRONMENTS],
    ids=[item[0] for item in ENVIRONMENTS],
)
def test_auto_asks_the_environment_and_then_the_stream(
    environment: Mapping[str, str], *, in_pipe: bool, on_terminal: bool
) -> None:
    """NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then whether a person looks."""
    assert in_pipe is wants_colour("auto", Stream(terminal=False), environment)
    assert on_terminal is wants_colour("auto", Stream(terminal=True), environment)


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize(
    "environment",
    [item[1] for item in ENVIRONMENTS],
    ids=[item[0] for item in ENVIRONMENTS],
)
def test_the_flag_wins_over_everything(environment: Mapping[str, str], *, terminal: bool) -> None:
    """Who says always or never has said it last."""
    stream = Stream(terminal=terminal)
    assert wants_colour("always", stream, environment)
    assert not wants_colour("never", stream, environment)


def test_paint() -> None:
    """A colour is ended where it was begun, and left out where none is wanted."""
    assert "\x1b[31mx\x1b[0m" == Style(coloured=True).paint(Colour.RED, "x")
    assert "x" == Style(coloured=False).paint(Colour.RED, "x")
