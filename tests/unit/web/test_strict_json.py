import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from shared.errors import MalformedRequest
from web.strict_json import MAX_BYTES, MAX_DEPTH, parse


def test_reads_what_json_is() -> None:
    assert parse(b'{"a": [1, 2.5, true, null, "\\u4e2d"]}') == {"a": [1, 2.5, True, None, "中"]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{'a': 1}", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"a": NaN}', "not_finite"),
        (b'{"a": Infinity}', "not_finite"),
        (b'{"a": -Infinity}', "not_finite"),
        (b'{"a": 1e400}', "not_finite"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_key"),
        (b'{"a": ' + b"1" * 5000 + b"}", "number_too_long"),
        (b"[" * 200_000, "too_deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too_deep"),
        (b'{"a": "\\u0000"}', "bad_text"),
        (b'{"a": "\\ud800"}', "bad_text"),
        (b'{"\\ud800": 1}', "bad_text"),
        (b'{"a": ["x", "\\u0000"]}', "bad_text"),
    ],
)
def test_refuses_what_two_parsers_could_read_differently(body: bytes, code: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        parse(body)
    assert refused.value.code == code


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    text = "[" * 1000 + '\\"' + "{" * 1000
    assert parse(('{"a": "' + text + '"}').encode()) == {"a": "[" * 1000 + '"' + "{" * 1000}


def test_the_deepest_that_is_allowed() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None


@pytest.mark.parametrize(
    "text", ["A" * (8 << 20), '\\"' * (2 << 20), "\\\\" * (2 << 20), "[{" * (2 << 20)], ids=len
)
def test_a_long_text_is_read(text: str) -> None:
    read = parse(f'{{"file": "{text}", "deep": [[1]]}}'.encode())
    assert read["deep"] == [[1]] and len(read["file"]) >= len(text) // 2


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * MAX_BYTES + b"1]",
        b"[" + b'"",' * (MAX_BYTES + 1) + b'""]',
        b"[" + b"[]," * MAX_BYTES + b"[]]",
        b" " * (MAX_BYTES + 1) + b"1",
    ],
    ids=["numbers", "texts", "lists", "spaces"],
)
def test_many_values_are_too_much_however_long_a_body_may_be(body: bytes) -> None:
    with pytest.raises(RequestEntityTooLarge):
        parse(body)


@pytest.mark.parametrize("tail", ["", "\\", '\\"', "[" * 100])
def test_a_text_without_its_end_is_no_json(tail: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        parse(('{"a": "' + tail).encode())
    assert refused.value.code == "not_json"
