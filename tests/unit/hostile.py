"""Odd values for any place of an answer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
Answer = dict[str, Any]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3)
    ),
    max_leaves=5,
)


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Give the way to every member, item and structure below the answer itself."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def replaced(answer: Answer, path: Path, value: object) -> Answer:
    """Put another value in one place, in a copy."""
    answer = copy.deepcopy(answer)
    *way, last = path
    place: Any = answer
    for part in way:
        place = place[part]
    place[last] = value
    return answer
