"""The command line: finds the command, turns what goes wrong into one message and an exit code."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import signal
import sys
import time
import traceback
from types import FrameType
from typing import NoReturn

import click

COMMANDS = {
    "grade": "Judge submissions on a real cluster.",
    "report": "Write results as other reports.",
    "replay": "Judge a result again, without a cluster.",
    "regrade": "Judge the results of a class again.",
    "lint": "Check a submission without a cluster.",
    "coverage": "Say what of the exercises the claims observe.",
    "verify": "Prove that every claim can fail.",
    "cluster": "Bring clusters up, look at them, take them down.",
    "images": "Build, list, verify and prune images.",
    "doctor": "Look whether a cluster can run on this machine.",
}


class NobodyReads(Exception):
    """Who read what we print went away (`| head`)."""


class Lazy(click.Group):
    """Imports a command's module only when it is called: `--help` and each command start at once."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click would end with 1 for a pipe that was closed: `the submission fails`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as e:
            raise NobodyReads from e

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
    from reports.text import log_lines, plain

    # looking again and again at what modules leave behind is a quarter of the time to import them
    gc.set_threshold(100_000)
    # a shell without job control starts what stands before `&` deaf to Ctrl-C: it would work on, unseen
    signal.signal(signal.SIGINT, _interrupt)
    # a job that is cancelled, or a machine that shuts down, asks like this: it finds all cleaned up, too
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
    except KubeproctorError as e:
        _tell(str(e))
        code = e.exit_code
    except click.ClickException as e:
        said = io.StringIO()
        e.show(file=said)
        click.echo(log_lines(plain(said.getvalue())), err=True, nl=False)
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; what was half made is removed", err=True)
        _end_interrupted()
    except NobodyReads:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still to be flushed must not fail again
        code = 128 + signal.SIGPIPE
    except Exception as e:
        code = _ours(e)
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Take a signal for Ctrl-C. Who cancels a job may send two, the second while all is being cleaned up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_interrupted() -> NoReturn:
    """End with the documented code: all that has to be cleaned up is.

    CPython ends itself by SIGINT at its very end, whoever caught the interrupt, if that came while a text was
    executed, as dataclasses do when they are imported.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(130)


def _ours(error: Exception) -> int:
    """A mistake of ours, or a full disk: one message for the person, the traceback in a file."""
    from fixtures.errors import KubeproctorError, disk_is_full
    from fixtures.paths import state_dir
    from reports.text import log_lines, plain

    if disk_is_full(error):
        _tell(f"no space left on the disk\n  where: {error.filename or error}\n  fix: free some space")
        return 3
    last = traceback.format_exception_only(error)[-1].strip()
    trace = "".join(traceback.format_exception(error))
    try:
        place = state_dir() / f"error-{time.strftime('%Y%m%d-%H%M%S')}.txt"
        place.write_text(trace)
    except (KubeproctorError, OSError):
        click.echo(log_lines(plain(trace)), err=True)  # no file will take it
        _tell(f"a mistake of ours: {last}\n  fix: report it with the lines above")
    else:
        _tell(f"a mistake of ours: {last}\n  where: {place}\n  fix: report it with that file")
    return 3


def _tell(message: str) -> None:
    """What a submission holds reaches neither the terminal nor a CI as a command."""
    from reports.text import log_lines, plain

    click.echo(f"kubeproctor: {log_lines(plain(message))}", err=True)


if __name__ == "__main__":
    main()
