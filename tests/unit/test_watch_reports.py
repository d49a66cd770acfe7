"""What a watch writes while several rounds and tries end at the same time."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

from reconciler import fleet
from reconciler.cli import watching
from reconciler.cli.watching import Teller
from tests.unit.builders import run

if TYPE_CHECKING:
    import pytest

    from reconciler.cli.reports import Reports
    from reconciler.model import RunResult

LIMIT = 20


class Writing:
    """Reports that take until somebody reads them."""

    def __init__(self) -> None:
        self.read = threading.Event()
        self.writing = self.most = self.written = 0

    def round_finished(self, _: fleet.Round) -> None:
        """Have no events."""

    def show(self, _: RunResult) -> None:
        """Write one."""
        self.writing += 1
        self.most = max(self.most, self.writing)
        assert self.read.wait(LIMIT)
        self.written += 1
        self.writing -= 1


def news(number: int) -> fleet.Round:
    return fleet.Round(number, run(), 1, 0, 1.0, news=True, complete=True)


def test_reports_are_written_one_after_the_other_and_lost_when_nobody_reads(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two at once would be mixed, and all of them would keep a thread each."""
    writing = Writing()

    async def whole() -> None:
        teller = Teller(cast("Reports", writing))
        ends = [asyncio.ensure_future(teller.ended(news(number))) for number in range(12)]
        done, _ = await asyncio.wait(ends, timeout=LIMIT, return_when=asyncio.FIRST_COMPLETED)
        assert done
        writing.read.set()
        await asyncio.gather(*ends)

    asyncio.run(whole())

    most = watching._MOST_WAITING  # noqa: SLF001 - how many are kept
    assert (1, most) == (writing.most, writing.written)
    lost = [line for line in caplog.messages if line.startswith("the report is lost")]
    assert 12 - most == len(lost)
