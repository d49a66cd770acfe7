"""What is struck out of the words of AWS and of botocore, and what is left as it is."""

from __future__ import annotations

import base64
import copy
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.hidden import Hidden, passwords, struck_out
from tests.unit.answers import LAMBDA
from tests.unit.answers_elsewhere import ELSEWHERE

TOKEN = "IQoJb3JpZ2luX2VjE" + "Qx7" * 40
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PATH = "builds/Release/2024/11/22/Orders/api-2/a-long-folder-name/AnotherLongFolderName"
STRUCK = {
    "see https://b.example/k?X-Amz-Signature=1&x=2 now": "see https://b.example/k?*** now",
    "at 'https://b.example/k?a=1'": "at 'https://b.example/k?***",
    "http://user:p%40ss@host:1/x": "http://***@host:1/x",
    "http://user:p/a@ss@host:1/x": "http://***@host:1/x",
    "postgres://u:p@db:5432/orders is down": "postgres://***@db:5432/orders is down",
    "the key AKIAIOSFODNN7EXAMPLE is": "the key *** is",
    "Credential=ASIAIOSFODNN7EXAMPLE/2026/eu-west-1": "Credential=***",
    "x-amz-security-token: abc, then": "x-amz-security-token: ***, then",
    "X-Amz-Security-Token=abc&x=1": "X-Amz-Security-Token=***&x=1",
    "DB_PASSWORD=hunter2, DEBUG=1": "DB_PASSWORD=***, DEBUG=1",
    '{"clientSecret":"a b","x":1}': '{"clientSecret":***,"x":1}',
    "api_key='a b' refused": "api_key=*** refused",
    f"{{'aws_secret_access_key': '{KEY}'}}": "{'aws_secret_access_key': ***}",
    f'"SecretAccessKey": "{KEY}", "x": 1': '"SecretAccessKey": ***, "x": 1',
    f"AWS_SESSION_TOKEN: {KEY} x": "AWS_SESSION_TOKEN: *** x",
    "AWS_SESSION_TOKEN: sesame x": "AWS_SESSION_TOKEN: *** x",
    "password: sesame x": "password: *** x",
    "AWS_ACCESS_KEY_ID : 'sesame' x": "AWS_ACCESS_KEY_ID : *** x",
    '{"token": "open sesame"}': '{"token": ***}',
    '{"token": "open \\"sesame\\" now", "x": 1}': '{"token": ***, "x": 1}',
    r'"{\"token\": \"open sesame\", \"x\": 1}"': r'"{\"token\": ***, \"x\": 1}"',
    '{"token_of_db": "sesame"}': '{"token_of_db": ***}',
    "token = 'open sesame": "token = ***",
    "token:sesame/1 x": "token:*** x",
    f"InvalidToken: {KEY}": "InvalidToken: ***",
    f"token {TOKEN} ends": "token *** ends",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is": "*** is",
    "Authorization: Bearer abcdefgh": "Authorization: ***",
    "with Bearer abc.def.ghi here": "with Bearer *** here",
    "not match. The Canonical String for this request should": "not match. : ***",
    "The String-to-Sign should have been 'AWS4'": ": ***",
    # API reference, CommonErrors, and the text that public questions quote.
    "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 x": (
        "Authorization header requires 'Signature' parameter. Authorization: ***"
    ),
    "Authorization header (hashed with SHA-256 and encoded with Base64): 'abc='.": (
        "Authorization: ***"
    ),
}


@pytest.mark.parametrize(("text", "shown"), STRUCK.items())
def test_what_looks_like_a_secret_is_struck_out(text: str, shown: str) -> None:
    """By its form or by the name before it, whoever's it is."""
    assert shown == struck_out(text)


