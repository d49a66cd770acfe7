"""What became of a mutant."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """Tests failed, the type checker refused it, or nothing noticed."""

    FOUND = "found by tests"
    TYPED = "found by types"
    SURVIVED = "survived"
