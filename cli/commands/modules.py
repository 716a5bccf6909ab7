"""``atelier web`` and ``atelier worker``: one part alone, for machines that share a database and a bell."""

import os
import sys

import click

from cli.stack.programs import python_module

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@click.command(context_settings=PASS_ON)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def web(options: tuple[str, ...]) -> None:
    """Serve the pages and the API only."""
    _become("web", options)


@click.command(context_settings=PASS_ON)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def worker(options: tuple[str, ...]) -> None:
    """Run one worker: one child process a device, for the lanes named."""
    _become("worker", options)


def _become(module: str, options: tuple[str, ...]) -> None:
    # Replacing this process keeps signals and exit codes simple for whoever supervises it.
    os.execv(sys.executable, list(python_module(module, *options)))
