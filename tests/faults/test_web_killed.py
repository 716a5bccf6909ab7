"""kill -9 of the process that serves: in the middle of an upload, and around the COMMIT of a request."""

import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from shared import jobs
from shared.datasets import list_datasets
from shared.garbage import STAGED_SECONDS
from shared.lifecycle import State
from shared.migrate import OWNER
from shared.tables import artifacts
from shared.tables import jobs as job_rows
from tests.conftest import both_stores
from tests.faults.harness import Rig, assert_succeeded_once, ended, gone, orphans, staged_files, until
from tests.hostile.pictures import painting, saved
from tests.hostile.zips import zipped
from tests.support.garbage import age
from tests.support.web import WebProcess

DYING = "tests.support.dying_web"
HALF = 1 << 20
#: A repeated request finds its job waiting or, where the worker was quicker than the next web process, done.
REPEATED = (202, 201)


def counted(rig: Rig) -> tuple[int, int]:
    """How many jobs and how many uploads have rows."""
    uploads = select(func.count()).select_from(artifacts).where(artifacts.c.role == "upload")
    every_job = select(func.count()).select_from(job_rows)
    with rig.db.read() as connection:
        return connection.execute(every_job).scalar_one(), connection.execute(uploads).scalar_one()


def pictures() -> bytes:
    """A zip of two pictures that differ."""
    return zipped({f"{number}.png": saved(painting(number)) for number in (1, 2)})


def lose(web: WebProcess, ask: Callable[[], httpx.Response]) -> None:
    """Ask, and get no answer: the serving process dies of it. Another one serves afterwards."""
    process = web.serving().pid
    with pytest.raises(httpx.TransportError):
        ask()
    until(lambda: gone(process))
    web.wait_ready()


def half_sent(web: WebProcess, archive: bytes) -> socket.socket:
    """A connection on which an upload's first megabyte of two has been sent."""
    address = urlsplit(web.address)
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\nWorks\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="works.zip"\r\n\r\n'
    )
    body = head + archive + bytes(HALF)
    request = (
        f"POST /v1/datasets HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {2 * HALF}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\n\r\n"
    )
    connection = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60)
    connection.sendall(request.encode() + body[:HALF])
    return connection


@both_stores
def test_killed_around_its_commit_the_same_key_gives_the_same_job(rig: Rig, tmp_path: Path) -> None:
    order = tmp_path / "crash_at"
    rig.worker()
    web = rig.web(module=DYING, environment={"ATELIER_CRASH_AT": str(order)})
    for seed, (place, stored) in enumerate({"before_commit": 0, "after_commit": 1}.items()):
        ask = partial(web.predict, rig.version, key=place, seed=seed)
        before, _ = counted(rig)
        order.write_text(place)
        lose(web, ask)
        assert not order.exists() and counted(rig)[0] == before + stored
        again = ask()
        assert again.status_code in REPEATED, again.text
        assert_succeeded_once(rig, jobs.get(rig.db, again.json()["id"]))
        assert ask().json()["id"] == again.json()["id"]
        assert counted(rig)[0] == before + 1


@both_stores
def test_killed_after_the_commit_of_an_upload_the_same_key_gives_the_same_data_set(
    rig: Rig, tmp_path: Path
) -> None:
    order = tmp_path / "crash_at"
    rig.worker()
    web = rig.web(module=DYING, environment={"ATELIER_CRASH_AT": str(order)})
    ask = partial(web.upload, "Works", ("works.zip", pictures()), key="once")
    order.write_text("after_commit")
    lose(web, ask)
    again = ask()
    assert again.status_code in REPEATED, again.text
    done = ended(rig, jobs.get(rig.db, again.json()["id"]))
    assert done.state is State.SUCCEEDED and done.attempt == 1
    (made,) = list_datasets(rig.db, OWNER)
    assert made.item_count == 2
    assert ask().json()["id"] == done.id
    assert counted(rig) == (1, 0) and staged_files(rig) == []
    until(lambda: not orphans(rig))


@both_stores
def test_killed_in_the_middle_of_an_upload_nothing_stays_and_the_next_is_good(rig: Rig) -> None:
    rig.worker()
    web = rig.web()
    with half_sent(web, pictures()):
        (staged,) = until(lambda: [path for path in staged_files(rig) if path.stat().st_size > HALF / 2])
        os.kill(web.serving().pid, signal.SIGKILL)
    web.wait_ready()
    assert counted(rig) == (0, 0)
    assert staged.exists(), "of a killed process somebody else must clear"
    age(staged, STAGED_SECONDS + 60)
    until(lambda: not staged.exists())
    answer = web.upload("Works", ("works.zip", pictures()))
    assert answer.status_code == 202, answer.text
    assert ended(rig, jobs.get(rig.db, answer.json()["id"])).state is State.SUCCEEDED
    assert staged_files(rig) == []
