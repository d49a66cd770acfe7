"""
Answers about who asks: credentials that every call fails with, and permissions.

Credentials that are no good stop all who use them: every call would fail alike. A missing
permission never does: it may be missing for one function only. Codes of STS and IAM
are from the models of STS and SSO and from IAM's reference of common errors; S3's from
its API reference.
"""

from __future__ import annotations

from reconciler.aws.rules.rule import STS, Rule, permanent, temporary
from reconciler.model import Scope

_EXPIRED = "the AWS credentials have expired: log in again or renew them, then run again"
_UNKNOWN_KEY = (
    "AWS does not know these credentials: check the access key and AWS_PROFILE, "
    "and that the region is enabled for the account"
)
_SIGNATURE = (
    "check the secret key of the AWS credentials, this machine's clock, "
    "and proxies that rewrite requests"
)
_CLOCK = "set this machine's clock: AWS refuses signatures that are minutes off; then run again"
_INCOMPLETE = "check the AWS credentials and proxies that drop headers, then run again"
_PERMISSION = (
    "give the reconciler's role this permission (`reconcile iam-policy` prints all that it needs; "
    "or take away the policy that denies it), and check that the function is in its account"
)
_TRUST = (
    "let these credentials assume the role: the role's trust policy must name them, "
    "its conditions (external id, OIDC sub and aud) must hold, and their own policy "
    "must allow it"
)
_WEB_IDENTITY = "check the OIDC token and the identity provider in IAM, then run again"

EXPIRED_CODES = ("ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired")
UNKNOWN_KEY_CODES = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidToken",
)
STALE_CREDENTIALS = frozenset(EXPIRED_CODES + UNKNOWN_KEY_CODES)
"""What other credentials from the same source may mend: the source may have been renewed."""
STALE_OR_NOT = frozenset({"400", "403"})
"""
Statuses of a HEAD that stale credentials have, and other refusals too.

S3's list of error responses has ExpiredToken and InvalidToken with 400, and
InvalidAccessKeyId with 403; without a body nothing tells them from the others.
"""


def _stops_run(code: str, remedy: str, *texts: str) -> Rule:
    return permanent(code, remedy, *texts, scope=Scope.RUN)


_CREDENTIALS = (
    *(_stops_run(code, _EXPIRED) for code in EXPIRED_CODES),
    *(_stops_run(code, _UNKNOWN_KEY) for code in UNKNOWN_KEY_CODES),
    _stops_run("InvalidSignatureException", _CLOCK, "signature expired", "not yet current"),
    _stops_run("SignatureDoesNotMatch", _CLOCK, "signature expired", "not yet current"),
    _stops_run("InvalidSignatureException", _SIGNATURE),
    _stops_run("SignatureDoesNotMatch", _SIGNATURE),
    _stops_run("RequestTimeTooSkewed", _CLOCK),
    _stops_run("RequestExpired", _CLOCK),
    _stops_run("IncompleteSignature*", _INCOMPLETE),
    _stops_run("MissingAuthenticationToken*", _INCOMPLETE),
    _stops_run("MissingSecurityHeader", _INCOMPLETE),
    _stops_run("InvalidSecurity", _UNKNOWN_KEY),
    _stops_run("NotSignedUp", "sign the account up for the service, then run again"),
    _stops_run("OptInRequired", "sign the account up for the service, then run again"),
)

_ROLES = (
    temporary("IDPCommunicationError", "AWS cannot reach the identity provider: run again later"),
    _stops_run("IDPRejectedClaim", _WEB_IDENTITY),
    _stops_run("InvalidIdentityToken", _WEB_IDENTITY),
    _stops_run(
        "RegionDisabledException",
        "activate STS for this region in IAM's account settings, then run again",
    ),
    _stops_run("MalformedPolicyDocument", "correct the session policy in the AWS configuration"),
    _stops_run("PackedPolicyTooLarge", "shorten the session policy or the session tags"),
    _stops_run("UnauthorizedException", _EXPIRED),
)

_PERMISSIONS = (
    permanent("AccessDenied*", _TRUST, operations=STS),
    permanent("AccessDenied*", _PERMISSION),
    permanent("UnauthorizedOperation", _PERMISSION),
)

RULES = (*_CREDENTIALS, *_ROLES, *_PERMISSIONS)
