"""What a bench comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One measurement: ``measured`` over ``floor``, which is to be ``limit`` at most.

    Without a floor it is ``measured`` itself. Without a limit it is only shown. ``skipped``
    says why there is none.
    """

    name: str
    measured: float = 0.0
    floor: float | None = None
    limit: float | None = None
    unit: str = "s"
    note: str = ""
    skipped: str = ""

    @property
    def value(self) -> float:
        """What is held against the limit."""
        return self.measured if self.floor is None else self.measured / self.floor

    @property
    def verdict(self) -> str:
        """Say how it ended."""
        if self.skipped:
            return "skipped"
        if self.limit is None:
            return "shown"
        return "pass" if self.value <= self.limit else "FAIL"

    def document(self) -> dict[str, Any]:
        """Give it for JSON."""
        return asdict(self) | {"value": round(self.value, 4), "verdict": self.verdict}


def table(figures: Iterable[Figure]) -> str:
    """Lay figures out for people."""
    rows = [("figure", "measured", "floor", "value", "limit", "")]
    rows += [
        (
            figure.name,
            "" if figure.skipped else f"{figure.measured:,.2f} {figure.unit}".rstrip(),
            "" if figure.floor is None else f"{figure.floor:,.2f}",
            "" if figure.skipped else f"{figure.value:,.2f}",
            "" if figure.limit is None else f"{figure.limit:,.2f}",
            f"{figure.verdict}  {figure.skipped or figure.note}".rstrip(),
        )
        for figure in figures
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers, verdict = row
    cells = [text.rjust(width) for text, width in zip(numbers, widths[1:], strict=False)]
    return "  ".join([name.ljust(widths[0]), *cells, verdict]).rstrip()
