"""The five kinds of daemons: how each is started, in which order, and how one sees that it is ready."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from errors import ClusterError
from folder import Folder
from machine import search_path
from memory_cgroup import seeing_only
from processes import Process, start_in_background
from record import Record

MARK = "GTPT_BENCH_TEST_CLUSTER"
"""In the environment of every daemon, and of the job steps that slurmd starts: the cluster's folder and daemon."""

PATIENCE_S = 60.0
"""A daemon that is not ready by then will not be."""


@dataclass(frozen=True)
class Daemon:
    """A daemon that stays in the foreground of a session of its own."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]

    def start(self, folder: Folder) -> Process:
        """Start it, without waiting for it."""
        marked = environment(folder) | {MARK: mark(folder, self.name)}
        return start_in_background(self.name, self.command, log=folder.log(f"{self.name}.output"), environment=marked)

    def wait(self, process: Process, folder: Folder) -> None:
        """Wait until it answers.

        Raises:
            ClusterError: it has ended, is not accepted, or does not answer for a minute; the message names a log.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_ready():
            if not process.runs():
                raise ClusterError(f"{self.name} ended at once; see {folder.log(self.name)} and {self.name}.output.log")
            if time.monotonic() > deadline:
                raise ClusterError(f"{self.name} does not answer after {PATIENCE_S:.0f} s; see {folder.log(self.name)}")
            time.sleep(0.05)


def storage(folder: Folder) -> list[Daemon]:
    """What needs nothing else; they can start together, as can those of the next lists."""
    return [_munged(folder), _mariadbd(folder)]


def accounting(record: Record) -> list[Daemon]:
    """What needs the storage."""
    return [Daemon("slurmdbd", ["slurmdbd", "-D"], lambda: _listens(record.ports.slurmdbd))]


def controller_and_nodes(record: Record, folder: Folder) -> list[Daemon]:
    """What needs the accounting, and the cluster registered there."""
    return [_slurmctld(folder), *(_slurmd(name, record, folder) for name in record.settings.node_names)]


def _munged(folder: Folder) -> Daemon:
    command = [
        *("munged", "--foreground", "--force", f"--socket={folder.munge_socket}", f"--key-file={folder.munge_key}"),
        *(f"--pid-file={folder.path}/munged.pid", f"--seed-file={folder.path}/munged.seed"),
        f"--log-file={folder.log('munged')}",
    ]
    return Daemon("munged", command, lambda: _succeeds(folder, "munge", "-n", "-S", str(folder.munge_socket)))


def _mariadbd(folder: Folder) -> Daemon:
    command = ["mariadbd", f"--defaults-file={folder.database_conf}", f"--log-error={folder.log('mariadbd')}"]
    return Daemon("mariadbd", command, lambda: _answers(folder.database_socket))


def _slurmctld(folder: Folder) -> Daemon:
    command = ["slurmctld", "-D", "-f", str(folder.slurm_conf)]
    return Daemon("slurmctld", command, lambda: _succeeds(folder, "scontrol", "ping"))


def _slurmd(node: str, record: Record, folder: Folder) -> Daemon:
    command = ["slurmd", "-D", "-N", node, "-f", str(folder.slurm_conf)]
    if record.memory_cgroup is not None:
        command = seeing_only(Path(record.memory_cgroup), folder, command)
    return Daemon(node, command, lambda: _has_registered(folder, node))


def environment(folder: Folder) -> dict[str, str]:
    """What daemons and commands see: no SLURM variable of an outer job, and where things lie."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "SBATCH"))}
    return inherited | {
        "PATH": search_path(),
        "SLURM_CONF": str(folder.slurm_conf),
        "MYSQL_UNIX_PORT": str(folder.database_socket),
    }


def mark(folder: Folder, daemon: str) -> str:
    """The value of MARK for what is started by or below a daemon."""
    return f"{folder.path} {daemon}"


def run(folder: Folder, *command: str) -> str:
    """Run a command of this cluster to its end and return what it printed.

    Raises:
        ClusterError: it failed; the message holds its last line.
    """
    result = subprocess.run(command, env=environment(folder), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode:
        said = (result.stderr or result.stdout).strip().splitlines() or ["nothing said"]
        raise ClusterError(f"`{' '.join(command)}` failed: {said[-1]}")
    return result.stdout


def node_states(folder: Folder) -> dict[str, str]:
    """State of every node, as `sinfo` names it: idle, mixed, allocated, down and so on.

    Raises:
        ClusterError: the controller does not answer.
    """
    lines = run(folder, "sinfo", "--noheader", "--Node", "--format=%N %T").splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def _has_registered(folder: Folder, node: str) -> bool:
    try:
        state = node_states(folder)[node]
    except ClusterError:
        return False
    if state.startswith("inval"):
        raise ClusterError(f"the controller does not accept {node}; see {folder.log('slurmctld')}")
    return "unk" not in state and not state.endswith("*")  # the star: it has not answered lately


def _succeeds(folder: Folder, *command: str) -> bool:
    try:
        run(folder, *command)
    except ClusterError:
        return False
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
