"""AWS's partitions: the separate worlds that a region and an ARN belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass

REGION_PATTERN = r"(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9]"
"""The code of a region, in any partition (API reference, FunctionName)."""


@dataclass(frozen=True, slots=True)
class Partition:
    """
    One partition: ``name`` is the second part of its ARNs.

    ``region_pattern`` matches its regions, also those that are yet to come, and
    ``dns_suffix`` ends the host names of its services.
    """

    name: str
    region_pattern: re.Pattern[str]
    dns_suffix: str


PARTITIONS = (
    Partition("aws", re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+"), "amazonaws.com"),
    Partition("aws-cn", re.compile(r"cn-\w+-\d+"), "amazonaws.com.cn"),
    Partition("aws-eusc", re.compile(r"eusc-(de)-\w+-\d+"), "amazonaws.eu"),
    Partition("aws-iso", re.compile(r"us-iso-\w+-\d+"), "c2s.ic.gov"),
    Partition("aws-iso-b", re.compile(r"us-isob-\w+-\d+"), "sc2s.sgov.gov"),
    Partition("aws-iso-e", re.compile(r"eu-isoe-\w+-\d+"), "cloud.adc-e.uk"),
    Partition("aws-iso-f", re.compile(r"us-isof-\w+-\d+"), "csp.hci.ic.gov"),
    Partition("aws-us-gov", re.compile(r"us-gov-\w+-\d+"), "amazonaws.com"),
)
"""As botocore 1.44.5 lists them in data/partitions.json: id, regionRegex and dnsSuffix."""


def partition_of(region: str) -> Partition | None:
    """Return the partition of the region, None where its code has a prefix not known here."""
    return next((known for known in PARTITIONS if known.region_pattern.fullmatch(region)), None)
