"""Whether what $LATEST is to run is not what it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model import LastUpdateStatus, PackageType
from reconciler.planner import sends_new_code
from tests.unit.builders import ARM, NEW, OLD, desired, live

CASES = {
    "other code": (desired(code=NEW), live(code=OLD), True),
    "the same": (desired(code=NEW), live(code=NEW), False),
    "another architecture too": (desired(code=NEW, architecture=ARM), live(code=OLD), True),
    "another architecture alone": (desired(code=NEW, architecture=ARM), live(code=NEW), True),
    "the live package for another architecture": (desired(architecture=ARM), live(code=OLD), True),
    "nothing that is ours": (desired(), live(code=OLD), False),
    "the same again, to repair": (
        desired(code=NEW),
        live(code=NEW, last_update_status=LastUpdateStatus.FAILED),
        False,
    ),
    "another architecture of an image without its code": (
        desired(architecture=ARM),
        replace(live(code=OLD), package_type=PackageType.IMAGE),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_new_code_is_code_or_architecture_that_goes_out(case: str) -> None:
    """What is sent again as it is was perhaps published before."""
    wanted, found, expected = CASES[case]
    assert expected == sends_new_code(wanted, found)
