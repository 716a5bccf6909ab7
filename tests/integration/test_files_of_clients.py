"""Replicate's own client hands an open file to a job, on a real web and a real worker."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from replicate.client import Client
from replicate.exceptions import ReplicateError

from shared import garbage
from shared.artifacts import FolderStore
from shared.database import Database
from shared.settings import Settings
from tests.support.bell import BellServer
from tests.support.web import WebProcess
from tests.support.workers import WorkerProcess, toy_version
from tests.unit.web.pictures import png

#: Sent to /v1/files ahead of the request, or inside it.
How = Literal["url", "base64"]


@pytest.fixture
def settings(settings_for: Callable[..., Settings], tmp_path: Path, bell: BellServer) -> Settings:
    store = f"file://{tmp_path / 'store'}"
    return settings_for(families="tests.families.toy", redis_url=bell.url, store_url=store)


@pytest.fixture
def web(settings: Settings, db: Database, tmp_path: Path) -> Iterator[WebProcess]:
    """A web and a worker that serves a version of the toy."""
    with (
        WorkerProcess(settings, tmp_path / "worker.log") as worker,
        WebProcess(settings, tmp_path / "web.log") as started,
    ):
        worker.wait_ready(db)
        yield started


@pytest.fixture
def version(db: Database, tmp_path: Path) -> str:
    return toy_version(db, FolderStore(tmp_path / "store"))[1]


@pytest.fixture
def client(web: WebProcess) -> Client:
    return Client(api_token="anything", base_url=web.address, timeout=httpx.Timeout(60.0))


def made(client: Client, web: WebProcess, version: str, how: How, **given: Any) -> tuple[Any, bytes]:
    """What a prediction gave that begins from these, and its picture; files go ``how``."""
    prediction = client.predictions.create(
        version=version, input={"seed": 3} | given, file_encoding_strategy=how
    )
    prediction.wait()
    assert prediction.status == "succeeded", (prediction.error, web.output())
    return prediction, httpx.get((prediction.output or [])[0]).content


def test_an_open_file_is_an_input(
    client: Client, web: WebProcess, version: str, tmp_path: Path, db: Database
) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(png())
    _, plain = made(client, web, version, "url")
    with path.open("rb") as file:
        first, begun = made(client, web, version, "url", picture=file)
    assert begun != plain, "the bytes of the file reach the family"
    with path.open("rb") as file:
        second, same = made(client, web, version, "base64", picture=file)
    third, again = made(client, web, version, "url", picture=path)
    assert begun == same == again
    assert second.input["picture"] != first.input["picture"], "an id each"
    assert {client.predictions.get(one.id).metrics is not None for one in (second, third)} == {True}
    cached = [web.http.get(f"/v1/predictions/{one.id}").json()["cached_from"] for one in (second, third)]
    assert cached == [first.id, first.id], "equal files make equal requests"
    fourth, other = made(client, web, version, "base64", picture=io.BytesIO(png(color=(1, 2, 3))))
    assert other not in (plain, begun)
    assert client.files.get(fourth.input["picture"]).content_type == "image/png"
    assert garbage.forget_uploads(db, older_seconds=-60) == 0, "every file is named by a job"


def test_an_output_is_an_input(client: Client, web: WebProcess, version: str) -> None:
    first, picture = made(client, web, version, "url")
    _, by_address = made(client, web, version, "url", picture=first.output[0])
    _, by_bytes = made(client, web, version, "base64", picture=io.BytesIO(picture))
    assert by_address == by_bytes != picture


@pytest.mark.parametrize("how", ["url", "base64"])
def test_a_file_that_is_refused_is_told_to_the_client(
    client: Client, web: WebProcess, version: str, how: How
) -> None:
    for data, code in ((b"GIF89a" + b"\0" * 20, "wrong_media_type"), (b"words", "not_an_image")):
        with pytest.raises(ReplicateError) as refused:
            made(client, web, version, how, picture=io.BytesIO(data))
        assert refused.value.status == 422 and code in str(refused.value.type)
    if how == "base64":
        assert client.files.list() == []
    assert client.predictions.list().results == []
