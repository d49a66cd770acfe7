"""What becomes of each write: told from what was live before it, and what is live after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from reconciler.aws.protocol import Receipt
from reconciler.model import (
    LATEST_PUBLISHED,
    LastUpdateStatus,
    PublishVersion,
    PutRuntimeManagementConfig,
    State,
    UpdateFunctionCode,
)
from reconciler.reconcile.journal import LOST, Journal
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    KEY,
    NEW,
    OLD,
    X86,
    code,
    live,
    version,
)
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from reconciler.model import CodeDigest, LiveFunction, PublishedVersion, Step

UPDATE = UpdateFunctionCode(NEW, X86)
PUBLISH = PublishVersion(NEW)
IN_PLACE = PublishVersion(NEW, to_latest_published=True)
BEFORE = live(code=OLD)
AFTER = replace(live(code=NEW), revision_id="revision-2")
OTHER = code("of somebody else")


@dataclass
class Story:
    """Writes and readings in turn; ``told`` is what the report says in the end."""

    journal: Journal = field(default_factory=Journal)

    def sent(self, step: Step, before: LiveFunction, receipt: Receipt | None = None) -> None:
        """Send a step; without a receipt its answer is lost."""
        self.journal.begin(step, before)
        if receipt is not None:
            self.journal.answered(receipt)

    def seen(self, *readings: LiveFunction) -> None:
        """Settle by what is live."""
        for reading in readings:
            self.journal.settle(reading)

    def told(self) -> list[tuple[str | None, bool, bool]]:
        """Give result, success and change of each record."""
        return [
            (record.result, record.succeeded, record.changed) for record in self.journal.close()
        ]


def tell(step: Step, before: LiveFunction, receipt: Receipt | None, *readings: LiveFunction) -> str:
    """Give the one record of one write, with a mark for a failure and for no change."""

    async def work() -> list[tuple[str | None, bool, bool]]:
        story = Story()
        story.sent(step, before, receipt)
        story.seen(*readings)
        return story.told()

    ((result, succeeded, changed),) = run(work())
    return f"{result}{'' if succeeded else ' (failed)'}{'' if changed else ' (no change)'}"


def published(number: str, newest: PublishedVersion | None = None) -> Receipt:
    """Answer PublishVersion."""
    return Receipt("request-1", version=newest or version(number, code=NEW))


# Lost updates


def test_a_lost_update_is_found_done_by_its_effect() -> None:
    """Another RevisionId, and the code that was sent."""
    assert LOST == tell(UPDATE, BEFORE, None, AFTER)


def test_a_lost_update_may_show_late() -> None:
    """As long as its effect is not there, it may still come."""
    assert LOST == tell(UPDATE, BEFORE, None, BEFORE, AFTER)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="nothing moved"),
        pytest.param(replace(BEFORE, revision_id="revision-2"), id="somebody else's change"),
        pytest.param(replace(AFTER, code=OTHER), id="other code"),
        pytest.param(replace(AFTER, architecture=ARM), id="other architecture"),
        pytest.param(replace(AFTER, source_kms_key_arn=KEY), id="other key"),
    ],
)
def test_a_lost_update_without_its_effect_is_not_found_done(after: LiveFunction) -> None:
    """Nobody can say whether it arrived."""
    assert "sent, no answer came (failed)" == tell(UPDATE, BEFORE, None, after)


def test_a_lost_change_of_the_key_is_told_by_the_key() -> None:
    """Hash and architecture were the same before, and a rival moved the RevisionId."""
    step, before = replace(UPDATE, source_kms_key_arn=KEY), live(code=NEW)
    moved = replace(before, revision_id="revision-2")

    assert "sent, no answer came (failed)" == tell(step, before, None, moved)
    assert LOST == tell(step, before, None, replace(moved, source_kms_key_arn=KEY))


def test_a_key_that_is_not_told_does_not_count() -> None:
    """AWS may keep back how the package is stored (Code.Error)."""
    hidden = replace(AFTER, code_unreadable="AccessDeniedException: no kms:Decrypt")

    assert LOST == tell(replace(UPDATE, source_kms_key_arn=KEY), BEFORE, None, hidden)


def test_without_revision_ids_the_code_alone_tells() -> None:
    """An API without them, as some emulators have it."""
    before, after = replace(BEFORE, revision_id=None), replace(AFTER, revision_id=None)

    assert LOST == tell(UPDATE, before, None, after)


def test_a_lost_update_that_could_not_be_carried_out_is_no_success() -> None:
    """It landed, and AWS calls it Failed."""
    after = replace(AFTER, last_update_status=LastUpdateStatus.FAILED)

    assert "accepted, its answer was lost, and then it failed (failed)" == (
        tell(UPDATE, BEFORE, None, after)
    )


def test_a_lost_write_that_is_repeated_and_answered_is_one_record() -> None:
    """Two sends of one step and one effect: the answered one has it, also in later readings."""

    async def work() -> list[tuple[str | None, bool, bool]]:
        story = Story()
        story.sent(UPDATE, BEFORE)
        story.seen(BEFORE)
        story.sent(UPDATE, BEFORE, Receipt("request-2", "revision-2", NEW))
        story.seen(AFTER, AFTER)
        return story.told()

    assert [("Successful", True, True)] == run(work())


def test_a_lost_write_of_another_step_stays_open() -> None:
    """Only the repetition of the very step settles it."""

    async def work() -> list[tuple[str | None, bool, bool]]:
        story = Story()
        story.sent(replace(UPDATE, architecture=ARM), BEFORE)
        story.seen(BEFORE)
        story.sent(UPDATE, BEFORE, Receipt("request-2", "revision-2", NEW))
        story.seen(AFTER)
        return story.told()

    lost = ("sent, no answer came", False, True)
    assert [("Successful", True, True), lost] == run(work())


def test_a_lost_write_has_touched_the_function_as_far_as_anybody_knows() -> None:
    """Nothing shows it, and it may come yet: not to be called not attempted."""

    async def work() -> list[bool]:
        story = Story()
        touched = [story.journal.untouched]
        story.sent(UPDATE, BEFORE)
        touched.append(story.journal.untouched)
        story.seen(BEFORE)
        return [*touched, story.journal.untouched]

    assert [True, False, False] == run(work())


def test_a_lost_mode_is_found_done_by_what_is_set() -> None:
    """It ends when AWS takes it: there is nothing that could fail later."""
    put = PutRuntimeManagementConfig(FUNCTION_UPDATE)
    before = replace(AFTER, runtime_management=AUTO)
    after = replace(AFTER, runtime_management=FUNCTION_UPDATE)
    assert LOST == tell(put, before, None, after)
    assert "sent, no answer came (failed)" == tell(put, before, None, before)


@pytest.mark.parametrize(("lost", "told"), [(PUBLISH, LOST), (UPDATE, None)])
def test_a_version_of_a_lost_try_is_ours(lost: Step, told: str | None) -> None:
    """The second try finds it there already: the first one made it, and nobody else."""
    before = replace(AFTER, newest_version=version("7", code=OLD))
    after = replace(AFTER, newest_version=version("8", code=NEW), revision_id="revision-2")

    async def work() -> tuple[str | None, bool, bool]:
        story = Story()
        story.sent(lost, before)
        story.seen(before)
        story.sent(PUBLISH, after, published("8"))
        story.seen(after)
        return story.told()[0]

    result, succeeded, changed = run(work())
    no_op = "version 8 was there already: nothing had changed"
    assert (told or no_op, True, told is not None) == (result, succeeded, changed)


def test_only_a_write_that_took_effect_is_a_change() -> None:
    """A version that was there already, or an update that Failed, has changed nothing."""

    async def work(step: Step, receipt: Receipt, *readings: LiveFunction) -> bool:
        story = Story()
        story.sent(step, AFTER, receipt)
        story.seen(*readings)
        return story.journal.changed

    failed = replace(AFTER, last_update_status=LastUpdateStatus.FAILED)
    carried = replace(AFTER, newest_version=version("7", code=NEW))
    assert not run(work(UPDATE, Receipt("r", "revision-3", NEW), failed))
    assert not run(work(PUBLISH, published("7"), carried))
    assert run(work(UPDATE, Receipt("r", "revision-3", NEW), AFTER))


@pytest.mark.parametrize(("well", "told"), [(False, 1), (True, 0)])
def test_a_refusal_is_told_where_not_all_ended_well(told: int, *, well: bool) -> None:
    """It is of no interest once the function is in sync all the same."""

    async def work() -> list[int]:
        journal = Journal()
        journal.begin(UPDATE, BEFORE)
        journal.refused("request-9")
        return [len(journal.close(well=well)), len(journal.close())]

    assert [told, 1] == run(work())


# Accepted updates


def test_a_package_that_was_overwritten_is_told_with_what_aws_fetched() -> None:
    """The update took effect, with another object from S3 than was planned."""
    receipt = Receipt("request-1", "revision-2", OTHER)

    told = tell(UPDATE, BEFORE, receipt, replace(AFTER, code=OTHER))

    assert f"AWS fetched another package than was planned: {OTHER}" == told


def test_a_package_that_was_overwritten_and_failed_is_no_success() -> None:
    """What AWS fetched it could not roll out either."""
    receipt = Receipt("request-1", "revision-2", OTHER)
    after = replace(AFTER, code=OTHER, last_update_status=LastUpdateStatus.FAILED)

    assert tell(UPDATE, BEFORE, receipt, after).endswith("(failed)")


def test_a_package_that_was_overwritten_and_not_seen_again_is_told_with_its_hash() -> None:
    """The readings after it failed: what AWS has stored is known from its answer."""
    told = tell(UPDATE, BEFORE, Receipt("request-1", "revision-2", OTHER))

    assert f"accepted, not settled: AWS has stored {OTHER} (failed)" == told


@pytest.mark.parametrize("stored", [NEW, None])
def test_an_update_that_was_not_seen_again_is_told_as_accepted(stored: CodeDigest | None) -> None:
    """AWS stored what was sent, or did not say what."""
    receipt = Receipt("request-1", "revision-2", stored)

    assert "accepted, not settled (failed)" == tell(UPDATE, BEFORE, receipt)


def test_an_update_that_somebody_replaced_is_no_success() -> None:
    """AWS stored what was sent, and something else is live by now."""
    receipt = Receipt("request-1", "revision-2", NEW)

    told = tell(UPDATE, BEFORE, receipt, replace(AFTER, code=OTHER))

    assert "accepted, but something else is live (failed)" == told


def test_a_refusal_is_told_only_of_the_last_write() -> None:
    """What was refused once and then sent again is told as that write ended."""

    async def work() -> list[tuple[str | None, bool, bool]]:
        story = Story()
        story.sent(UPDATE, BEFORE)
        story.journal.refused("request-1")
        story.sent(UPDATE, BEFORE, Receipt("request-2", "revision-2", NEW))
        story.seen(AFTER)
        return story.told()

    assert [("Successful", True, True)] == run(work())


# Versions


@pytest.mark.parametrize(
    ("before", "number", "revision_id", "told"),
    [
        pytest.param(None, "1", "revision-2", "version 1", id="first"),
        pytest.param("7", "8", "revision-2", "version 8", id="next"),
        pytest.param("7", "8", "revision-1", None, id="revision stays"),
        pytest.param("7", "7", "revision-2", None, id="number stays"),
        pytest.param(None, "7", "revision-1", None, id="list was stale"),
        pytest.param(LATEST_PUBLISHED, LATEST_PUBLISHED, "revision-2", "version", id="in place"),
        pytest.param(LATEST_PUBLISHED, LATEST_PUBLISHED, "revision-1", None, id="in place, no-op"),
    ],
)
def test_a_no_op_is_told_by_number_or_revision(
    before: str | None, number: str, revision_id: str, told: str | None
) -> None:
    """Recorded from AWS: publishing moves $LATEST's RevisionId, and a no-op leaves it."""
    newest = None if before is None else version(before, code=OLD)
    result = tell(
        PUBLISH,
        replace(AFTER, revision_id="revision-1", newest_version=newest),
        published(number),
        replace(AFTER, revision_id=revision_id, newest_version=version(number, code=NEW)),
    )

    no_op = f"version {number} was there already: nothing had changed (no change)"
    assert result == no_op if told is None else result.startswith(told)
    assert (told is None) == result.endswith("(no change)")


