"""Resident memory of the web and of a worker child with a hot model, and what the web has mapped."""

from pathlib import Path

import psutil

from bench.painter import version_of
from bench.report import Figure, finish
from bench.stack import Stack, running, temporary_home

PREDICTIONS = 20
WEB_MB = 130.0
WORKER_MB = 900.0
LANES = "interactive,training"


def main() -> None:
    """Serve pages and predictions, then look."""
    with temporary_home() as home, running(home) as stack:
        work(stack)
        web = sizes(stack.processes("web"))
        worker = sizes(stack.processes("worker", LANES))
        ingest = sizes(stack.processes("worker", "ingest"))
        bell = sum(process.memory_info().rss for process in bells(stack)) / 1e6
        torch_in_web = sum(maps_torch(process) for process in stack.processes("web"))
    finish(
        "Memory",
        [
            Figure("web: the serving process (RSS)", max(web), "MB", WEB_MB),
            Figure("web: gunicorn's parent (RSS)", min(web), "MB"),
            Figure("web: processes with torch mapped", float(torch_in_web), "", 0.0),
            Figure("worker: the child with a hot model (RSS)", max(worker), "MB", WORKER_MB),
            Figure("worker: Celery's parent (RSS)", min(worker), "MB"),
            Figure("ingest worker: the child (RSS)", max(ingest), "MB"),
            Figure("bell (RSS)", bell, "MB"),
        ],
    )


def work(stack: Stack) -> None:
    """What people do: some pages, some pictures."""
    version = version_of(stack)
    for seed in range(PREDICTIONS):
        job = stack.predict(version, seed)
        stack.http.get(job["output"][0]).raise_for_status()
        for page in ("/", "/gallery", "/jobs", "/models", "/workers"):
            stack.http.get(page, headers={"Accept": "text/html"}, follow_redirects=True).raise_for_status()


def sizes(processes: list[psutil.Process]) -> list[float]:
    """Resident megabytes of each process."""
    return [process.memory_info().rss / 1e6 for process in processes]


def bells(stack: Stack) -> list[psutil.Process]:
    """The embedded bell's process."""
    children = psutil.Process(stack.process.pid).children()
    return [process for process in children if "server" in process.name()]


def maps_torch(process: psutil.Process) -> bool:
    """Whether the process has torch's libraries in its memory."""
    return "libtorch" in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
