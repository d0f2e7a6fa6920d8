"""`gtpt-study`: all commands, and how errors reach people."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import typer

from gtpt_bench.cli import (
    cluster,
    compare,
    data,
    data_speed,
    doctor,
    measure,
    models,
    paper,
    show,
    show_tokens,
    status,
    studies,
)
from gtpt_bench.errors import GtptBenchError

app = typer.Typer(
    name="gtpt-study",
    help="Ablations and efficiency of GTPT, the group-based token pruning transformer for human pose estimation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data_app = typer.Typer(help="Drawn people as files, and how fast crops are made of real images.", no_args_is_help=True)
app.add_typer(data_app, name="data")
show_app = typer.Typer(help="Pictures of what a model says about an image.", no_args_is_help=True)
app.add_typer(show_app, name="show")

COMMANDS: dict[str, Callable[..., None]] = {
    "run": studies.run,
    "plan": studies.plan,
    "status": status.status,
    "logs": cluster.logs,
    "cancel": cluster.cancel,
    "retry": cluster.retry,
    "report": studies.report,
    "keep": paper.keep,
    "models": models.models,
    "measure": measure.measure,
    "compare": compare.compare,
    "eval": models.evaluate_weights,
    "score": models.score,
    "train": studies.train,
    "doctor": doctor.doctor,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
data_app.command("make")(data.make)
show_app.command("poses")(show.poses)
show_app.command("tokens")(show_tokens.tokens)
data_app.command("speed")(data_speed.speed)


RARELY = (200_000, 10, 10)
"""When Python looks for rubbish that refers to itself, in objects made. Plans and records of 10,000 runs are a million
objects that all stay; looking through them again and again took a third of the time of `plan`."""


def main() -> None:
    """Run a command. Known errors become one line on stderr and an exit code, never a traceback."""
    gc.set_threshold(*RARELY)
    try:
        sys.exit(app(standalone_mode=False))
    except GtptBenchError as error:
        fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or error}", 2)
    except Exception as error:
        wrong_usage(error)


def wrong_usage(error: Exception) -> None:
    """End on what is wrong with a command line, in one line; any other error goes on."""
    if not hasattr(error, "format_message"):  # Typer has had two families of them
        raise error
    message = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    if not message or "Usage:" in message:  # no command was named, and the help has been shown
        sys.exit(2)
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "gtpt-study"
    fail(f"{message}; {where} --help says more", 2)


def fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)
