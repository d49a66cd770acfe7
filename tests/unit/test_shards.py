"""Shards: each account and region is one machine's, and stays so."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet import Shard
from reconciler.reconcile import Task
from tests.unit.builders import spec

ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)
REGIONS = st.sampled_from(["eu-west-1", "us-east-1", "ap-southeast-2", "us-gov-west-1"])


def owner(count: int, account: str, region: str) -> int:
    """Give the one shard that takes an account and region."""
    (index,) = [index for index in range(1, count + 1) if Shard(index, count).has(account, region)]
    return index


@given(st.integers(1, 40), ACCOUNTS, REGIONS)
def test_each_account_and_region_has_exactly_one_shard(
    count: int, account: str, region: str
) -> None:
    """No two machines spend one quota, and nothing is left out."""
    assert 1 <= owner(count, account, region) <= count


@given(st.integers(1, 40), ACCOUNTS, REGIONS)
def test_a_further_shard_takes_over_and_moves_nothing_else(
    count: int, account: str, region: str
) -> None:
    """What does not go to the new shard stays where it was."""
    assert owner(count + 1, account, region) in (owner(count, account, region), count + 1)


def test_shards_get_about_as_much_each() -> None:
    """Of 1,600 accounts each of 16 shards gets its share, give or take a third."""
    counts = Counter(owner(16, f"{number:012d}", "eu-west-1") for number in range(1600))
    assert 16 == len(counts)
    assert 67 <= min(counts.values())
    assert max(counts.values()) <= 133


def test_the_assignment_is_the_same_on_every_machine_and_in_every_release() -> None:
    """Another assignment would have two releases spend one quota at the same time."""
    regions = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2"]
    assert [9, 16, 8, 4] == [owner(16, "123456789012", region) for region in regions]


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "3/0", "-1/4", "1/2/3", "٣/٤", "1/ 4"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """The first shard is 1, the last is the number of shards."""
    with pytest.raises(ValueError, match="shard"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["1/1", "3/16", "16/16"])
def test_a_shard_is_shown_as_it_is_written(text: str) -> None:
    """In the log it is what was given."""
    assert text == str(Shard.parse(text))


def task(name: str, region: str, account: str | None) -> Task:
    return Task(spec(name=name, account=account), region, None)


@pytest.mark.parametrize("named", [True, False])
def test_an_account_that_no_manifest_names_is_asked_for_once(*, named: bool) -> None:
    """Else a function with the account in its ARN and one without could be in two shards."""
    account = "123456789012"
    asked: list[str] = []

    async def ask(region: str) -> str:
        asked.append(region)
        return account

    tasks = [
        task("a", "eu-west-1", account),
        task("b", "eu-west-1", account if named else None),
        task("c", "us-east-1", account if named else None),
    ]
    shards = [asyncio.run(Shard(index, 7).of(tasks, ask)) for index in range(1, 8)]
    found = [[each.spec.name for each in its] for its in shards if its]
    assert sorted([["a", "b"], ["c"]]) == sorted(found)
    assert asked == ([] if named else ["eu-west-1"] * 7)


def test_a_run_without_functions_of_the_shard_asks_nobody() -> None:
    """Nothing is to be done."""

    async def ask(_: str) -> str:
        raise AssertionError

    assert [] == asyncio.run(Shard(1, 2).of([], ask))