def test_without_revision_ids_the_number_alone_tells() -> None:
    """None on both sides is no RevisionId that stayed."""
    bare = replace(AFTER, revision_id=None)
    after = replace(bare, newest_version=version("8", code=NEW))

    assert "version 8" == tell(PUBLISH, bare, published("8"), after)


def test_a_version_whose_number_did_not_come_is_told_all_the_same() -> None:
    """AWS's answer may lack it, as an emulator's."""
    moved = replace(AFTER, revision_id="revision-3")
    assert "published" == tell(PUBLISH, AFTER, Receipt("request-1"), moved)


def test_a_version_that_is_failed_is_no_success() -> None:
    """PublishVersion was answered, and the snapshot failed."""
    failed = version("8", code=NEW, state=State.FAILED)

    told = tell(PUBLISH, AFTER, published("8", failed), replace(AFTER, newest_version=failed))

    assert "version 8 is Failed (failed)" == told


def test_a_lost_publish_is_found_done_by_a_new_version() -> None:
    """Its number was not there before."""
    before = replace(AFTER, newest_version=version("7", code=OLD))

    assert LOST == tell(
        PUBLISH, before, None, replace(before, newest_version=version("8", code=NEW))
    )


@pytest.mark.parametrize(
    ("was", "found"),
    [
        pytest.param(version(LATEST_PUBLISHED, code=OLD), True, id="code"),
        pytest.param(version(LATEST_PUBLISHED, code=NEW, architecture=ARM), True, id="machine"),
        pytest.param(version(LATEST_PUBLISHED, code=NEW), False, id="nothing"),
        pytest.param(None, True, id="not there"),
    ],
)
def test_a_lost_publish_in_place_is_found_done_by_what_it_carries(
    was: PublishedVersion | None, *, found: bool
) -> None:
    """$LATEST.PUBLISHED has no number; it tells only when its content is another one."""
    before = replace(AFTER, newest_version=was)
    after = replace(AFTER, newest_version=version(LATEST_PUBLISHED, code=NEW))

    told = tell(IN_PLACE, before, None, after)

    assert told == (LOST if found else "sent, no answer came (failed)")


@pytest.mark.parametrize(("moved", "found"), [("revision-3", True), ("revision-2", False)])
def test_a_version_that_nobody_looked_for_before_is_ours_where_latest_has_moved(
    moved: str, *, found: bool
) -> None:
    """Publishing moves the RevisionId of $LATEST; else the version was there already."""
    before = replace(AFTER, versions_unread=True)
    after = replace(AFTER, revision_id=moved, newest_version=version("7", code=NEW))

    told = tell(PUBLISH, before, None, after)

    assert told == (LOST if found else "sent, no answer came (failed)")