LEFT = (
    "The security token included in the request is expired",
    (
        "User: arn:aws:sts::123456789012:assumed-role/deployer/AROAEXAMPLE is not authorized to "
        "perform: lambda:UpdateFunctionCode on resource: arn:aws:lambda:eu-west-1:123456789012:"
        "function:orders because no identity-based policy allows the lambda:X action"
    ),
    "The secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecr-pullthrough-x-AbCdEf",
    f"sha256:{'0123456789abcdef' * 4} of {base64.b64encode(bytes(range(32))).decode()} was found",
    "Could not connect to the endpoint URL: https://lambda.eu-west-1.amazonaws.com/2015-03-31/x",
    "InvalidClientTokenId: The security token included in the request is invalid",
    "PasswordStore: no such runtime; tokens, signatures and credentials are words",
    "Source image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/token-api:1.4 does not exist.",
    "Source image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-token:1.4 does not exist.",
    "Alias secret-rotator:PROD not found",
    "Layer secrets-extension:11 not found",
    "Value 'secret-api:bad' at 'functionName' failed to satisfy constraint",
    "Function 'token-api': not found, secrets-extension: no such layer",
    "InvalidToken: The provided token is malformed or otherwise invalid.",
    "MissingAuthenticationToken: Missing, or SecretAccessKey: expired",
    f"key {PATH}/{PATH}/OrdersApi is missing",
    f"s3://artifacts/{PATH}/{PATH}/OrdersApi.zip does not exist",
    f"s3://artifacts/{'a-rather-long/prefix/' * 8}app.zip does not exist",
)


@pytest.mark.parametrize("text", [*LEFT, *sorted({each.message for each in (*LAMBDA, *ELSEWHERE)})])
def test_what_aws_says_is_left_as_it_is(text: str) -> None:
    """All known messages of the table of errors among it: a remedy needs them."""
    assert " ".join(text.split()) == struck_out(text)


PIECES = [
    "a",
    "aA",
    "a:",
    "secret",
    "token ",
    "token: ",
    "token:'\\",
    "_id",
    "aA0/",
    "://",
    "TokenA: a",
]


@pytest.mark.parametrize("piece", PIECES)
def test_text_of_any_length_is_read_in_one_pass(piece: str) -> None:
    """Seconds are needed for this by a rule that starts anew at each character."""
    start = time.process_time()
    struck_out(piece * (9_990 // len(piece)))
    assert time.process_time() - start < 5


SECRETS = st.text(st.characters(codec="utf-8"), min_size=8, max_size=60).filter(
    lambda text: len(" ".join(text.split())) >= 8
)


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_known_secret_is_struck_out_in_every_form(secret: str, before: str, after: str) -> None:
    """Plain, in a URL, as JSON and as base64, wherever it stands."""
    secret = " ".join(secret.split())
    encoded = base64.b64encode(secret.encode()).decode()
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], encoded):
        assert form not in struck_out(f"{before}{form}{after}", [secret]).replace("***", "")


def test_of_two_secrets_the_longer_goes_whole() -> None:
    """Where one is a part of the other, in whatever order they are known."""
    one, other = "open-sesame", "an-open-sesame-seed"
    for secrets in ([one, other], [other, one]):
        assert "*** and ***" == struck_out(f"{one} and {other}", secrets)


def test_short_values_are_left() -> None:
    """A region or a log level would be struck out of innocent words."""
    assert "INFO in eu-west-1" == struck_out("INFO in eu-west-1", ["INFO", "", "west"])


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("http://user:sesame%2Fseed@proxy:1", {"sesame%2Fseed", "sesame/seed"}),
        ("http://user:sesame/@seed@proxy:1", {"sesame/@seed"}),
        ("https://sesame@proxy", {"sesame"}),
        ("https://proxy:1/path", set()),
        ("user@host", set()),
        ("", set()),
    ],
)
def test_passwords_are_found_in_addresses(url: str, password: set[str]) -> None:
    """As they are written, and as they are meant."""
    assert password == set(passwords([url]))


