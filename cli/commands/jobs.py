"""``atelier jobs`` with what one can ask of a job, and ``atelier cancel``."""

import time
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console

from cli.client import Client
from cli.connect import connected
from cli.follow import ENDED, eta_words, fraction, note, waiting_text
from cli.show import age_text, json_option, print_json, print_rows, state_text

WATCH_SECONDS = 2.0
#: As far as the server counts what is ahead.
COUNTED = 1000
WHY = {
    "running": "it runs already",
    "priority": "its priority is higher",
    "age": "it rose by waiting",
    "fairness": "its owner has had less so far, or asked first",
}

job_argument = click.argument("job_id", metavar="ID")


@click.group(invoke_without_command=True)
@click.option("--watch", is_flag=True, help="Show the list again every two seconds until no job is left.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many jobs.")
@json_option
@connected
def jobs(client: Client, watch: bool, limit: int, as_json: bool) -> None:
    """List jobs, the newest first; the commands below change one or explain it."""
    console = Console()
    while True:
        entries = list(client.results("/v1/jobs", limit))
        if as_json:
            print_json(entries)
        else:
            if watch:
                console.clear()
            _print_jobs(console, entries)
        if not watch or all(job["status"] in ENDED for job in entries):
            return
        time.sleep(WATCH_SECONDS)


@jobs.command()
@job_argument
@connected
def retry(client: Client, job_id: str) -> None:
    """Queue the failed or canceled job ID again, as a new job."""
    job = client.post(_path(job_id, "retry"))
    click.echo(f"{job['id']}: {note(job)} (a retry of {job_id})")


@jobs.command()
@job_argument
@connected
def pause(client: Client, job_id: str) -> None:
    """Hold the job ID back; a running training leaves its worker with a checkpoint."""
    job = client.post(_path(job_id, "pause"))
    running = job["status"] == "processing"
    click.echo(f"{job_id}: {'will leave its worker at its next step' if running else 'paused'}")


@jobs.command()
@job_argument
@connected
def resume(client: Client, job_id: str) -> None:
    """Put the paused job ID back in line; a training goes on exactly where it was."""
    click.echo(f"{job_id}: {note(client.post(_path(job_id, 'resume')))}")


# A negative number is no option.
@jobs.command(context_settings={"ignore_unknown_options": True})
@job_argument
@click.argument("priority", metavar="N", type=click.IntRange(-100, 100))
@connected
def priority(client: Client, job_id: str, priority: int) -> None:
    """Give the job ID the priority N, -100 to 100: higher goes first."""
    job = client.post(_path(job_id, "priority"), {"priority": priority})
    click.echo(f"{job_id}: priority {job['priority']}, {note(job)}")


@jobs.command()
@job_argument
@json_option
@connected
def explain(client: Client, job_id: str, as_json: bool) -> None:
    """Say why the job ID waits: its place, who is ahead and why, when it may be done."""
    told = client.get(_path(job_id, "explain"))
    if as_json:
        print_json([told])
        return
    if told["status"] != "starting":
        click.echo(f"{job_id}: " + ", ".join([told["status"], *eta_words(told)]))
        return
    click.echo(f"{job_id}: {waiting_text(told)}")
    if told["blocked_message"]:
        click.echo(told["blocked_message"])
    _print_ahead(told)


@click.command()
@job_argument
@connected
def cancel(client: Client, job_id: str) -> None:
    """Cancel the job ID: at once while it waits, at its next step while it runs."""
    job = client.post(_path(job_id, "cancel"))
    click.echo(f"{job_id}: {'canceled' if job['status'] == 'canceled' else 'will stop at its next step'}")


def _path(job_id: str, action: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}/{action}"


def _print_ahead(told: dict[str, Any]) -> None:
    if told["position"] is None:
        return
    rows = [
        (one["id"], str(one["operation"]), str(one["owner"]), str(one["priority"]), WHY[one["why"]])
        for one in told["ahead"]
    ]
    print_rows(
        ("ahead", "operation", "owner", "priority", "why"),
        rows,
        empty="Nothing is ahead of it: the next free worker takes it.",
    )
    unlisted = told["total_ahead"] - sum(one["why"] != "running" for one in told["ahead"])
    if unlisted > 0:
        click.echo(f"and {'at least ' if told['total_ahead'] >= COUNTED else ''}{unlisted} more")


def _print_jobs(console: Console, entries: list[dict[str, Any]]) -> None:
    rows = [
        (
            job["id"],
            str(job.get("operation", "-")),
            state_text("paused" if job.get("paused") else job["status"]),
            f"{fraction(job):.0%}" if job["status"] == "processing" else "",
            note(job) if job["status"] not in ENDED else str(job.get("error") or ""),
            age_text(job.get("created_at")),
        )
        for job in entries
    ]
    print_rows(
        ("job", "operation", "state", "", "", "age"),
        rows,
        empty="There is no job yet. Make something: atelier generate MODEL",
        console=console,
    )
