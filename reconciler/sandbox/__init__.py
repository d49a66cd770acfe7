"""
An AWS Lambda control plane on loopback, for trying out and for tests.

Lambda behaves as AWS was recorded or documents it; where AWS's behaviour is unknown the
sandbox is strict, and the docstring says so. Everything else (S3, ECR, STS) is moto's.
Nothing here opens a connection to anywhere but 127.0.0.1.
"""

from reconciler.sandbox.clock import ManualClock
from reconciler.sandbox.control_plane import ControlPlane
from reconciler.sandbox.errors import LambdaError
from reconciler.sandbox.faults import UPDATES, ConnectionLost, Fault, Moment
from reconciler.sandbox.names import ACCOUNT_ID
from reconciler.sandbox.operations import OPERATIONS
from reconciler.sandbox.quotas import Quota
from reconciler.sandbox.request_log import RequestRecord
from reconciler.sandbox.runtimes import runtime_version_arn
from reconciler.sandbox.seed import SEEDED_ENVIRONMENT_VALUE
from reconciler.sandbox.server import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Sandbox
from reconciler.sandbox.state import FunctionConfiguration

__all__ = [
    "ACCESS_KEY_ID",
    "ACCOUNT_ID",
    "OPERATIONS",
    "SECRET_ACCESS_KEY",
    "SEEDED_ENVIRONMENT_VALUE",
    "UPDATES",
    "ConnectionLost",
    "ControlPlane",
    "Fault",
    "FunctionConfiguration",
    "LambdaError",
    "ManualClock",
    "Moment",
    "Quota",
    "RequestRecord",
    "Sandbox",
    "runtime_version_arn",
]
