import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared import files
from shared.artifacts import Blob, FolderStore, StagedFile
from shared.errors import BadFile, StorageFull, Unavailable
from shared.settings import Settings
from tests.unit.web import browser
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio
from web.app import create_app
from web.context import Services
from web.uploads import clean_name

File = tuple[io.BytesIO, str]


def upload(
    client: FlaskClient, *files: tuple[bytes, str], name: str = "Prints"
) -> tuple[int, dict[str, object]]:
    sent: list[File] = [(io.BytesIO(data), file_name) for data, file_name in files]
    answer = client.post("/v1/datasets", data={"name": name, "files": sent})
    return answer.status_code, answer.get_json()


def kept(parts: Services) -> list[Path]:
    """Every file under the store, temporary ones too."""
    assert isinstance(parts.store, FolderStore)
    return [path for path in parts.store.root.rglob("*") if path.is_file()]


def test_pictures_become_an_ingest_with_their_bytes_in_the_store(
    client: FlaskClient, studio: Studio, parts: Services
) -> None:
    status, body = upload(client, (png(color=(1, 2, 3)), "a.png"), (png(color=(4, 5, 6)), "folder/b.png"))
    assert (status, body["status"], body["object"]) == (202, "starting", "ingest")
    files = client.get("/v1/files").get_json()["results"]
    assert sorted(file["name"] for file in files) == ["a.png", "folder/b.png"]
    assert {parts.store.read(file["checksums"]["sha256"])[:4] for file in files} == {b"\x89PNG"}
    given = body["input"]
    assert isinstance(given, dict) and len(given["files"]) == 2 and given["name"] == "Prints"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "empty.png", "empty_file"),
        (b"just a text that pretends", "cat.png", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cat.png", "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF", "cat.png", "not_an_image"),
        (b"\x89PN", "short.png", "not_an_image"),
        (b"<html>" + png(), "cat.png", "not_an_image"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    client: FlaskClient, studio: Studio, parts: Services, data: bytes, name: str, code: str
) -> None:
    status, problem = upload(client, (png(), "good.png"), (data, name))
    assert (status, problem["code"], problem["field"]) == (422, code, "files")
    assert name in str(problem["detail"])
    assert kept(parts) == []
    assert client.get("/v1/files").get_json()["results"] == []
    assert client.get("/v1/jobs").get_json()["results"] == []
    assert upload(client, (png(), "good.png"))[0] == 202


@pytest.mark.parametrize("name", ["../up.png", "/etc/passwd", "a/../b.png"])
def test_hostile_file_names_are_refused(
    client: FlaskClient, studio: Studio, parts: Services, name: str
) -> None:
    status, problem = upload(client, (png(), name))
    assert (status, problem["code"]) == (422, "unsafe_path")
    assert kept(parts) == []


@pytest.mark.parametrize(
    "name", ["C:\\x.png", "..\\x.png", "\\x.png", "a\r\nb.png", "a\0b.png", "a\x7fb.png"]
)
def test_control_characters_and_windows_paths_are_refused(name: str) -> None:
    with pytest.raises(BadFile) as refused:
        clean_name(name)
    assert refused.value.code == "unsafe_path"


def test_names_are_kept_readable() -> None:
    assert clean_name("浮世絵/ 富士 .png") == "浮世絵/ 富士 .png"
    assert clean_name("a//b.png") == "a/b.png"
    assert len(clean_name("x" * 5000)) == 200


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_the_name_of_the_data_set_is_checked(
    client: FlaskClient, studio: Studio, parts: Services, name: str
) -> None:
    status, problem = upload(client, (png(), "a.png"), name=name)
    assert (status, problem["field"]) == (422, "name")
    assert kept(parts) == []


def test_no_file_at_all(client: FlaskClient, studio: Studio) -> None:
    answer = client.post("/v1/datasets", data={"name": "x"})
    assert (answer.status_code, answer.get_json()["field"]) == (422, "files")
    not_multipart = client.post("/v1/datasets", json={"name": "x"})
    assert not_multipart.status_code == 422


def test_an_upload_sent_again_under_its_key_is_the_same_ingest(
    client: FlaskClient, studio: Studio, parts: Services
) -> None:
    def send(picture: bytes) -> tuple[int, dict[str, object]]:
        form = {"name": "Prints", "files": (io.BytesIO(picture), "a.png")}
        answer = client.post("/v1/datasets", data=form, headers={"Idempotency-Key": "once"})
        return answer.status_code, answer.get_json()

    _, first = send(png())
    stored = kept(parts)
    status, again = send(png())
    assert (status, again["id"]) == (202, first["id"])
    status, problem = send(png(color=(9, 9, 9)))
    assert (status, problem["code"]) == (422, "idempotency_mismatch")
    assert kept(parts) == stored
    assert len(client.get("/v1/files").get_json()["results"]) == 1


def test_an_upload_beyond_the_quota_leaves_nothing(
    settings_for: Callable[..., Settings], studio: Studio, parts: Services
) -> None:
    full = create_app(settings_for(max_queued=1)).test_client()
    assert upload(full, (png(), "a.png"))[0] == 202
    stored = kept(parts)
    status, problem = upload(full, (png(color=(9, 9, 9)), "b.png"))
    assert (status, problem["code"]) == (429, "quota_exceeded")
    assert kept(parts) == stored


def test_a_disk_that_fills_on_the_way_keeps_no_file_of_the_request(
    client: FlaskClient, studio: Studio, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = png(color=(7, 7, 7))
    assert upload(client, (shared, "mine.png"))[0] == 202
    stored = kept(parts)
    commits, commit = [], StagedFile.commit

    def full_at_the_third(staged: StagedFile) -> Blob:
        commits.append(staged)
        if len(commits) == 3:
            raise StorageFull("the disk is full")
        return commit(staged)

    monkeypatch.setattr(StagedFile, "commit", full_at_the_third)
    status, problem = upload(
        client, (png(color=(1, 1, 1)), "a.png"), (shared, "b.png"), (png(color=(2, 2, 2)), "c.png")
    )
    assert (status, problem["code"]) == (503, "storage_full")
    assert kept(parts) == stored, "what another upload has too stays"
    assert len(client.get("/v1/files").get_json()["results"]) == 1


def test_a_database_that_fails_at_the_end_keeps_no_file_of_the_request(
    client: FlaskClient, studio: Studio, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, insert = [], files.insert_artifact

    def away_at_the_second(*arguments: Any, **options: Any) -> str:
        rows.append(arguments)
        if len(rows) == 2:
            raise Unavailable("the database is away")
        return insert(*arguments, **options)

    monkeypatch.setattr(files, "insert_artifact", away_at_the_second)
    status, problem = upload(client, (png(color=(1, 1, 1)), "a.png"), (png(color=(2, 2, 2)), "b.png"))
    assert (status, problem["code"]) == (503, "unavailable")
    assert kept(parts) == []
    assert client.get("/v1/files").get_json()["results"] == []


def test_a_file_that_cannot_be_deleted_does_not_undo_a_cancel(
    client: FlaskClient, studio: Studio, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError("read-only file system")

    monkeypatch.setattr(parts.store, "delete", refuse)
    _, body = upload(client, (png(), "a.png"))
    canceled = client.post(f"/v1/jobs/{body['id']}/cancel")
    assert (canceled.status_code, canceled.get_json()["status"]) == (200, "canceled")
    sent = client.post("/v1/files", data={"content": (io.BytesIO(png()), "cat.png")}).get_json()
    assert client.delete(f"/v1/files/{sent['id']}").status_code == 204


def test_before_any_worker_came_one_is_asked_to_come_again(client: FlaskClient, parts: Services) -> None:
    sent = {"name": "Prints", "files": [(io.BytesIO(png()), "a.png")]}
    answer = client.post("/v1/datasets", data=sent)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1 and "may still be starting" in problem["detail"]
    assert kept(parts) == []
    shown = browser.send(client, "/datasets", name="Prints", files=(io.BytesIO(png()), "a.png"))
    assert shown.status_code == 503 and int(shown.headers["Retry-After"]) >= 1
    assert "may still be starting" in shown.text and 'value="Prints"' in shown.text
    assert kept(parts) == []


def test_more_than_allowed_is_too_large(settings_for: Callable[..., Settings], studio: Studio) -> None:
    small = create_app(settings_for(max_upload_mb=1)).test_client()
    status, problem = upload(small, (png() + b"\0" * (3 << 20), "big.png"))
    assert (status, problem["code"]) == (413, "too_large")


def test_too_many_files_are_sent_back_for_a_zip(
    client: FlaskClient, studio: Studio, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.uploads.MOST_FILES", 2)
    status, problem = upload(client, *[(png(), f"{index}.png") for index in range(3)])
    assert (status, problem["code"]) == (422, "too_many_files")
    assert kept(parts) == []


def test_a_file_is_never_whole_in_memory(client: FlaskClient, studio: Studio, parts: Services) -> None:
    sizes: list[int] = []
    stage = parts.store.stage

    def watched() -> object:
        staged = stage()
        write = staged.write

        def count(data: bytes) -> None:
            sizes.append(len(data))
            write(data)

        staged.write = count  # type: ignore[method-assign]
        return staged

    parts.store.stage = watched  # type: ignore[method-assign,assignment]
    assert upload(client, (png() + b"\0" * (2 << 20), "long.png"))[0] == 202
    assert sum(sizes) == len(png()) + (2 << 20)
    assert max(sizes) <= 256 << 10


def test_a_file_sent_ahead_as_replicates_clients_do(client: FlaskClient, parts: Services) -> None:
    answer = client.post("/v1/files", data={"content": (io.BytesIO(png()), "cat.png")})
    body = answer.get_json()
    assert (answer.status_code, body["content_type"], body["size"]) == (201, "image/png", len(png()))
    assert client.get(f"/artifacts/{body['id']}").status_code == 404, "an original is never served"
    assert client.get(body["urls"]["get"]).get_json()["id"] == body["id"]
    twin = client.post("/v1/files", data={"content": (io.BytesIO(png()), "twin.png")}).get_json()
    assert client.delete(f"/v1/files/{twin['id']}").status_code == 204
    assert len(kept(parts)) == 1, "another file has the same bytes"
    assert client.delete(f"/v1/files/{body['id']}").status_code == 204
    assert kept(parts) == []
    assert client.get(f"/v1/files/{body['id']}").status_code == 404


def test_the_error_of_a_file_sent_ahead_names_its_field(client: FlaskClient) -> None:
    answer = client.post("/v1/files", data={"content": (io.BytesIO(b"text"), "a.png")})
    assert answer.get_json()["field"] == "content"
    assert client.post("/v1/files", data={}).get_json()["field"] == "content"


class TestForm:
    def test_without_javascript_it_leads_to_the_job(self, client: FlaskClient, studio: Studio) -> None:
        answer = browser.send(client, "/datasets", name="Prints", files=(io.BytesIO(png()), "a.png"))
        assert answer.status_code == 303
        page = client.get(answer.headers["Location"], headers=browser.HTML).text
        assert "Data set “Prints”" in page and 'http-equiv="refresh"' in page

    def test_an_error_stands_beside_its_field(self, client: FlaskClient, studio: Studio) -> None:
        answer = browser.send(client, "/datasets", name="Prints", files=(io.BytesIO(b"text"), "a.png"))
        assert answer.status_code == 422
        told = answer.text.split('data-error="files"')[1].split("</p>")[0]
        assert "a.png is neither a picture" in told
        assert 'value="Prints"' not in answer.text.split('data-error="files"')[1]

    def test_with_javascript_a_forged_one_is_refused_before_it_is_read(
        self, client: FlaskClient, studio: Studio, parts: Services
    ) -> None:
        headers = {**browser.ORIGIN, **browser.JSON, "X-CSRF-Token": "wrong"}
        answer = client.post(
            "/datasets", data={"name": "x", "files": (io.BytesIO(png()), "a.png")}, headers=headers
        )
        assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf_failed")
        assert kept(parts) == []
