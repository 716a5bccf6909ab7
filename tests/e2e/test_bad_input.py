"""Bad input on the real stack: the right problem, nothing left behind, and the next request works."""

import time
from typing import Any

import pytest

from tests.e2e.stack import Document, Stack
from tests.hostile.pictures import SVG, painting, png_bomb, saved
from tests.hostile.zips import zipped

PROBLEM = "application/problem+json"


def refused(answer: Any, status: int, code: str, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    problem = answer.json()
    assert (problem["status"], problem["code"], problem.get("field")) == (status, code, field), problem
    assert problem["detail"]


@pytest.mark.usefixtures("rows_and_files")
@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"version": "atelier/no-such-model"}, 404, "not_found", None),
        ({"version": "0" * 64}, 404, "not_found", "version"),
        ({"input": {"unheard_of": 1}}, 422, "unknown_field", "unheard_of"),
        ({"input": {"seed": 2**31}}, 422, "invalid_input", "seed"),
        ({"input": {"seed": -1}}, 422, "invalid_input", "seed"),
        ({"input": {"seed": "seven"}}, 422, "invalid_input", "seed"),
        ({"input": {"count": 10_000}}, 422, "invalid_input", "count"),
        ({"operation": "explode"}, 404, "not_found", "operation"),
        ({"operation": "mix", "input": {"parent_a": "0" * 26}}, 422, "unknown_work", "parent_a"),
        ({"input": []}, 422, "invalid_input", "input"),
        ({"surprise": 1}, 422, "unknown_field", "surprise"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_and_leaves_no_row(
    stack: Stack, version: str, body: Document, status: int, code: str, field: str | None
) -> None:
    refused(stack.post("/v1/predictions", {"version": version} | body), status, code, field)


@pytest.mark.usefixtures("rows_and_files")
@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("words.png", b"these are words and no picture", "not_an_image"),
        ("drawing.png", SVG, "not_an_image"),
        ("empty.png", b"", "empty_file"),
        ("../evil.png", saved(painting()), "unsafe_path"),
    ],
)
def test_an_upload_that_is_no_picture_leaves_neither_row_nor_file(
    stack: Stack, name: str, data: bytes, code: str
) -> None:
    refused(stack.upload("Bad", (name, data)), 422, code, "files")
    refused(stack.upload("Bad", ("good.png", saved(painting())), (name, data)), 422, code, "files")


@pytest.mark.usefixtures("rows_and_files")
def test_a_training_on_no_data_set_is_refused(stack: Stack) -> None:
    body = {"family": "painting_gan", "destination": "atelier/none", "input": {"dataset": "0" * 26}}
    refused(stack.post("/v1/trainings", body), 422, "unknown_dataset", "dataset")
    assert stack.http.get("/v1/models/atelier/none").status_code == 404


@pytest.mark.usefixtures("rows_and_files")
@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_what_is_no_json_is_refused(stack: Stack, body: bytes) -> None:
    answer = stack.http.post("/v1/predictions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("up.zip", zipped({"a.png": saved(painting(1)), "../evil.png": saved(painting(2))}), "unsafe_path"),
        ("vast.png", png_bomb(12_000), "image_too_large"),
        ("empty.zip", zipped({}), "empty_zip"),
        ("cut.png", saved(painting(3))[:400], "truncated_image"),
    ],
)
def test_what_only_decoding_shows_fails_the_job_at_once(
    stack: Stack, name: str, data: bytes, code: str
) -> None:
    answer = stack.upload("Hostile", (name, data))
    assert answer.status_code == 202, answer.text
    began = time.monotonic()
    done = stack.finish(answer.json())
    assert time.monotonic() - began < 60
    assert (done["status"], done["error_code"]) == ("failed", code), done
    assert name in done["error"]
    assert len(done["attempts"]) == 1 and done["output"] is None
    assert "Hostile" not in {row["name"] for row in stack.get("/v1/datasets")["results"]}
    assert not (stack.home.parent / "evil.png").exists()
    page = stack.http.get(f"/jobs/{done['id']}", headers={"Accept": "text/html"})
    assert page.status_code == 200 and name in page.text


def test_after_all_that_the_next_request_works(stack: Stack, version: str) -> None:
    done = stack.succeed(stack.submit("/v1/predictions", {"version": version, "input": {"seed": 99}}))
    assert len(done["output"]) == 4
    answer = stack.upload("Good", ("good.png", saved(painting(5))))
    assert stack.succeed(answer.json())["output"]["dataset"]
