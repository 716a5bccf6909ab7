"""One running stack for the whole suite, with a data set and a model that the first tests make."""

import time
from collections.abc import Iterator

import psutil
import pytest

from tests.e2e.stack import Document, Stack, paintings, until
from tests.hostile.zips import zipped

PICTURES = 20
#: A painting GAN that is over in seconds: few pictures, few pixels, few channels.
TINY: Document = {
    "resolution": 32,
    "kimg": 0.24,
    "batch": 4,
    "width": 0.125,
    "snapshot_kimg": 0.12,
    "seed": 3,
}


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Started as `make run` does; at the end it leaves in order, and nothing of it stays."""
    started = Stack(tmp_path_factory.mktemp("e2e") / "home")
    try:
        until(lambda: {"collection", "painting_gan"} <= started.families())
        yield started
        members = started.processes()
        assert len(members) >= 6, started.log()
        assert started.stop() == 0, started.log()
        _, alive = psutil.wait_procs(members, timeout=10)
        assert not alive, started.log()
    finally:
        if started.process.poll() is None:
            started.stop()


@pytest.fixture(scope="package")
def collected(stack: Stack) -> Document:
    """The job that made a data set of real pictures, one of them cut off, and a text."""
    works = paintings(PICTURES + 1)
    cut_name, cut = works.pop()
    others = (cut_name, cut[: len(cut) // 2]), ("words.png", b"no picture"), ("notes.txt", b"by the way")
    archive = zipped([*works, *others])
    answer = stack.upload("Real paintings", ("paintings.zip", archive))
    assert answer.status_code == 202, answer.text
    job: Document = stack.succeed(answer.json())
    return job | {"cut": cut_name}


@pytest.fixture(scope="package")
def dataset(collected: Document) -> str:
    """The id of that data set."""
    return str(collected["output"]["dataset"])


@pytest.fixture(scope="package")
def trained(stack: Stack, dataset: str) -> Document:
    """A tiny GAN's training, ended; ``seen`` is what was told while it ran."""
    body = {"family": "painting_gan", "destination": "atelier/tiny", "input": TINY | {"dataset": dataset}}
    job = stack.submit("/v1/trainings", body)
    seen: list[float] = []
    while (now := stack.get(f"/v1/trainings/{job['id']}"))["status"] in ("starting", "processing"):
        if now["status"] == "processing":
            seen.append(float(now["progress"]["fraction"]))
        time.sleep(0.2)
    return stack.succeed(job) | {"seen": seen}


@pytest.fixture(scope="package")
def version(trained: Document) -> str:
    """The trained version as ``owner/name:id``."""
    return str(trained["output"]["version"])


@pytest.fixture
def rows_and_files(stack: Stack) -> Iterator[None]:
    """Afterwards there is no job, no upload and no stored file that was not there before."""

    def count() -> tuple[int, int, int]:
        jobs = len(stack.get("/v1/jobs", limit=100)["results"])
        uploads = len(stack.get("/v1/files", limit=100)["results"])
        return jobs, uploads, sum(1 for path in (stack.home / "store").rglob("*") if path.is_file())

    until(stack.starter_installed)
    before = count()
    # What an ended job leaves over is erased behind its end.
    for _ in range(20):
        time.sleep(0.5)
        if (now := count()) == before:
            break
        before = now
    yield
    assert count() == before
