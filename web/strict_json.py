"""JSON from outside, read strictly: what two parsers could read differently is refused."""

import json
import math
import re
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from shared.errors import MalformedRequest

#: A request body in JSON never needs more than this many bytes, but for files in its texts.
MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_DIGITS = 20
#: NUL, and halves of a pair.
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
#: Texts in JSON, also one without its end; possessive, so that no body makes it look twice.
_TEXTS = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?+)++', re.DOTALL)


def body(*, files: int = 0) -> dict[str, Any]:
    """The JSON object in the body of this request; its texts may carry ``files`` bytes of files besides.

    Raises:
        MalformedRequest: if the body is not one JSON object, strictly read, or is not declared as JSON.
        RequestEntityTooLarge: it is too long.
    """
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise MalformedRequest("send the body as application/json", code="not_json")
    request.max_content_length = MAX_BYTES + files
    value = parse(request.get_data(cache=False))
    if not isinstance(value, dict):
        raise MalformedRequest("the body must be a JSON object: {...}", code="not_json")
    return value


def parse(data: bytes) -> Any:
    """``data`` as JSON.

    Raises:
        MalformedRequest: for NaN and infinities, repeated keys, numbers too long or too large, nesting
            deeper than MAX_DEPTH, text that is not UTF-8, NUL characters and lone surrogates.
        RequestEntityTooLarge: there are more than MAX_BYTES characters outside of texts.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest("the body is not UTF-8 text", code="not_json") from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_no_repeats,
            parse_constant=_no_constants,
            parse_int=_short_integer,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise MalformedRequest(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}", code="not_json"
        ) from None
    _check_text(value)
    return value


def _check_depth(text: str) -> None:
    depth, bare = 0, _TEXTS.sub("", text)
    if len(bare) > MAX_BYTES:
        # Many small values take many times their length in memory.
        raise RequestEntityTooLarge
    for character in bare:
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedRequest(f"the JSON is nested deeper than {MAX_DEPTH} levels", code="too_deep")
        elif character in "]}":
            depth -= 1


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            shown = key[:80]
            raise MalformedRequest(f"the key {shown!r} appears twice", code="duplicate_key", field=shown)
        result[key] = value
    return result


def _no_constants(name: str) -> NoReturn:
    raise MalformedRequest(f"{name} is not a JSON number", code="not_finite")


def _short_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise MalformedRequest(f"a number of {len(digits)} digits is too long", code="number_too_long")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise MalformedRequest("a number is too large", code="not_finite")
    return value


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if _BAD_TEXT.search(value):
            raise MalformedRequest("a text has a NUL character or half a character in it", code="bad_text")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
