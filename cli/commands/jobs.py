"""``atelier jobs`` and ``atelier cancel``."""

import time
from typing import Any

import click
from rich.console import Console

from cli.client import Client
from cli.connect import connected
from cli.follow import ENDED, fraction, note
from cli.show import age_text, json_option, print_json, print_rows, state_text

WATCH_SECONDS = 2.0


@click.command()
@click.option("--watch", is_flag=True, help="Show the list again every two seconds until no job is left.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many jobs.")
@json_option
@connected
def jobs(client: Client, watch: bool, limit: int, as_json: bool) -> None:
    """List jobs, the newest first."""
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


@click.command()
@click.argument("job_id", metavar="ID")
@connected
def cancel(client: Client, job_id: str) -> None:
    """Cancel the job ID: at once while it waits, at its next step while it runs."""
    job = client.post(f"/v1/jobs/{job_id}/cancel")
    click.echo(f"{job_id}: {'canceled' if job['status'] == 'canceled' else 'will stop at its next step'}")


def _print_jobs(console: Console, entries: list[dict[str, Any]]) -> None:
    rows = [
        (
            job["id"],
            str(job.get("operation", "-")),
            state_text(job["status"]),
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
