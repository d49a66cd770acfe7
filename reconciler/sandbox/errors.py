"""
The errors of the AWS Lambda API, with AWS's own statuses and texts.

The texts are those that AWS was recorded with (LocalStack's ``aws.validated``
snapshots) where the docstring does not say otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_CAPITAL = ("ResourceNotFoundException", "CodeSigningConfigNotFoundException")


class LambdaError(Exception):
    """An answer other than success: ``code`` goes into the header x-amzn-errortype."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        members: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.members = {"Type": "User"} if members is None else dict(members)
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, str]:
        """The JSON body; AWS spells ``Message`` with a capital when something is not found."""
        key = "Message" if self.code in _CAPITAL else "message"
        return {**self.members, key: self.message}


def invalid_parameter(message: str, *, members: Mapping[str, str] | None = None) -> LambdaError:
    """Refuse a value that is well-formed but makes no sense here."""
    return LambdaError(400, "InvalidParameterValueException", message, members=members)


def validation(failures: Iterable[str]) -> LambdaError:
    """Refuse values that break the constraints of the API's model; its body has no Type."""
    found = list(failures)
    noun = "error" if len(found) == 1 else "errors"
    text = f"{len(found)} validation {noun} detected: {'; '.join(found)}"
    return LambdaError(400, "ValidationException", text, members={})


def constraint(value: object, member: str, rule: str) -> str:
    """Word one failure of a ValidationException."""
    return f"Value '{value}' at '{member}' failed to satisfy constraint: {rule}"


def function_not_found(arn: str) -> LambdaError:
    """Say that a function, or the version at the end of the ARN, does not exist."""
    return LambdaError(404, "ResourceNotFoundException", f"Function not found: {arn}")


def alias_not_found(arn: str, *, to_update: bool) -> LambdaError:
    """Say that an alias does not exist; UpdateAlias has words of its own (recorded)."""
    text = "Alias not found" if to_update else "Cannot find alias arn"
    return LambdaError(404, "ResourceNotFoundException", f"{text}: {arn}")


def alias_exists(arn: str) -> LambdaError:
    """Refuse to create an alias twice."""
    return _conflict(f"Alias already exists: {arn}")


def version_in_use(aliases: Iterable[str]) -> LambdaError:
    """Refuse to delete a version that aliases need (go-lambda-cleanup#45)."""
    names = ", ".join(aliases)
    return _conflict(
        f"Unable to delete version because the following aliases reference it: [{names}]",
    )


def version_in_state(state: str, reason_code: str | None) -> LambdaError:
    """
    Refuse an alias for a version that cannot serve.

    Code, status, and the end of the text are known of a Failed SnapStart version
    (terraform-provider-aws#49904); the rest of the text is not.
    """
    return _conflict(
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: '{state}', StateReasonCode: '{reason_code}'",
    )


def code_signing_config_not_found(arn: str) -> LambdaError:
    """Refuse to attach a code signing configuration that does not exist."""
    return LambdaError(
        404,
        "CodeSigningConfigNotFoundException",
        "The code signing configuration cannot be found. "
        f"Check that the provided configuration is not deleted: {arn}.",
    )


def other_region(named: str, asked: str) -> LambdaError:
    """Refuse an ARN of another region than the endpoint's."""
    text = f"Functions from '{named}' are not reachable in this region ('{asked}')"
    return LambdaError(404, "ResourceNotFoundException", text)


def already_exists(name: str) -> LambdaError:
    """Refuse to create a function twice. The text is AWS's, from public error reports."""
    return _conflict(f"Function already exist: {name}")


def update_in_progress(arn: str) -> LambdaError:
    """Refuse a write while LastUpdateStatus is InProgress."""
    return _conflict(
        "The operation cannot be performed at this time. "
        f"An update is in progress for resource: {arn}",
    )


def function_in_state(state: str) -> LambdaError:
    """Refuse a write in a State that admits none (AWS developer guide: functions-states)."""
    return _conflict(
        "The operation cannot be performed at this time. "
        f"The function is currently in the following state: {state}",
    )


def resource_in_state(arn: str, state: str) -> LambdaError:
    """Refuse PutRuntimeManagementConfig; its text differs from the others' (go-to-k/cdkd#1621)."""
    return _conflict(
        "The operation cannot be performed at this time. "
        f"The resource {arn} is currently in the following state: '{state}'",
    )


def stale_revision() -> LambdaError:
    """Refuse a RevisionId that is not the current one."""
    return LambdaError(
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    )


def other_code(given: str, live: str) -> LambdaError:
    """Refuse to publish other code than the caller meant; AWS names the live hash."""
    return invalid_parameter(
        f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({live}). "
        "Please try again with the CodeSHA256 in $LATEST.",
    )


def manual_mode(what: str) -> LambdaError:
    """
    Refuse a change that Manual runtime management forbids.

    Recorded for ``runtime identifier`` (terraform-provider-aws#42699); for the
    architecture AWS documents the rule but nobody has published the text.
    """
    return invalid_parameter(
        f"Cannot change {what} when runtime management configuration is set to 'Manual'. "
        "Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then retry.",
    )


def too_large(message: str) -> LambdaError:
    """Refuse a package or a request over its size limit."""
    return LambdaError(413, "RequestEntityTooLargeException", message, members={})


def s3_error(code: str, message: str) -> LambdaError:
    """Pass on S3's refusal to hand out a package."""
    return invalid_parameter(
        f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}",
    )


def rate_exceeded(retry_after: int) -> LambdaError:
    """
    Refuse a request over the quota; ``retry_after`` is in seconds.

    Text and body are from public error reports (aws/aws-durable-execution-sdk-python#404,
    fyoorer/ShadowClone#46). The seconds are in the header alone, where the API's model has
    retryAfterSeconds; what AWS really puts there is not recorded.
    """
    return LambdaError(
        429,
        "TooManyRequestsException",
        "Rate exceeded",
        members={"Reason": "CallerRateLimitExceeded", "Type": "User"},
        headers={"Retry-After": str(retry_after)},
    )


def unreadable_body(why: str) -> LambdaError:
    """Refuse a body that cannot be understood; the code is AWS's, the text is not recorded."""
    text = f"Could not parse request body into json: {why}"
    return LambdaError(400, "InvalidRequestContentException", text)


def not_in_sandbox(what: str) -> LambdaError:
    """Say plainly that the sandbox ends here; AWS may well have it."""
    text = f"The sandbox does not have {what}."
    return LambdaError(501, "NotImplementedException", text, members={"Type": "Sandbox"})


def internal() -> LambdaError:
    """Answer for a defect of the sandbox itself, in the shape of AWS's ServiceException."""
    text = "The sandbox failed; its log has the reason."
    return LambdaError(500, "ServiceException", text, members={"Type": "Service"})


def _conflict(message: str) -> LambdaError:
    return LambdaError(409, "ResourceConflictException", message)
