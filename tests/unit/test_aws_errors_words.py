"""What a reader is told of errors that no row of the table is about, word by word."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from botocore import exceptions

from reconciler.aws.connection import Connection
from reconciler.aws.errors import (
    NOT_SENT,
    classify,
    classify_part,
    no_credentials,
    one_line,
    unreadable,
)
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import Failure, FailureKind, ReconcileError, Scope

if TYPE_CHECKING:
    from typing import Any

TEMPORARY, PERMANENT = FailureKind.TEMPORARY, FailureKind.PERMANENT
LONGEST = 1_000
NETWORK = "check the network and the endpoint, then run again"
LOOK_UP = "look the error up in AWS's documentation of the operation"
SIGN_IN = "check the AWS credentials and AWS_PROFILE, then run again"


def _refused(details: dict[str, str], status: int = 400) -> exceptions.ClientError:
    response: Any = {"Error": details, "ResponseMetadata": {"HTTPStatusCode": status}}
    return exceptions.ClientError(response, "PublishVersion")


WITHOUT_ANSWER: dict[str, tuple[Exception, Failure]] = {
    "unreadable-body": (
        ValueError("no JSON"),
        Failure(
            TEMPORARY,
            "PublishVersion: the answer has a body that cannot be read",
            "check that the endpoint is AWS Lambda's",
            "PublishVersion",
            outcome_unknown=True,
        ),
    ),
    "source-of-credentials": (
        exceptions.CredentialRetrievalError(provider="container-role", error_msg="timeout"),
        Failure(
            TEMPORARY,
            (
                "PublishVersion: Error when retrieving credentials from container-role: "
                "what it said is not shown, it may be secret"
            ),
            "check where the AWS credentials come from, then run again",
            "PublishVersion",
        ),
    ),
    "no-credentials": (
        exceptions.NoCredentialsError(),
        Failure(
            PERMANENT,
            "PublishVersion: Unable to locate credentials",
            SIGN_IN,
            "PublishVersion",
            scope=Scope.RUN,
        ),
    ),
    "parameter": (
        exceptions.ParamValidationError(report="bad"),
        Failure(
            PERMANENT,
            "PublishVersion: Parameter validation failed: bad",
            "correct the value that is named",
            "PublishVersion",
        ),
    ),
    "never-sent": (
        exceptions.ConnectTimeoutError(endpoint_url="https://aws/"),
        Failure(
            TEMPORARY,
            'PublishVersion: no answer from AWS (Connect timeout on endpoint URL: "https://aws/")',
            NETWORK,
            "PublishVersion",
            code="ConnectTimeoutError",
        ),
    ),
    "code-between-spaces": (
        _refused({"Code": " NewTrouble\n", "Message": "it broke"}),
        Failure(
            PERMANENT,
            "PublishVersion: NewTrouble: it broke",
            LOOK_UP,
            "PublishVersion",
            code="NewTrouble",
        ),
    ),
    "lost": (
        exceptions.ReadTimeoutError(endpoint_url="https://aws/"),
        Failure(
            TEMPORARY,
            'PublishVersion: no answer from AWS (Read timeout on endpoint URL: "https://aws/")',
            NETWORK,
            "PublishVersion",
            code="ReadTimeoutError",
            outcome_unknown=True,
        ),
    ),
    "connection": (
        exceptions.HTTPClientError(error=ConnectionResetError(104, "Connection reset by peer")),
        Failure(
            TEMPORARY,
            "PublishVersion: no answer from AWS (ConnectionResetError: Connection reset by peer)",
            NETWORK,
            "PublishVersion",
            code="HTTPClientError",
            outcome_unknown=True,
        ),
    ),
    "nameless": (
        _refused({}),
        Failure(
            PERMANENT,
            "PublishVersion: Unknown: no message",
            LOOK_UP,
            "PublishVersion",
            code="Unknown",
        ),
    ),
    "code-that-is-no-word": (
        _refused({"Code": " New \n Trouble ", "Message": " it  \n broke "}),
        Failure(
            PERMANENT,
            "PublishVersion: Unknown: it broke",
            LOOK_UP,
            "PublishVersion",
            code="Unknown",
        ),
    ),
}


@pytest.mark.parametrize(("error", "failure"), WITHOUT_ANSWER.values(), ids=WITHOUT_ANSWER)
def test_an_error_says_what_happened_and_what_to_do(error: Exception, failure: Failure) -> None:
    """The whole failure: kind, words, remedy, operation, and whether a write may have landed."""
    assert failure == classify("PublishVersion", error)


def test_an_answer_that_lacks_something_says_what() -> None:
    """Another server than AWS's is the likely reason."""
    expected = Failure(
        TEMPORARY,
        "PublishVersion: the answer has no Version",
        "check that the endpoint is AWS Lambda's",
        "PublishVersion",
        outcome_unknown=True,
    )
    assert expected == unreadable("PublishVersion", "no Version").failure


