"""How lists and moments look on a terminal."""

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

COLORS = {
    "queued": "yellow",
    "starting": "yellow",
    "processing": "blue",
    "busy": "blue",
    "succeeded": "green",
    "idle": "green",
    "failed": "red",
    "gone": "red",
    "canceled": "dim",
    "paused": "magenta",
    "draining": "magenta",
}

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")


def print_rows(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str, console: Console | None = None
) -> None:
    """A table with headings, or the sentence ``empty`` when there is nothing in it."""
    console = console or Console()
    entries = list(rows)
    if not entries:
        console.print(escape(empty), style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    # What people copy from a list stands first: it is never cut.
    table.add_column(columns[0], no_wrap=True, min_width=max(len(row[0]) for row in entries))
    for name in columns[1:]:
        table.add_column(name)
    for row in entries:
        table.add_row(*row)
    console.print(table)


def print_json(entries: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    for entry in entries:
        click.echo(json.dumps(entry, ensure_ascii=False))


def state_text(state: str) -> str:
    """A state in its color, as rich markup."""
    color = COLORS.get(state)
    return f"[{color}]{escape(state)}[/{color}]" if color else escape(state)


def age_text(moment: str | float | None, now: float | None = None) -> str:
    """How long ago ``moment`` was (ISO 8601 or seconds since 1970): 5 s, 12 min, 3 h, 4 d."""
    if moment is None:
        return "-"
    if isinstance(moment, str):
        parsed = datetime.fromisoformat(moment)
        moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return duration_text(max(0.0, (time.time() if now is None else now) - moment))


def duration_text(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def limit_text(seconds: float) -> str:
    """A length of time that ``seconds`` does not exceed: rounded up, in the unit one would say it in."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds > 1.5 * size:
            return f"{math.ceil(seconds / size)} {unit}"
    return f"{math.ceil(seconds)} s"
