"""``atelier workers``: who works, on what."""

import click

from cli.client import Client
from cli.connect import connected
from cli.show import json_option, print_json, print_rows, state_text


@click.command()
@json_option
@connected
def workers(client: Client, as_json: bool) -> None:
    """List the workers: device, lanes, state, and what each one runs."""
    entries = client.results("/v1/workers")
    if as_json:
        print_json(entries)
        return
    rows = [
        (
            worker["id"],
            worker["device"],
            ", ".join(worker["lanes"]),
            state_text(worker["state"]),
            ", ".join(worker.get("jobs") or ()) or "-",
        )
        for worker in entries
    ]
    print_rows(
        ("worker", "device", "lanes", "state", "runs"),
        rows,
        empty="No worker is there. `atelier up` starts one a device; `atelier worker` starts one alone.",
    )
