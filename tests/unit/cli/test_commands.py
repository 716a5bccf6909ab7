"""Each subcommand against a server that answers as the API does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import follow
from cli.main import COMMANDS
from tests.support.fake_server import FakeServer

Run = Callable[..., tuple[int, str, str]]
VERSION = "f" * 64


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(follow, "LONGEST_WAIT", 0.0)


def job(status: str, **more: Any) -> dict[str, Any]:
    progress = {"fraction": 0.0, "detail": {}}
    return {"id": "j1", "status": status, "operation": "generate", "progress": progress, **more}


def problem(status: int, detail: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"detail": detail, "code": "invalid_input", "status": status, **more})


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Usage: atelier" in out


def test_no_command_shows_the_help(run: Run) -> None:
    code, _, err = run()
    assert code == 2
    assert "generate" in err


def test_a_wrong_command_is_refused(run: Run) -> None:
    code, _, err = run("paint")
    assert code == 2
    assert "paint" in err


@pytest.mark.parametrize(
    "arguments", [("models",), ("jobs",), ("workers",), ("dataset", "list"), ("cancel", "x")]
)
def test_without_a_server_one_line_says_what_to_do(
    run: Run, server: FakeServer, arguments: tuple[str, ...]
) -> None:
    for method, path in (
        ("GET", "/v1/models"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/workers"),
        ("GET", "/v1/datasets"),
        ("POST", "/v1/jobs/x/cancel"),
    ):
        server.on(method, path, httpx.ConnectError("refused"))
    code, out, err = run(*arguments)
    assert code == 1
    assert out == ""
    assert "Is `atelier up` running?" in err
    assert len(err.strip().splitlines()) == 1


def test_a_bad_setting_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_PORT", "many")
    code, _, err = run("models")
    assert code == 1
    assert "ATELIER_PORT" in err


def stored(name: str, role: str = "output", *, position: int = 0) -> dict[str, Any]:
    return {"role": role, "position": position, "url": f"http://atelier.test/artifacts/{name}"}


def test_generate_saves_every_output(run: Run, server: FakeServer, tmp_path: Path) -> None:
    server.on("POST", "/v1/predictions", job("starting"))
    done = job("succeeded", files=[stored("a"), stored("b", position=1), stored("c", "thumbnail")])
    server.on("GET", "/v1/predictions/j1", [job("starting", position=2), job("processing"), done])
    for name in "ab":
        found = httpx.Response(200, content=name.encode(), headers={"Content-Type": "image/png"})
        server.on("GET", f"/artifacts/{name}", found)
    code, out, _ = run(
        *("generate", "prints", "--url", "http://atelier.test", "--seed", "7", "--count", "2"),
        *("--psi", "0.5", "--set", "class=ukiyo-e", "--set", "mirror=true", "-o", str(tmp_path / "out")),
    )
    assert code == 0
    assert out.split() == [str(tmp_path / "out" / name) for name in ("j1-00.png", "j1-01.png")]
    assert (tmp_path / "out" / "j1-01.png").read_bytes() == b"b"
    sent = json.loads(next(r.content for r in server.asked if r.method == "POST"))
    assert sent == {
        "version": "atelier/prints",
        "operation": "generate",
        "input": {"seed": 7, "count": 2, "psi": 0.5, "class": "ukiyo-e", "mirror": True},
    }


def test_generate_saves_the_sound_and_the_score_of_music(
    run: Run, server: FakeServer, tmp_path: Path
) -> None:
    server.on("POST", "/v1/predictions", job("starting"))
    files = [stored("m"), stored("w", "audio"), stored("x", "score"), stored("n", "notes")]
    server.on("GET", "/v1/predictions/j1", job("succeeded", files=files))
    for name, kind in (("m", "mid"), ("w", "wav"), ("x", "musicxml")):
        headers = {"Content-Disposition": f'attachment; filename="piece.{kind}"'}
        server.on("GET", f"/artifacts/{name}", httpx.Response(200, content=b"x", headers=headers))
    code, _, _ = run("generate", "chorales", "--url", "http://atelier.test", "-o", str(tmp_path))
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j1-00.mid", "j1-00.musicxml", "j1-00.wav"]


def test_a_file_of_the_input_is_sent_ahead(run: Run, server: FakeServer, tmp_path: Path) -> None:
    tune = tmp_path / "tune.mid"
    tune.write_bytes(b"MThd")
    server.on("POST", "/v1/files", {"id": "f1"})
    server.on("POST", "/v1/predictions", job("starting"))
    server.on("GET", "/v1/predictions/j1", job("succeeded", files=[]))
    code, _, _ = run("generate", "chorales", "--set", f"melody=@{tune}", "-o", str(tmp_path))
    assert code == 0
    sent, asked = (r for r in server.asked if r.method == "POST")
    assert b'name="content"; filename="tune.mid"' in sent.content and b"MThd" in sent.content
    assert json.loads(asked.content)["input"] == {"melody": "f1"}


def test_a_file_that_is_not_there_is_told_before_anything_is_sent(
    run: Run, server: FakeServer, tmp_path: Path
) -> None:
    code, _, err = run("generate", "chorales", "--set", "melody=@nowhere.mid", "-o", str(tmp_path))
    assert code == 2 and "nowhere.mid" in err
    assert not server.asked


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        (f"mira/prints:{VERSION}", f"mira/prints:{VERSION}"),
        (f"prints:{VERSION}", f"atelier/prints:{VERSION}"),
        (VERSION, VERSION),
        ("prints", "atelier/prints"),
    ],
)
def test_generate_names_the_version_and_sends_no_empty_field(
    run: Run, server: FakeServer, tmp_path: Path, model: str, sent: str
) -> None:
    server.on("POST", "/v1/predictions", job("succeeded"))
    server.on("GET", "/v1/predictions/j1", job("succeeded", files=[]))
    assert run("generate", model, "-o", str(tmp_path))[0] == 0
    body = json.loads(server.asked[0].content)
    assert body["input"] == {}
    assert body["version"] == sent


def test_a_refused_input_names_the_field(run: Run, server: FakeServer, tmp_path: Path) -> None:
    server.on("POST", "/v1/predictions", problem(422, "must be at most 1", field="psi"))
    code, _, err = run("generate", f"prints:{VERSION}", "--psi", "9", "-o", str(tmp_path))
    assert code == 1
    assert "psi: must be at most 1" in err


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (
            job("failed", error="the device has too little memory", error_code="out_of_memory"),
            "too little memory",
        ),
        (job("canceled"), "was canceled"),
    ],
)
def test_a_job_that_ends_badly_is_an_error(
    run: Run, server: FakeServer, tmp_path: Path, end: dict[str, Any], said: str
) -> None:
    server.on("POST", "/v1/predictions", job("starting"))
    server.on("GET", "/v1/predictions/j1", end)
    code, out, err = run("generate", f"prints:{VERSION}", "-o", str(tmp_path))
    assert (code, out) == (1, "")
    assert said in err


def test_set_needs_a_field_and_a_value(run: Run, tmp_path: Path) -> None:
    code, _, err = run("generate", "prints", "--set", "class", "-o", str(tmp_path))
    assert code == 2
    assert "FIELD=VALUE" in err


DATASETS = {"results": [{"id": "d2", "name": "Prints", "item_count": 4}, {"id": "d1", "name": "Prints"}]}


def test_train_finds_the_data_set_and_follows(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS)
    server.on("POST", "/v1/trainings", job("starting"))
    detail = {"kimg": 1.5, "images_per_second": 12.0, "eta_seconds": 90}
    running = job("processing") | {"progress": {"fraction": 0.5, "detail": detail}}
    done = job("succeeded", output={"version": f"atelier/my-prints:{VERSION}"})
    server.on("GET", "/v1/trainings/j1", [running, done])
    code, out, _ = run("train", "Prints", "--name", "My prints!", "--minutes", "2", "--from", VERSION)
    assert code == 0
    assert out.strip() == f"atelier/my-prints:{VERSION}"
    sent = json.loads(next(r.content for r in server.asked if r.method == "POST"))
    assert sent == {
        "input": {"dataset": "d2", "minutes": 2.0},
        "destination": "atelier/my-prints",
        "title": "My prints!",
        "version": VERSION,
    }


def test_train_names_a_family_that_was_asked_for(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS)
    server.on("POST", "/v1/trainings", job("starting"))
    code, _, _ = run("train", "d1", "--name", "x", "--family", "music_rnn", "--detach")
    assert code == 0
    assert json.loads(server.asked[-1].content)["family"] == "music_rnn"


def test_train_can_be_left_alone(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS)
    server.on("POST", "/v1/trainings", job("starting"))
    code, _, err = run("train", "d1", "--name", "x", "--detach")
    assert code == 0
    assert "/jobs/j1" in err
    assert json.loads(server.asked[-1].content)["input"] == {"dataset": "d1"}


def test_an_unknown_data_set_lists_the_known(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS)
    code, _, err = run("train", "Etchings", "--name", "x")
    assert code == 1
    assert "Prints" in err


def test_a_name_without_letters_is_refused(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS)
    code, _, err = run("train", "d1", "--name", "浮世絵")
    assert code == 2
    assert "--name" in err


def test_dataset_add_packs_uploads_and_reports(run: Run, server: FakeServer, tmp_path: Path) -> None:
    works = tmp_path / "prints" / "hokusai"
    works.mkdir(parents=True)
    (works / "wave.png").write_bytes(b"\x89PNG wave")
    server.on("POST", "/v1/datasets", job("starting"))
    refused = [{"name": "notes.txt", "code": "not_an_image", "reason": "this is not a picture"}]
    output = {"dataset": "d1", "report": {"refused": refused}}
    server.on("GET", "/v1/ingests/j1", job("succeeded", output=output))
    server.on(
        "GET", "/v1/datasets/d1", {"id": "d1", "name": "Prints", "item_count": 1, "urls": {"web": "/d"}}
    )
    code, out, err = run("dataset", "add", str(tmp_path / "prints"), "--name", "Prints")
    assert code == 0
    assert out.strip() == "Prints: 1 works kept, 1 refused"
    assert "notes.txt: this is not a picture" in err
    body = server.asked[0].content
    assert b'filename="prints.zip"' in body
    assert b"hokusai/wave.png" in body


def test_dataset_add_sends_a_zip_as_it_is(run: Run, server: FakeServer, tmp_path: Path) -> None:
    archive = tmp_path / "works.zip"
    archive.write_bytes(b"PK any bytes")
    server.on("POST", "/v1/datasets", problem(422, "this zip is damaged", field="files"))
    code, _, err = run("dataset", "add", str(archive))
    assert code == 1
    assert "files: this zip is damaged" in err
    body = server.asked[0].content
    assert b'filename="works.zip"' in body
    assert b"PK any bytes" in body
    assert b"works\r\n" in body


def test_an_empty_folder_is_not_sent(run: Run, server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = run("dataset", "add", str(tmp_path / "empty"))
    assert code == 1
    assert "no file" in err
    assert not server.asked


def test_lists_are_tables_or_json(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/datasets", DATASETS | {"next": None})
    worker = {"id": "w1", "device": "cpu", "lanes": ["interactive"], "state": "busy", "jobs": ["j1"]}
    server.on("GET", "/v1/workers", {"results": [worker]})
    model = {"owner": "atelier", "name": "prints", "latest_version": {"id": VERSION, "created_at": None}}
    server.on("GET", "/v1/models", {"results": [model]})
    code, out, _ = run("workers")
    assert code == 0
    assert "w1" in out
    assert "busy" in out
    assert "j1" in out
    assert "atelier/prints" in run("models")[1]
    lines = run("dataset", "list", "--json")[1].splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d2", "d1"]


@pytest.mark.parametrize("command", [("models",), ("workers",), ("jobs",), ("dataset", "list")])
def test_an_empty_list_says_what_to_do_next(run: Run, server: FakeServer, command: tuple[str, ...]) -> None:
    for path in ("/v1/models", "/v1/workers", "/v1/jobs", "/v1/datasets"):
        server.on("GET", path, {"results": []})
    code, out, _ = run(*command)
    assert code == 0
    assert "atelier " in out


def test_jobs_shows_states_places_and_errors(run: Run, server: FakeServer) -> None:
    entries = [
        job("starting", position=3, created_at=None),
        job("processing") | {"progress": {"fraction": 0.25, "detail": {"kimg": 2}}},
        job("failed", error="a truncated picture"),
    ]
    server.on("GET", "/v1/jobs", {"results": entries})
    code, out, _ = run("jobs")
    assert code == 0
    assert "place 3" in out
    assert "25%" in out
    assert "2.0 kimg" in out
    assert "a truncated picture" in out


def test_watching_ends_with_the_last_job(
    run: Run, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.jobs.WATCH_SECONDS", 0.0)
    server.on("GET", "/v1/jobs", [{"results": [job("processing")]}, {"results": [job("succeeded")]}])
    code, out, _ = run("jobs", "--watch")
    assert code == 0
    assert "succeeded" in out


@pytest.mark.parametrize(("status", "said"), [("canceled", "canceled"), ("processing", "next step")])
def test_cancel_tells_what_happens(run: Run, server: FakeServer, status: str, said: str) -> None:
    server.on("POST", "/v1/jobs/j1/cancel", job(status))
    code, out, _ = run("cancel", "j1")
    assert code == 0
    assert said in out


def test_ctrl_c_leaves_the_job_running(
    run: Run, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.commands.generate.follow", interrupt)
    server.on("POST", "/v1/predictions", job("starting"))
    code, _, err = run("generate", f"prints:{VERSION}", "-o", str(tmp_path))
    assert code == 130
    assert "atelier cancel j1" in err


def test_web_and_worker_become_their_modules(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[list[str], str | None, str | None]] = []

    def execve(_program: str, argv: list[str], environment: dict[str, str]) -> None:
        became.append((argv[1:], environment.get("ATELIER_PORT"), environment.get("ATELIER_HOME")))

    monkeypatch.setattr("os.execve", execve)
    monkeypatch.delenv("ATELIER_PORT", raising=False)
    run("worker", "--lanes", "ingest", "--device", "cpu", "--home", "/srv/atelier")
    run("web", "--port", "9000", "--home", "/srv/atelier")
    assert became == [
        (["-P", "-m", "worker", "--lanes", "ingest", "--device", "cpu"], None, "/srv/atelier"),
        (["-P", "-m", "web"], "9000", "/srv/atelier"),
    ]
