"""Calls of SLURM's commands. A controller that does not answer is waited for; any other error is told in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

from gtpt_bench.errors import InputError

T = TypeVar("T")

OVER_ALREADY = re.compile(r"invalid job id|already completing or completed|job/step already complet", re.IGNORECASE)

COMMANDS = ("sbatch", "srun", "squeue", "sacct", "scancel", "scontrol", "sinfo")
TIMEOUT_S = 120.0
WAITS_S = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Between two attempts to reach the controller; then always the last."""

UNREACHABLE = re.compile(
    r"unable to contact slurm controller|socket timed out|connection refused|connection timed out|"
    r"communication connection failure|slurm_persist_conn_open|zero bytes were transmitted|"
    r"unexpected message received|transport endpoint|slurmdbd.*down|problem talking to the database",
    re.IGNORECASE,
)


NO_CONFIGURATION = re.compile(r"could not establish a configuration source|failed to fetch config", re.IGNORECASE)
CONFIGURE = "load SLURM's module, or set SLURM_CONF"


class Unreachable(InputError):
    """SLURM's controller or database does not answer."""


class Refused(InputError):
    """SLURM does not do what it was asked for; its own words are in the message."""


def slurm(*command: str) -> str:
    """What a command prints.

    Raises:
        Unreachable: nobody answers.
        Refused: it fails for another reason.
    """
    must_be_here(command[0])
    own_options = tuple(f"{name.upper()}_" for name in COMMANDS)  # SQUEUE_PARTITION=gpu hides what is elsewhere
    plain = {name: value for name, value in os.environ.items() if not name.startswith(own_options)}
    whole = {**plain, "SLURM_BITSTR_LEN": "0"}  # ranges of arrays in full
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=whole)
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"{command[0]} has not answered for {TIMEOUT_S:.0f} s") from error
    if done.returncode != 0:
        raise refusal(command[0], done.stderr or done.stdout)
    return done.stdout


def scancel(*words: str) -> None:
    """Have SLURM end jobs; those that are over already are passed over.

    Raises:
        Unreachable: nobody answers.
        Refused: it does not end one of them, such as a job of somebody else.
    """
    try:
        slurm("scancel", *words)
    except Refused as error:
        if not all(OVER_ALREADY.search(line) for line in str(error).split("; ")):
            raise


def must_be_here(name: str) -> None:
    """Raises Refused where a command of SLURM is missing."""
    if shutil.which(name) is None:
        raise Refused(f"{name} is not found: this is no machine of a SLURM cluster; log in to one")


def refusal(name: str, said: str) -> Unreachable | Refused:
    """The error that a command's own words are."""
    if NO_CONFIGURATION.search(said):
        return Refused(f"{name}: SLURM's configuration is not found here; {CONFIGURE}")
    lines = [line.removeprefix(f"{name}: error: ").strip() for line in said.splitlines() if line.strip()]
    words = "; ".join(dict.fromkeys(lines)) or "no reason given"
    return Unreachable(f"{name}: {words}") if UNREACHABLE.search(said) else Refused(f"{name}: {words}")


def patiently(act: Callable[[], T], *, for_min: float, on_wait: Callable[[str], None] = lambda words: None) -> T:
    """What `act` answers, tried again while SLURM cannot be reached.

    Args:
        for_min: minutes after which to give up.
        on_wait: told why it waits.

    Raises:
        Unreachable: for so long.
    """
    until, attempt = time.monotonic() + 60 * for_min, 0
    while True:
        try:
            return act()
        except Unreachable as error:
            wait_s = WAITS_S[min(attempt, len(WAITS_S) - 1)]
            if time.monotonic() + wait_s > until:
                raise
            on_wait(str(error))
            time.sleep(wait_s)
            attempt += 1
