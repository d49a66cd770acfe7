"""ListFunctions: what is asked, and what of the answer is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.aws.protocol import ListedFunction
from reconciler.model import Architecture, CodeDigest, FailureKind, ReconcileError
from tests.effects.endpoint import Endpoint, listening
from tests.effects.world import REGION
from tests.unit.lambda_answers import HASH, PASSWORD, configuration

if TYPE_CHECKING:
    from reconciler.aws.connection import Connection
    from reconciler.aws.protocol import LambdaFunctions

REVISION = "4c8f1c2e-0000-0000-0000-000000000001"
ORDERS = ListedFunction("orders", "$LATEST", CodeDigest(HASH), Architecture.ARM64, REVISION)


def calls(connection: Connection) -> LambdaFunctions:
    return connection.functions(REGION, lambda: None)


def read(
    endpoint: Endpoint, *, pages: int = 99, all_versions: bool = False
) -> list[tuple[ListedFunction, ...]]:
    """Read so many pages at most."""

    async def reading(functions: LambdaFunctions) -> list[tuple[ListedFunction, ...]]:
        found = []
        async for page in functions.list_functions(all_versions=all_versions):
            found.append(page)
            if len(found) == pages:
                break
        return found

    with listening(endpoint) as connection:
        return asyncio.run(reading(calls(connection)))


def refusal(page: dict[str, Any]) -> str:
    with pytest.raises(ReconcileError) as raised:
        read(Endpoint(lambda _: page))
    assert FailureKind.TEMPORARY is raised.value.failure.kind
    return raised.value.failure.what


def three_pages(marker: str) -> dict[str, Any]:
    """Name one function on each page."""
    following = {"": {"NextMarker": "2"}, "2": {"NextMarker": "3"}, "3": {}}
    return {"Functions": [configuration(FunctionName=f"app{marker}")], **following[marker]}


def test_what_a_list_says_is_read() -> None:
    """Name, version, hash, architecture and RevisionId, and nothing that is secret."""
    ((found,),) = read(Endpoint(lambda _: {"Functions": [configuration()]}))
    assert ORDERS == found
    assert PASSWORD not in repr(found)


def test_pages_are_asked_for_one_by_one() -> None:
    """Whoever has found what he looks for costs no further request."""
    endpoint = Endpoint(lambda sent: three_pages(sent.query.get("Marker", "")))
    found = read(endpoint, pages=2)
    assert ["app", "app2"] == [item.name for page in found for item in page]
    assert [{}, {"Marker": "2"}] == [sent.query for sent in endpoint.sent]


def test_all_versions_are_listed_on_request() -> None:
    """FunctionVersion is sent with each page (LocalStack test_list_functions)."""
    endpoint = Endpoint(lambda sent: three_pages(sent.query.get("Marker", "")))
    found = read(endpoint, all_versions=True)
    assert 3 == len(found)
    assert ["ALL"] * 3 == [sent.query["FunctionVersion"] for sent in endpoint.sent]


def test_a_marker_that_leads_round_is_a_temporary_failure() -> None:
    """The list is given up as soon as a marker repeats."""
    endpoint = Endpoint(lambda _: {"Functions": [], "NextMarker": "a"})
    with pytest.raises(ReconcileError) as raised:
        read(endpoint)
    failure = raised.value.failure
    assert (FailureKind.TEMPORARY, "ListFunctions") == (failure.kind, failure.operation)
    assert 2 == len(endpoint.sent)


@pytest.mark.parametrize("missing", ["CodeSha256", "Architectures", "RevisionId"])
def test_what_a_strange_function_lacks_stops_nothing(missing: str) -> None:
    """Most functions of an account may be others'."""
    strange = configuration(FunctionName="strange")
    del strange[missing]
    ((first, second),) = read(Endpoint(lambda _: {"Functions": [strange, configuration()]}))
    assert "strange" == first.name
    assert None in (first.code, first.architecture, first.revision_id)
    assert ORDERS == second


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({}, id="absent"),
        pytest.param({"Functions": None}, id="null"),
        pytest.param({"functions": []}, id="in-another-case"),
    ],
)
def test_a_page_without_functions_is_never_no_functions(page: dict[str, Any]) -> None:
    """Half an answer must not pass for an account without functions."""
    assert "ListFunctions: the answer has no Functions" == refusal(page)


@pytest.mark.parametrize("missing", ["FunctionName", "Version"])
def test_an_item_has_a_name_and_a_version(missing: str) -> None:
    """Without them nobody can say what the item is about."""
    item = configuration()
    del item[missing]
    assert f"ListFunctions: the answer has no {missing}" == refusal({"Functions": [item]})


def test_a_page_that_failed_can_be_asked_for_again() -> None:
    """What was read before is not read again."""
    bodies = [three_pages(""), {}, three_pages("2"), three_pages("3")]
    endpoint = Endpoint(lambda _: bodies[len(endpoint.sent) - 1])

    async def reading(functions: LambdaFunctions) -> list[str]:
        pages = functions.list_functions()
        found = [item.name for item in await anext(pages)]
        with pytest.raises(ReconcileError):
            await anext(pages)
        return found + [item.name async for page in pages for item in page]

    with listening(endpoint) as connection:
        assert ["app", "app2", "app3"] == asyncio.run(reading(calls(connection)))
    markers = [sent.query.get("Marker") for sent in endpoint.sent]
    assert [None, "2", "2", "3"] == markers
