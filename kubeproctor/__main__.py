"""The command line: finds the command, turns what goes wrong into one message and an exit code."""

from __future__ import annotations

import importlib
import sys
import time
import traceback

import click

COMMANDS = {
    "grade": "Judge submissions on a real cluster.",
    "cluster": "Bring clusters up, look at them, take them down.",
    "images": "Build, list, verify and prune images.",
    "doctor": "Look whether a cluster can run on this machine.",
}


class Lazy(click.Group):
    """Imports a command's module only when it is called: `--help` and each command start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"kubeproctor.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kubeproctor")
def cli() -> None:
    """Grades Kubernetes exercises by what a real cluster does.

    Exit codes: 0 all passed, 1 the submission fails, 2 wrong usage, 3 could not grade, 4 refused.
    """


def main() -> None:
    """Run the command line and end the process."""
    from fixtures.errors import KubeproctorError

    try:
        code = cli.main(standalone_mode=False)
    except KubeproctorError as e:
        click.echo(f"kubeproctor: {e}", err=True)
        code = e.exit_code
    except click.ClickException as e:
        e.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; what was half made is removed", err=True)
        code = 130
    except BrokenPipeError:
        code = 0
        sys.stderr.close()
    except Exception:
        code = _ours(traceback.format_exc())
    sys.exit(code if isinstance(code, int) else 0)


def _ours(trace: str) -> int:
    """A mistake of ours: one line for the person, the traceback in a file."""
    from fixtures.paths import state_dir

    place = state_dir() / f"error-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    place.write_text(trace)
    last = trace.strip().splitlines()[-1]
    click.echo(
        f"kubeproctor: a mistake of ours: {last}\n  where: {place}\n  fix: report it with that file", err=True
    )
    return 3


if __name__ == "__main__":
    main()
