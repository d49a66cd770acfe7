"""What objects hash to, from one run to the next."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.artifacts.cache import DigestCache
from tests.unit.builders import NEW, OLD, code

KEY = ("https://s3.test", "artifacts", "secret/of/nobody.zip", "", "etag", "5")
KEYS = st.lists(st.text(max_size=20), max_size=4).map(tuple)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there" / "yet"


def test_what_was_remembered_is_found_by_another_run(folder: Path) -> None:
    """The folder is all that the runs share."""
    DigestCache(folder).remember(KEY, NEW)
    assert NEW == DigestCache(folder).find(KEY)


def test_what_was_not_remembered_is_not_found(folder: Path) -> None:
    """Any other part of the key is another object."""
    cache = DigestCache(folder)
    cache.remember(KEY, NEW)
    for place in range(len(KEY)):
        assert cache.find((*KEY[:place], "other", *KEY[place + 1 :])) is None


@settings(deadline=None)
@given(KEYS, KEYS, st.text())
def test_round_trip(key: tuple[str, ...], other: tuple[str, ...], text: str) -> None:
    """Any key gives back what it was given last, and nothing of any other."""
    with tempfile.TemporaryDirectory() as folder:
        cache = DigestCache(Path(folder))
        cache.remember(key, OLD)
        cache.remember(key, code(text))
        assert code(text) == cache.find(key)
        assert (code(text) if other == key else None) == cache.find(other)


@given(st.data())
def test_a_damaged_entry_is_as_if_absent(data: st.DataObject) -> None:
    """A wrong hash would be taken for drift; whatever became of the file, none comes out."""
    with tempfile.TemporaryDirectory() as folder:
        cache = DigestCache(Path(folder))
        cache.remember(KEY, NEW)
        [entry] = Path(folder).iterdir()
        content = entry.read_bytes()
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, len(content)))
        damaged = content[:start] + data.draw(st.binary(max_size=100)) + content[end:]
        entry.write_bytes(damaged)
        assert (NEW if damaged == content else None) == cache.find(KEY)


def test_an_entry_under_another_name_is_not_believed(folder: Path) -> None:
    """A file that was copied over another one is damage, too."""
    cache = DigestCache(folder)
    cache.remember(KEY, OLD)
    [entry] = folder.iterdir()
    cache.remember(("other",), NEW)
    [other] = set(folder.iterdir()) - {entry}
    other.replace(entry)
    assert cache.find(KEY) is None


@pytest.mark.parametrize("damage", [b"\xff", b"x" * 1000], ids=["shorter", "longer"])
def test_a_damaged_entry_is_written_again(folder: Path, damage: bytes) -> None:
    """Damage costs one download, not one in every run."""
    cache = DigestCache(folder)
    cache.remember(KEY, NEW)
    [entry] = folder.iterdir()
    entry.write_bytes(damage)
    assert cache.find(KEY) is None
    cache.remember(KEY, NEW)
    assert NEW == cache.find(KEY)


def test_without_a_folder_nothing_is_remembered() -> None:
    """No cache is a choice, not an error."""
    cache = DigestCache(None)
    cache.remember(KEY, NEW)
    assert cache.find(KEY) is None


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path: Path, place: str) -> None:
    """The run goes on, and reads the object again next time."""
    (tmp_path / "file").touch()
    cache = DigestCache(tmp_path / place)
    cache.remember(KEY, NEW)
    assert cache.find(KEY) is None


def test_an_entry_that_cannot_be_put_in_place_leaves_nothing_behind(folder: Path) -> None:
    """Half a write is none."""
    cache = DigestCache(folder)
    cache.remember(KEY, NEW)
    [entry] = folder.iterdir()
    entry.unlink()
    entry.mkdir()
    (entry / "in the way").touch()
    cache.remember(KEY, NEW)
    assert cache.find(KEY) is None
    assert [entry] == list(folder.iterdir())


def test_the_folder_is_the_users_own(folder: Path) -> None:
    """Nobody else has a say in what an object hashes to, and nobody learns what is deployed."""
    DigestCache(folder).remember(KEY, NEW)
    [entry] = folder.iterdir()
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE(entry.stat().st_mode)


def test_an_entry_holds_hashes_alone(folder: Path) -> None:
    """Names of buckets and keys are nobody's business."""
    DigestCache(folder).remember(KEY, NEW)
    [entry] = folder.iterdir()
    assert NEW.code_sha256 == entry.read_text().split()[0]
    assert 2 == len(entry.read_text().split())
    assert not any(part in entry.name + entry.read_text() for part in KEY if len(part) > 1)
