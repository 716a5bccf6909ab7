"""``atelier workers``: who works, on what; and asking one to leave."""

from typing import Any
from urllib.parse import quote

import click

from cli.client import Client
from cli.connect import connected
from cli.show import json_option, print_json, print_rows, state_text


@click.group(invoke_without_command=True)
@json_option
@connected
def workers(client: Client, as_json: bool) -> None:
    """List the workers: device, lanes, state, and what each one runs; `drain` asks one to leave."""
    entries = client.results("/v1/workers")
    if as_json:
        print_json(entries)
        return
    rows = [
        (
            worker["id"],
            worker["device"],
            ", ".join(worker["lanes"]),
            state_text(_state(worker)),
            ", ".join(worker.get("jobs") or ()) or "-",
        )
        for worker in entries
    ]
    print_rows(
        ("worker", "device", "lanes", "state", "runs"),
        rows,
        empty="No worker is there. `atelier up` starts one a device; `atelier worker` starts one alone.",
    )


@workers.command()
@click.argument("worker_id", metavar="ID")
@connected
def drain(client: Client, worker_id: str) -> None:
    """Ask the worker ID to hand back what it runs and leave.

    It takes no more jobs. What it hands back loses no attempt, and a training goes on exactly where it was.
    Where something starts workers again, as `atelier up` does, a fresh one takes its place.
    """
    client.post(f"/v1/workers/{quote(worker_id)}/drain")
    click.echo(f"{worker_id}: hands back what it runs and leaves; atelier workers shows it until then")


def _state(worker: dict[str, Any]) -> str:
    return "draining" if worker.get("drain_requested") else str(worker["state"])
