"""What an image's URI names: a private ECR repository, and one image in it."""

from __future__ import annotations

import re

from reconciler.model.code import Repository
from reconciler.model.partition import PARTITIONS, partition_of

_LONGEST_REPOSITORY_NAME = 256
_SUFFIXES = "|".join(sorted({re.escape(known.dns_suffix) for known in PARTITIONS}))
# The repository's name is botocore's pattern (ECR, RepositoryName); tag and digest are
# the grammar of the distribution project's "reference" package.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE_URI = re.compile(
    r"(?P<registry>(?P<account>[0-9]{12})\.dkr\.ecr"
    rf"\.(?P<region>[a-z]{{2,4}}(?:-[a-z]+)+-[0-9]+)\.(?P<suffix>{_SUFFIXES}))"
    rf"/(?P<name>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
)


def parse_image_uri(text: str) -> tuple[Repository, str] | None:
    """
    Take ``ACCOUNT.dkr.ecr.REGION.SUFFIX/NAME:TAG``, or ``...@sha256:HEX``, apart.

    Returns the repository and the image's id in it: the digest (``sha256:`` and 64
    hex digits), else the tag. With both the digest counts, as in any container tool.
    Returns None for whatever Lambda cannot run: another registry than a private one of
    ECR, one of its FIPS endpoints (developer guide, images-create), and neither tag nor
    digest, which docker alone reads as ``latest``.
    """
    found = _IMAGE_URI.fullmatch(text)
    if found is None or len(found["name"]) not in range(2, _LONGEST_REPOSITORY_NAME + 1):
        return None
    partition = partition_of(found["region"])
    image_id = found["digest"] or found["tag"]
    if image_id is None or (partition is not None and partition.dns_suffix != found["suffix"]):
        return None
    return Repository(found["registry"], found["account"], found["region"], found["name"]), image_id