def test_a_part_of_an_answer_without_a_message_says_so() -> None:
    """What the table does not know is looked up in AWS's documentation."""
    expected = Failure(
        PERMANENT,
        "BatchGetImage: BrandNew: no message",
        LOOK_UP,
        "BatchGetImage",
        code="BrandNew",
    )
    assert expected == classify_part("BatchGetImage", "BrandNew", None)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (None, "no AWS credentials were found"),
        (ValueError("no JSON"), "no AWS credentials could be had: ValueError"),
    ],
    ids=["none", "unreadable-file"],
)
def test_a_run_without_credentials_says_how_to_give_some(
    error: Exception | None, what: str
) -> None:
    """The first thing that a new user meets."""
    remedy = "set AWS_PROFILE, --profile or the AWS_* variables, then run again"
    assert Failure(PERMANENT, what, remedy, scope=Scope.RUN) == no_credentials(error)


def test_a_source_of_credentials_that_is_out_of_reach_is_named() -> None:
    """It is not Lambda that did not answer."""
    failure = no_credentials(exceptions.EndpointConnectionError(endpoint_url="http://imds/"))
    assert (
        'AWS credentials: no answer from AWS (Could not connect to the endpoint URL: "http://imds/")'
        == failure.what
    )
    assert "AWS credentials" == failure.operation


