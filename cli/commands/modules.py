"""``atelier web`` and ``atelier worker``: one part alone, for machines that share a database and a bell."""

from pathlib import Path

import click

from cli.stack.process import become
from cli.stack.programs import python_module

home_option = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of this Atelier."
)


@click.command()
@home_option
@click.option("--host", help="Address to listen on; one that others can reach needs ATELIER_PASSWORD.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the page.")
def web(home: Path | None, host: str | None, port: int | None) -> None:
    """Serve the pages and the API only."""
    become(python_module("web"), _environment(home=home, host=host, port=port))


@click.command()
@home_option
@click.option("--lanes", help="Comma-separated: interactive, training, ingest [default: all].")
@click.option("--device", help="auto, cpu, cuda or cuda:N [default: every GPU, else the CPU].")
@click.option("--name", help="How this worker is called on the page.")
@click.option("--families", help="Modules of more families, comma-separated.")
def worker(
    home: Path | None, lanes: str | None, device: str | None, name: str | None, families: str | None
) -> None:
    """Run one worker: one child process a device, for the lanes named."""
    options = {"--lanes": lanes, "--device": device, "--name": name, "--families": families}
    given = [part for option, value in options.items() if value is not None for part in (option, value)]
    become(python_module("worker", *given), _environment(home=home))


def _environment(**settings: object) -> dict[str, str]:
    return {f"ATELIER_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
