"""The HTTP client: pages, problems, downloads, and where it finds Atelier."""

import io
from pathlib import Path

import httpx
import pytest

from cli.client import Client, find_address
from shared.errors import AtelierError, Unavailable
from shared.settings import load_settings
from tests.support.fake_server import FakeServer


def test_it_follows_pages_and_stops_at_the_limit(client: Client, server: FakeServer) -> None:
    server.on("GET", "/v1/jobs", {"results": [{"id": "1"}, {"id": "2"}], "next": "/v1/jobs?cursor=b"})
    server.on("GET", "/v1/jobs?cursor=b", {"results": [{"id": "3"}, {"id": "4"}], "next": None})
    assert [job["id"] for job in client.results("/v1/jobs")] == ["1", "2", "3", "4"]
    assert [job["id"] for job in client.results("/v1/jobs", 3)] == ["1", "2", "3"]


def test_a_small_limit_asks_for_one_page(client: Client, server: FakeServer) -> None:
    server.on("GET", "/v1/jobs", {"results": [{"id": "1"}, {"id": "2"}], "next": "/never"})
    assert [job["id"] for job in client.results("/v1/jobs", 1)] == ["1"]
    assert len(server.asked) == 1


def test_it_sends_the_password_and_leaves_out_nothing(client: Client, server: FakeServer) -> None:
    server.on("GET", "/v1/jobs?limit=5", {"results": []})
    client.get("/v1/jobs", limit=5, cursor=None)
    assert server.asked[0].headers["Authorization"] == "Bearer s3cret"


def test_a_problem_keeps_its_message_field_and_code(client: Client, server: FakeServer) -> None:
    problem = {"detail": "seed must be at least 0", "field": "seed", "code": "invalid_input", "status": 422}
    server.on("POST", "/v1/predictions", httpx.Response(422, json=problem))
    with pytest.raises(AtelierError, match="at least 0") as refused:
        client.post("/v1/predictions", {})
    assert (refused.value.field, refused.value.code) == ("seed", "invalid_input")


@pytest.mark.parametrize("body", [b"<html>", b'{"other": 1}', b"[]"])
def test_an_error_without_a_problem_names_the_status(client: Client, server: FakeServer, body: bytes) -> None:
    server.on("GET", "/v1/models", httpx.Response(502, content=body))
    with pytest.raises(Unavailable, match="502"):
        client.get("/v1/models")


def test_another_program_on_the_port_is_noticed(client: Client, server: FakeServer) -> None:
    server.on("GET", "/v1/models", httpx.Response(200, content=b"hello"))
    with pytest.raises(Unavailable, match="not an Atelier"):
        client.get("/v1/models")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx.ConnectError("refused"), r"Is `atelier up` running\?"),
        (httpx.ReadTimeout("late"), "does not answer in time"),
        (httpx.RemoteProtocolError("cut"), "broke"),
    ],
)
def test_network_faults_say_what_to_do(
    client: Client, server: FakeServer, failure: Exception, said: str
) -> None:
    server.on("GET", "/v1/models", failure)
    with pytest.raises(Unavailable, match=said):
        client.get("/v1/models")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Content-Disposition": 'attachment; filename="work.webp"', "Content-Type": "image/webp"}, "a.webp"),
        ({"Content-Disposition": "attachment; filename*=UTF-8''w%C3%A4rk.npz"}, "a.npz"),
        ({"Content-Type": "image/png; charset=x"}, "a.png"),
        ({"Content-Disposition": 'attachment; filename="../../evil"'}, "a"),
        ({}, "a"),
    ],
)
def test_a_download_is_whole_and_keeps_its_suffix(
    client: Client, server: FakeServer, tmp_path: Path, headers: dict[str, str], name: str
) -> None:
    server.on("GET", "/artifacts/a", httpx.Response(200, content=b"x" * 1000, headers=headers))
    assert client.download("/artifacts/a", tmp_path, "a") == tmp_path / name
    assert [(file.name, file.stat().st_size) for file in tmp_path.iterdir()] == [(name, 1000)]


def test_a_failed_download_leaves_nothing(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.on("GET", "/artifacts/a", httpx.Response(404, json={"detail": "no such artifact"}))
    with pytest.raises(AtelierError, match="no such artifact"):
        client.download("/artifacts/a", tmp_path, "a")
    assert not list(tmp_path.iterdir())


def test_an_upload_is_a_form_with_files(client: Client, server: FakeServer) -> None:
    server.on("POST", "/v1/datasets", {"id": "job"})
    answer = client.upload("/v1/datasets", {"name": "Prints"}, [("works.zip", io.BytesIO(b"PK"))])
    assert answer == {"id": "job"}
    body = server.asked[0].content
    assert b'name="name"' in body
    assert b"Prints" in body
    assert b'name="files"; filename="works.zip"' in body


def test_the_address_written_by_up_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATELIER_PORT", raising=False)
    settings = load_settings(home=tmp_path)
    assert find_address(settings) == "http://127.0.0.1:8000"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "address").write_text("http://127.0.0.1:8123")
    assert find_address(settings) == "http://127.0.0.1:8123"
    assert find_address(load_settings(home=tmp_path, port=9000)) == "http://127.0.0.1:9000"