@pytest.mark.parametrize(
    ("provider", "text", "shown"),
    [
        (
            "custom-process",
            "Unable to find sesame in the output",
            "what it said is not shown, it may be secret",
        ),
        (
            "custom-process",
            "Missing required key in response: 'AccessKeyId' of {sesame}",
            "Missing required key in response: 'AccessKeyId'",
        ),
        (
            "container-role",
            "Received non 200 response 404 from container metadata: sesame",
            "Received non 200 response 404",
        ),
        (
            "container-role",
            "Unable to parse JSON returned from container metadata services: sesame",
            "Unable to parse JSON returned from container metadata services",
        ),
        (
            "container-role",
            "Received error when attempting to retrieve container metadata: timed out",
            "Received error when attempting to retrieve container metadata: timed out",
        ),
        ("sso", "the session has expired", "the session has expired"),
    ],
)
def test_a_source_of_credentials_is_quoted_only_in_botocores_own_words(
    provider: str, text: str, shown: str
) -> None:
    """What a program or a container's endpoint answers may be the credentials themselves."""
    error = exceptions.CredentialRetrievalError(provider=provider, error_msg=text)
    expected = f"GetFunction: Error when retrieving credentials from {provider}: {shown}"
    assert expected == classify("GetFunction", error).what


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
        exceptions.ParamValidationError(report="bad"),
        exceptions.EndpointConnectionError(endpoint_url="https://aws/"),
        exceptions.ConnectTimeoutError(endpoint_url="https://aws/"),
        exceptions.ProxyConnectionError(proxy_url="http://proxy"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_never_left_this_machine_is_known_not_to_be_sent(error: Exception) -> None:
    """No request is counted for it, and no outcome is looked for."""
    assert isinstance(error, NOT_SENT)
    assert not classify("PublishVersion", error).outcome_unknown


def test_keys_that_no_request_can_carry_stop_the_run_at_its_beginning() -> None:
    """Copied with a line break, say; botocore would fail at each call with the key in its text."""
    keys = Credentials("AKIAIOSFODNN7EXAMPLE\n", "secret")
    settings = ConnectionSettings(region="eu-west-1", credentials=keys, isolated=True)
    connection = Connection(settings)
    with contextlib.closing(connection), pytest.raises(ReconcileError) as raised:
        connection.check_credentials()
    expected = Failure(
        PERMANENT,
        "the AWS credentials have a character that no request can carry, such as a line break",
        "write the access key, secret key and session token again, without what surrounds them",
        scope=Scope.RUN,
    )
    assert expected == raised.value.failure


HIDDEN: dict[str, Failure] = {
    "answer": classify("A", _refused({"Code": "X", "Message": "sesame"}), lambda _: "hidden"),
    "no-answer": classify(
        "A", exceptions.ReadTimeoutError(endpoint_url="sesame"), lambda _: "hidden"
    ),
    "source": classify(
        "A",
        exceptions.CredentialRetrievalError(provider="sso", error_msg="sesame"),
        lambda _: "hidden",
    ),
    "server": classify(
        "A",
        exceptions.CredentialRetrievalError(
            provider="container-role", error_msg="Received non 200 response 404: sesame"
        ),
        lambda _: "hidden",
    ),
    "no-credentials": no_credentials(RuntimeError("sesame"), lambda _: "hidden"),
    "role": no_credentials(_refused({"Code": "X", "Message": "sesame"}), lambda _: "hidden"),
    "role-unreachable": no_credentials(
        exceptions.EndpointConnectionError(endpoint_url="sesame"), lambda _: "hidden"
    ),
}


@pytest.mark.parametrize("failure", HIDDEN.values(), ids=HIDDEN)
def test_whatever_is_quoted_goes_through_what_hides_secrets(failure: Failure) -> None:
    """A connection knows its secrets; no way around it leads into a failure's words."""
    assert "hidden" in failure.what
    assert "sesame" not in failure.what


@pytest.mark.parametrize(
    ("metadata", "request_id"),
    [
        ({"RequestId": "r-1", "HTTPHeaders": {"x-amz-request-id": "r-2"}}, "r-1"),
        ({"HTTPHeaders": {"x-amz-request-id": "r-2"}}, "r-2"),
        ({"HTTPHeaders": {"x-amzn-requestid": "r-3"}}, "r-3"),
        ({"HTTPHeaders": {}}, None),
    ],
)
def test_the_id_of_a_request_is_found_where_it_is(
    metadata: dict[str, Any], request_id: str | None
) -> None:
    """AWS's support asks for it; botocore leaves that of a HEAD without a body in its headers."""
    error = exceptions.ClientError({"Error": {}, "ResponseMetadata": metadata}, "HeadObject")  # type: ignore[typeddict-item]  # what AWS sends
    assert request_id == classify("HeadObject", error).request_id


@pytest.mark.parametrize(
    ("length", "code"), [(100, "C" * 100), (101, "Unknown")], ids=["longest", "longer"]
)
def test_a_code_is_a_word_of_bounded_length(length: int, code: str) -> None:
    """What is longer is none of AWS's; it would fill the line."""
    assert code == classify("GetFunction", _refused({"Code": "C" * length})).code


@pytest.mark.parametrize("length", [99, 100, 101])
def test_the_id_of_a_request_is_cut(length: int) -> None:
    """The beginning of an absurd one is enough to recognise it by."""
    response: Any = {"Error": {}, "ResponseMetadata": {"RequestId": "r" * length}}
    failure = classify("GetFunction", exceptions.ClientError(response, "GetFunction"))
    assert "r" * min(length, 100) == failure.request_id


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, ""), (60, "; AWS asks to wait 60 s"), (600, "; AWS asks to wait 600 s")],
)
def test_a_long_pause_that_aws_asks_for_is_told(seconds: int, said: str) -> None:
    """Nobody expects a run to take minutes for one call."""
    response: Any = {
        "Error": {"Code": "TooManyRequestsException", "Message": "slow down"},
        "ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"retry-after": str(seconds)}},
    }
    failure = classify("GetFunction", exceptions.ClientError(response, "GetFunction"))
    assert f"GetFunction: TooManyRequestsException: slow down{said}" == failure.what


# What may be shown.


@pytest.mark.parametrize(
    ("length", "shown"),
    [(LONGEST - 1, LONGEST - 1), (LONGEST, LONGEST), (LONGEST + 1, LONGEST + 3)],
    ids=["shorter", "longest", "longer"],
)
def test_only_what_is_too_long_is_cut(length: int, shown: int) -> None:
    """A message of exactly the length is whole; a longer one ends with three dots."""
    text = one_line("m" * length)
    assert shown == len(text)
    assert text.endswith("...") == (shown > length)


def test_a_password_in_an_address_is_struck_out_alone() -> None:
    """The host is what the reader needs to find the broken proxy."""
    error = exceptions.ProxyConnectionError(proxy_url="http://user:SECRET@proxy:3128")
    what = classify("GetFunction", error).what
    assert 'URL: "http://***@proxy:3128"' in what
    assert "SECRET" not in what
