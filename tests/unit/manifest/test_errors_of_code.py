"""Mistakes in where the code comes from, and the message for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import MessagesOfSpec

BASE64_FORM = (
    "write the SHA-256 in base64, 44 characters: openssl dgst -sha256 -binary FILE | base64"
)
SOURCES = "zipFile, directory, s3, imageUri"
FIELDS = f"{SOURCES}, sourceKmsKeyArn, nativeCheck"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:v1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
KEY_FORM = "write the ARN of a key, not of an alias: arn:aws:kms:REGION:ACCOUNT:key/ID"

CODE = {
    "the runtime of an image": (
        f"code: {{imageUri: '{IMAGE}'}}\n  runtimeManagement: {{updateRuntimeOn: Manual}}",
        [
            (
                "6:3: spec.runtimeManagement is not possible with code.imageUri, "
                "as an image brings its own runtime; remove it"
            )
        ],
    ),
    "no source": (
        "code: {}",
        [f"9: spec.code names no source; add one of {SOURCES}, or leave code out"],
    ),
    "empty code": (
        "code:",
        [
            (
                f"8: spec.code is empty, not a mapping; write fields below it: {FIELDS}, "
                "or leave the field out"
            )
        ],
    ),
    "code as a string": (
        "code: api.zip",
        [f'9: spec.code is "api.zip", not a mapping; write fields below it: {FIELDS}'],
    ),
    "options without a source": (
        f"code: {{nativeCheck: off, sourceKmsKeyArn: '{KEY}'}}",
        [f"9: spec.code names no source; add one of {SOURCES}, or leave code out"],
    ),
    "an unknown source": (
        "code: {banana: x}",
        [f'10: spec.code has no field "banana"; its fields are {FIELDS}'],
    ),
    "a source by a merge key": (
        "code: {<<: {zipFile: x}}",
        ["10: the merge key << is not supported; write the fields out"],
    ),
    "three sources": (
        "code: {nativeCheck: on, zipFile: x, imageUri: y, directory: z}",
        ["39: spec.code names 3 sources: zipFile, imageUri, directory; keep exactly one of them"],
    ),
    "the key of an image": (
        f"code: {{imageUri: '{IMAGE}', sourceKmsKeyArn: {KEY}}}",
        [
            (
                "78: spec.code.sourceKmsKeyArn is not possible with imageUri, as it encrypts "
                "a .zip package; remove it: the key of an image is that of its ECR repository"
            )
        ],
    ),
    "an alias as key": (
        "code: {zipFile: api.zip, sourceKmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:alias/x'}",
        [
            (
                '45: spec.code.sourceKmsKeyArn is "arn:aws:kms:eu-west-1:123456789012:alias/x", '
                f"which is not allowed; {KEY_FORM}"
            )
        ],
    ),
    "an empty key": (
        "code: {zipFile: api.zip, sourceKmsKeyArn: ''}",
        [(f"45: spec.code.sourceKmsKeyArn is an empty string, which is not allowed; {KEY_FORM}")],
    ),
    "a native check that is neither on nor off": (
        "code: {zipFile: api.zip, nativeCheck: maybe}",
        ['41: spec.code.nativeCheck is "maybe", not one of on, off; write one of them'],
    ),
    "no native check": (
        "code: {zipFile: api.zip, nativeCheck: no}",
        ['41: spec.code.nativeCheck is "no", not one of on, off; write off'],
    ),
    "a native check in quotes": (
        "code: {zipFile: api.zip, nativeCheck: 'True'}",
        ['41: spec.code.nativeCheck is "True", not one of on, off; write on'],
    ),
    "a native check of 0": (
        "code: {zipFile: api.zip, nativeCheck: 0}",
        ["41: spec.code.nativeCheck is the number 0, not one of on, off; write one of them"],
    ),
    "two sources": (
        "code: {zipFile: missing, imageUri: wrong}",
        ["28: spec.code names 2 sources: zipFile, imageUri; keep exactly one of them"],
    ),
    "a source and an unknown one": (
        "code: {zipFile: api.zip, image: a/b}",
        ['28: spec.code has no field "image"; did you mean imageUri?'],
    ),
    "a zip file that is missing": (
        "code: {zipFile: ./no/../missing.zip}",
        [
            (
                "19: spec.code.zipFile does not exist: FOLDER/missing.zip; build it first, "
                "or correct the path, which starts from the folder of this file"
            )
        ],
    ),
    "a zip file that is a folder": (
        "code: {zipFile: source}",
        [
            (
                "19: spec.code.zipFile is a folder: FOLDER/source; "
                "name a zip file, or write directory for a folder"
            )
        ],
    ),
    "a zip file that is a device": (
        "code: {zipFile: /dev/null}",
        ["19: spec.code.zipFile is not a regular file: /dev/null; name a zip file"],
    ),
    "a folder that is a file": (
        "code: {directory: api.zip}",
        [
            (
                "21: spec.code.directory is not a folder: FOLDER/api.zip; "
                "name a folder, or write zipFile for a zip file"
            )
        ],
    ),
    "a folder below a file": (
        "code: {directory: api.zip/x}",
        [
            (
                "21: spec.code.directory does not exist: FOLDER/api.zip/x; build it first, "
                "or correct the path, which starts from the folder of this file"
            )
        ],
    ),
    "a path that no system takes": (
        r'code: {zipFile: "a\0b"}',
        [
            (
                "19: spec.code.zipFile cannot be read, no path can have these characters: "
                r"FOLDER/a\x00b; "
                "build it first, or correct the path, which starts from the folder of this file"
            )
        ],
    ),
    "an empty path": (
        "code: {zipFile: ''}",
        ["19: spec.code.zipFile is an empty string; fill it in"],
    ),
    "an S3 object": (
        "code: {s3: {bucket: ab, sha256: abc}}",
        [
            "10: spec.code.s3.key is missing; add it, for example key: orders/api.zip",
            (
                '23: spec.code.s3.bucket is "ab", which is not allowed; '
                "write a bucket's name: 3 to 63 letters, digits, dots, - and _"
            ),
            f'35: spec.code.s3.sha256 is "abc", which is not allowed; {BASE64_FORM}',
        ],
    ),
    "a digest in hexadecimal": (
        (
            "code: {s3: {bucket: abc, key: k, sha256: "
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852B855}}"
        ),
        [
            (
                "44: spec.code.s3.sha256 is in hexadecimal, not in base64; "
                "write the same digest as 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
            )
        ],
    ),
    "a digest of other length": (
        "code: {s3: {bucket: abc, key: k, sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=}}",
        [
            (
                '44: spec.code.s3.sha256 is "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=", '
                f"which is not allowed; {BASE64_FORM}"
            )
        ],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CODE.values(), ids=CODE)
def test_wrong_code(messages_of_spec: MessagesOfSpec, body: str, expected: list[str]) -> None:
    """Every mistake in the code's source is reported once, at its place."""
    assert messages_of_spec(body) == expected
