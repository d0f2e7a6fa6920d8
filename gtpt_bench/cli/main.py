"""`gtpt-study`: all commands, and how errors reach people."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from gtpt_bench.cli import compare, data, measure, models, studies
from gtpt_bench.errors import GtptBenchError

app = typer.Typer(
    name="gtpt-study",
    help="Ablations and efficiency of GTPT, the group-based token pruning transformer for human pose estimation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data_app = typer.Typer(help="The embedded drawn people as files.", no_args_is_help=True)
app.add_typer(data_app, name="data")

COMMANDS: dict[str, Callable[..., None]] = {
    "run": studies.run,
    "plan": studies.plan,
    "status": studies.status,
    "report": studies.report,
    "models": models.models,
    "measure": measure.measure,
    "compare": compare.compare,
    "eval": models.evaluate_weights,
    "score": models.score,
    "train": studies.train,
    "doctor": data.doctor,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
data_app.command("make")(data.make)


def main() -> None:
    """Run a command. Known errors become one line on stderr and an exit code, never a traceback."""
    try:
        app()
    except GtptBenchError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or error}", 2)


def fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)
