"""What the schema refuses in one value: its type, its value, its form, its presence."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from reconciler.manifest import scalars, shape
from reconciler.manifest.function_name import explain_reference
from reconciler.manifest.image import explain_image_uri
from reconciler.manifest.kinds import kind_of
from reconciler.manifest.nodes import Scalar
from reconciler.manifest.words import dotted, listed, nearest, shortened, shown

if TYPE_CHECKING:
    from reconciler.manifest.document import Document, FieldPath, Finding, Place
    from reconciler.manifest.shape import Refusal, Refusals, Schema

_WANTED = {
    "string": "a string",
    "object": "a mapping",
    "boolean": "a boolean",
    "boolean or object": "a boolean or a mapping",
    "string or object": "a string or a mapping",
    "array": "a list",
    "number": "a number",
}
_ACCOUNT_ID = ("spec", "accountId")
_YES = frozenset({"yes", "on", "y", "1"})
_NO = frozenset({"no", "off", "n", "0"})
_HEX_DIGEST = re.compile(r"(?:sha256:)?(?P<digest>[0-9a-fA-F]{64})")
_FORBIDDEN = {
    "region": (
        "goes without spec.targets only, as each target has a region of its own",
        "remove it",
    ),
    "runtimeVersionArn": (
        "goes with updateRuntimeOn: Manual only",
        "remove it, or write updateRuntimeOn: Manual",
    ),
    "runtimeManagement": (
        "is not possible with code.imageUri, as an image brings its own runtime",
        "remove it",
    ),
    "sourceKmsKeyArn": (
        "is not possible with imageUri, as it encrypts a .zip package",
        "remove it: the key of an image is that of its ECR repository",
    ),
}


def refused_value(document: Document, path: FieldPath, refused: Refusals) -> list[Finding]:
    """Return the one thing to say about the value, if anything is."""
    place = document.places[path]
    if shape.FORBIDDEN in refused:
        what, remedy = _FORBIDDEN[str(path[-1])]
        return [document.key_finding(path, f"{dotted(path)} {what}", remedy)]
    for keyword, explain in _KEYWORDS.items():
        if keyword in refused:
            what, remedy = explain(path, place, refused[keyword])
            if keyword == "type" and place.value is None and _is_optional(document, path):
                remedy = f"{remedy}, or leave the field out"
            return [document.finding(path, f"{dotted(path)} {what}", remedy)]
    return []


def _is_optional(document: Document, path: FieldPath) -> bool:
    return path not in shape.required_fields(kind_of(document))


def _wrong_type(path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    wanted = refusal.expected
    kinds = " or ".join([wanted] if isinstance(wanted, str) else wanted)
    remedy = {
        "string": _string_remedy,
        "object": _mapping_remedy,
        "boolean": _boolean_remedy,
        "boolean or object": _boolean_remedy,
        "string or object": _string_remedy,
        "array": _list_remedy,
        "number": _number_remedy,
    }[kinds](place, refusal.schema)
    if path == _ACCOUNT_ID and isinstance(place.node, Scalar) and place.node.text:
        remedy = f"{remedy}, as an account may begin with 0"
    return f"{described(place)}, not {_WANTED[kinds]}", remedy


def _string_remedy(place: Place, _schema: Schema) -> str:
    if not isinstance(place.node, Scalar):
        return "write one string"
    if not place.node.text:
        return "write a string"
    return f'quote it: "{shortened(place.node.text)}"'


def _mapping_remedy(place: Place, schema: Schema) -> str:
    fields = shape.fields_of(schema)
    if isinstance(place.value, str) and place.value.partition(":")[0] in fields:
        return "write a space behind each colon"
    names = listed(fields)
    return f"write fields below it: {names}" if names else "write names and strings below it"


def _list_remedy(place: Place, _schema: Schema) -> str:
    if isinstance(place.value, str) and place.value:
        return f"write [{shortened(place.value)}]"
    return "write a list: [NAME, NAME]"


def _number_remedy(place: Place, _schema: Schema) -> str:
    if place.substituted:
        return "write the number itself: what is substituted is a string"
    if isinstance(place.value, str) and scalars.kind_of(place.value) is scalars.Kind.NUMBER:
        return f"write {shortened(place.value)} without quotes"
    return "write a number, such as 0.5"


def _boolean_remedy(place: Place, schema: Schema) -> str:
    if isinstance(place.node, Scalar) and place.value is not None:
        word = place.value.lower() if isinstance(place.value, str) else place.node.text
        quotes = " without quotes" if word in ("true", "false") and not place.substituted else ""
        if word in _YES or word == "true":
            return f"write true{quotes}"
        if word in _NO or word == "false":
            return f"write false{quotes}"
    names = listed(shape.fields_of(schema))
    return f"write true or false, or fields below it: {names}" if names else "write true or false"


def _wrong_constant(_path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    return f"{described(place)}, not {refusal.expected}", f"write {refusal.expected}"


def _wrong_value(_path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    # Booleans are taken for what YAML 1.1 makes of a word, and need no mention.
    allowed = [word for word in refusal.expected if isinstance(word, str)]
    match = nearest(place.value, allowed) if isinstance(place.value, str) else None
    remedy = f"write {match}" if match else "write one of them"
    return f"{described(place)}, not one of {listed(allowed)}", remedy


def _too_short(path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    if "patternErrorMessage" in refusal.schema:
        return _wrong_form(path, place, refusal)
    return described(place), "fill it in"


def _empty_mapping(_path: FieldPath, _place: Place, refusal: Refusal) -> tuple[str, str]:
    names = listed(shape.fields_of(refusal.schema)) or "a region, such as eu-west-1"
    return "is an empty mapping", f"write below it: {names}"


def _empty_list(_path: FieldPath, _place: Place, _refusal: Refusal) -> tuple[str, str]:
    return "is an empty list", "name one at least, or leave the field out"


def _out_of_range(_path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    least, most = refusal.schema["exclusiveMinimum"], refusal.schema["maximum"]
    return f"{described(place)}, not over {least} and up to {most}", "write a share, such as 0.5"


def _too_long(_path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    length = len(str(place.value))
    return f"has {length} characters", f"at most {refusal.expected} are allowed"


def _wrong_form(path: FieldPath, place: Place, refusal: Refusal) -> tuple[str, str]:
    text = str(place.value)
    if path[-1] == "functionName":
        return explain_reference(text)
    if path[-1] == "imageUri":
        return explain_image_uri(text)
    if path[-1] == "sha256" and (found := _HEX_DIGEST.fullmatch(text)):
        encoded = base64.b64encode(bytes.fromhex(found["digest"])).decode()
        return "is in hexadecimal, not in base64", f"write the same digest as {encoded}"
    return f"{described(place)}, which is not allowed", refusal.schema["patternErrorMessage"]


_KEYWORDS = {
    "const": _wrong_constant,
    "enum": _wrong_value,
    "type": _wrong_type,
    "minLength": _too_short,
    "maxLength": _too_long,
    "pattern": _wrong_form,
    "minProperties": _empty_mapping,
    "minItems": _empty_list,
    "exclusiveMinimum": _out_of_range,
    "maximum": _out_of_range,
}
"""In the order in which one mistake trips several of them."""


def described(place: Place) -> str:
    """Return what the value is, as it was written and as it came out."""
    node, value = place.node, place.value
    if not isinstance(node, Scalar):
        return "is a mapping" if isinstance(value, dict) else "is a list"
    if value is None:
        return "is null" if node.text else "is empty"
    if place.substituted:
        return f"is {shown(str(value))} (from {shown(node.text)})"
    if isinstance(value, str):
        return f"is {shown(value)}" if value else "is an empty string"
    kind = "boolean" if isinstance(value, bool) else "number"
    return f"is the {kind} {shortened(node.text)}"
