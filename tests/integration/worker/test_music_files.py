"""Bad MIDI files through the web to a real worker: each fails with its code and field, and leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.artifacts import Store
from shared.database import Database
from shared.lifecycle import State
from shared.settings import Settings
from tests.hostile import midi
from tests.support.builders import files_under
from tests.support.music import music_version
from tests.support.web import WebProcess
from tests.support.workers import WorkerProcess, wait_for
from tests.unit.families.music_rnn.support import chorale
from worker.music.midi_out import write_midi

#: Each code once: what a file of each kind says is tested where files are read.
BAD = {code: data for data, code in midi.bad_files().values()}
#: What is no MIDI file at all is not even taken in.
AT_THE_DOOR = {"empty_file", "not_midi"}
FIELDS = {"continue": "primer", "harmonise": "melody", "variations": "piece", "analyze": "piece"}


@pytest.fixture
def version(db: Database, shelf: Store, tmp_path: Path) -> str:
    """A random version of the music family."""
    return music_version(db, shelf, tmp_path)[1]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the worker's temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def web(settings: Settings, db: Database, scratch: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a real web server, beside which a real worker works."""
    environment = {"TMPDIR": str(scratch)}
    with (
        WorkerProcess(settings, tmp_path / "worker.log", environment=environment) as worker,
        WebProcess(settings, tmp_path / "web.log") as server,
    ):
        worker.wait_ready(db)
        yield server.http


def sent(web: httpx.Client, data: bytes) -> httpx.Response:
    return web.post("/v1/files", files={"content": ("song.mid", data, "audio/midi")})


def asked(web: httpx.Client, version: str, operation: str, file: str) -> str:
    """The id of a job over a file that was sent."""
    given: dict[str, Any] = {FIELDS[operation]: file}
    body = {"version": version, "operation": operation, "input": given}
    if operation == "continue":
        given["bars"] = 4
    answer = web.post("/v1/predictions", json=body)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json()["id"])


@pytest.mark.slow
def test_every_kind_of_bad_file_fails_its_job_and_leaves_nothing(
    web: httpx.Client, version: str, db: Database, settings: Settings, scratch: Path, tmp_path: Path
) -> None:
    operations = list(FIELDS)
    waiting: dict[str, tuple[str, str]] = {}
    for place, (code, data) in enumerate(BAD.items()):
        answer = sent(web, data)
        if code in AT_THE_DOOR:
            assert answer.status_code == 422 and answer.json()["code"] == code, answer.text
            assert answer.json()["field"] == "content"
            continue
        assert answer.status_code == 201, answer.text
        operation = operations[place % len(operations)]
        waiting[code] = operation, asked(web, version, operation, answer.json()["id"])
    assert len(waiting) >= 10
    for code, (operation, job_id) in waiting.items():
        done = wait_for(db, job_id)
        assert (done.state, done.error_code, done.attempt) == (State.FAILED, code, 1), done.error_message
        assert done.error_detail is not None and done.error_detail["field"] == FIELDS[operation]
        shown = web.get(f"/v1/predictions/{job_id}").json()
        assert shown["error_code"] == code and shown["error"].endswith("."), shown
    good = sent(web, write_midi(chorale(2))).json()["id"]
    done = wait_for(db, asked(web, version, "continue", good))
    assert done.state is State.SUCCEEDED, (done.error_message, (tmp_path / "worker.log").read_text())
    outputs = web.get(f"/v1/predictions/{done.id}").json()["output"]
    assert web.get(outputs[0]).content.startswith(b"MThd")
    # The worker itself has a folder there while it lives.
    assert [path for path in scratch.iterdir() if not path.name.startswith("pymp-")] == []
    assert files_under(Path(settings.store_url.removeprefix("file://")) / "tmp") == []
