"""The ``atelier`` command. Subcommands are imported when they are called, so that each starts quickly."""

import sys
from importlib import import_module

import click

from shared.errors import AtelierError

#: Subcommand: the module and the function that implement it.
COMMANDS = {
    "up": "cli.commands.up:up",
    "web": "cli.commands.modules:web",
    "worker": "cli.commands.modules:worker",
    "models": "cli.commands.models:models",
    "generate": "cli.commands.generate:generate",
    "train": "cli.commands.train:train",
    "dataset": "cli.commands.dataset:dataset",
    "jobs": "cli.commands.jobs:jobs",
    "cancel": "cli.commands.jobs:cancel",
    "workers": "cli.commands.workers:workers",
}
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Knows its subcommands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="atelier", prog_name="atelier")
def atelier() -> None:
    """Train generative models on your own art, and make new works with them.

    `atelier up` starts everything on this machine; the other commands talk to a running Atelier.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a failure ends with one clear line and a non-zero exit code."""
    try:
        code = atelier.main(args=arguments, prog_name="atelier", standalone_mode=False)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except AtelierError as error:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {describe(error)}", err=True)
        code = 1
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    sys.exit(code)


def describe(error: AtelierError) -> str:
    """The error in one line, with the input it is about where there is one."""
    where = f"{error.field}: " if error.field and error.field not in error.message else ""
    return f"{where}{error.message}"


if __name__ == "__main__":
    main()
