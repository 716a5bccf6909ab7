"""Watches one job until it ends, with a progress bar; what it shows is what the server stores."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.client import Client
from cli.show import duration_text, limit_text
from shared.errors import AtelierError

ENDED = frozenset({"succeeded", "failed", "canceled", "aborted"})
#: What ``blocked_reason`` means, in a few words.
BLOCKED = {
    "no_worker": "no worker is there for it",
    "delayed": "tried again in a moment",
    "limit": "as many run as your limit allows",
}
FIRST_WAIT = 0.1
LONGEST_WAIT = 2.0


def follow(
    client: Client,
    path: str,
    title: str,
    *,
    console: Console | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """The job at ``path`` (``/v1/predictions/...``) once it has succeeded.

    Raises:
        AtelierError: if it failed or was canceled, with the job's own code and message.
    """
    wait = FIRST_WAIT
    with _bar(console) as bar:
        task = bar.add_task(title, total=1.0, note="")
        while True:
            job: dict[str, Any] = client.get(path)
            bar.update(task, completed=fraction(job), note=note(job))
            if job["status"] in ENDED:
                break
            sleep(wait)
            wait = min(wait * 1.3, LONGEST_WAIT)
    return succeeded(job)


def succeeded(job: dict[str, Any]) -> dict[str, Any]:
    """``job`` itself if it succeeded; otherwise raises its error as an AtelierError."""
    if job["status"] == "succeeded":
        return job
    if job["status"] == "failed":
        raise AtelierError(str(job.get("error") or "the job failed"), code=job.get("error_code"))
    raise AtelierError(f"job {job['id']} was canceled", code="canceled")


def fraction(job: Mapping[str, Any]) -> float:
    """How far the job is, 0 to 1."""
    if job["status"] == "succeeded":
        return 1.0
    return float(job["progress"]["fraction"])


def note(job: Mapping[str, Any]) -> str:
    """What the job is doing, in a few words."""
    if job["status"] == "starting":
        return waiting_text(job)
    detail = job["progress"]["detail"]
    words = []
    if "kimg" in detail:
        words.append(f"{float(detail['kimg']):.1f} kimg")
    if "images_per_second" in detail:
        words.append(f"{float(detail['images_per_second']):.1f} img/s")
    if "eta_seconds" in detail:
        words.append(f"{duration_text(float(detail['eta_seconds']))} left")
    return ", ".join(words) or str(job["status"])


def waiting_text(job: Mapping[str, Any]) -> str:
    """Why the job waits: paused, with whom it shares a result, or its place and when it may be done."""
    if job.get("paused") or job.get("blocked_reason") == "paused":
        return "paused"
    if job.get("follows"):
        return f"shares the result of {job['follows']}"
    words = ["waiting"]
    if job.get("position"):
        words.append(f"place {job['position']}")
    if job.get("blocked_reason") in BLOCKED:
        words.append(BLOCKED[job["blocked_reason"]])
    return ", ".join(words + eta_words(job))


def eta_words(job: Mapping[str, Any]) -> list[str]:
    """When the job may be done, as a median and what nine of ten stay under; nothing when nobody knows."""
    if job.get("eta_p50") is None:
        return []
    words = f"done in about {duration_text(job['eta_p50'])}"
    if job.get("eta_p90") is not None and job["eta_p90"] > job["eta_p50"]:
        words += f" (90 %: under {limit_text(job['eta_p90'])})"
    return [words]


def _bar(console: Console | None) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
        console=console or Console(stderr=True),
    )


def hint_after_interrupt(job_id: str) -> None:
    """Say that Ctrl-C ended only the watching."""
    click.echo(f"The job goes on: atelier jobs shows it, atelier cancel {job_id} stops it.", err=True)