def answer(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of AWS's
    """Make an answer of GetFunction with two variables, one of which is no secret."""
    variables = {"PASSWORD": "open sesame", "NAME": "orders-api", "LEVEL": "INFO"}
    configuration = {
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders-api",
        "Environment": {"Variables": variables},
        "StateReason": "orders-api said: open\nsesame",
        **members,
    }
    return {"Configuration": configuration, "Code": {"Error": {"Message": "open sesame"}}}


def test_an_answer_loses_its_environment() -> None:
    """And its values in AWS's reasons; what the function's name has in it stays."""
    mended = Hidden(set(), ()).take_out("orders-api", answer())
    assert "Environment" not in mended["Configuration"]
    assert "orders-api said: ***" == mended["Configuration"]["StateReason"]
    assert "***" == mended["Code"]["Error"]["Message"]


def test_a_functions_values_are_struck_out_of_later_errors() -> None:
    """Of errors about this function; another one may use the same word freely."""
    hidden = Hidden({"the-key-in-use"}, ["the-proxy-password"])
    hidden.take_out("orders-api", answer())
    text = "open sesame, the-key-in-use, the-proxy-password and orders-api"
    assert "***, ***, *** and orders-api" == hidden.strike_out("orders-api", text)
    assert "open sesame, ***, *** and orders-api" == hidden.strike_out("billing", text)
    assert "open sesame, ***, *** and orders-api" == hidden.strike_out(None, text)


@pytest.mark.parametrize("member", ["StateReason", "LastUpdateStatusReason"])
def test_the_reasons_of_each_version_are_mended(member: str) -> None:
    """Wherever a configuration stands in an answer."""
    for version in ("$LATEST", "1"):
        structure = configuration(version, "open sesame") | {member: "said: open sesame"}
        for wrapped in (
            structure,
            {"Configuration": structure},
            {"Versions": [configuration("$LATEST", "sesame seed"), structure]},
        ):
            Hidden(set(), ()).take_out("orders", wrapped)
            assert "said: ***" == structure[member]
            assert "Environment" not in structure
            structure |= configuration(version, "open sesame") | {member: "said: open sesame"}


def configuration(version: str | None, *values: str) -> dict[str, Any]:
    """Make a configuration with these values in its environment."""
    variables = {f"V{number}": value for number, value in enumerate(values)}
    named = {} if version is None else {"Version": version}
    return {"Environment": {"Variables": variables}, **named}


LATER: list[dict[str, Any]] = [
    {"Versions": [configuration("$LATEST", "live value"), configuration("1", "old value")]},
    {"Configuration": configuration("1", "old value")},
    configuration("2", "old value"),
    configuration("$LATEST", "old value"),
    configuration(None, "old value"),
    {"Configuration": configuration("$LATEST")},
]


@pytest.mark.parametrize("later", LATER)
def test_what_is_known_of_a_function_is_not_forgotten(later: dict[str, Any]) -> None:
    """Be a version read after it, or the variable changed or removed."""
    hidden = Hidden(set(), ())
    hidden.take_out("orders", {"Configuration": configuration("$LATEST", "live value")})
    hidden.take_out("orders", configuration("7", "old value"))
    hidden.take_out("orders", copy.deepcopy(later))
    assert "*** and ***" == hidden.strike_out("orders", "live value and old value")


def test_many_versions_do_not_displace_the_live_values() -> None:
    """What is kept is bounded, for $LATEST and for versions apart; the newest stay."""
    hidden = Hidden(set(), ())
    hidden.take_out("orders", configuration("$LATEST", "live value"))
    for number in range(100):
        hidden.take_out("orders", configuration(str(number), f"value-{number:03}-" + "x" * 4_000))
    assert "***" == hidden.strike_out("orders", "live value")
    assert "***" == hidden.strike_out("orders", "value-099-" + "x" * 4_000)
    assert "***" == hidden.strike_out("orders", "value-090-" + "x" * 4_000)
    assert sum(map(len, hidden._all("orders"))) < 80_000  # noqa: SLF001 - the bound is inside


def test_a_value_of_any_length_is_struck_out_of_its_own_reason() -> None:
    """Though it is longer than all that is kept."""
    structure = configuration("$LATEST", "long " * 50_000) | {"StateReason": "long " * 50_000}
    Hidden(set(), ()).take_out("orders", structure)
    assert "***" == structure["StateReason"]


def test_keys_that_come_later_are_hidden_too() -> None:
    """The source gives new ones when the old ones expire."""
    keys: set[str] = set()
    hidden = Hidden(keys, ())
    keys.add("a-renewed-key")
    assert "***" == hidden.strike_out(None, "a-renewed-key")


ODD: tuple[object, ...] = (None, 5, "text", [], {}, {"Variables": None}, {"Variables": {"A": 1}})


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_answers_pass(odd: object) -> None:
    """What AWS never sends is for the parser to refuse."""
    hidden = Hidden(set(), ())
    for structure in (
        {"Configuration": odd, "Code": odd, "Versions": odd},
        {"Environment": odd, "StateReason": odd, "Code": {"Error": odd}, "Versions": [odd]},
        {"Code": {"Error": {"Message": odd}}},
    ):
        assert "Environment" not in hidden.take_out("orders", structure)
