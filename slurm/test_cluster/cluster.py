"""Start, stop and look at a cluster."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from accounts import add_account
from configuration_files import prepare_database, write_configuration
from daemons import Daemon, accounting, controller_and_nodes, node_states, storage
from errors import ClusterError
from folder import Folder
from jobs import end_jobs
from machine import check_machine
from memory_cgroup import make_memory_cgroup, remove_memory_cgroup
from ports import choose_ports
from processes import Process, end, kill
from record import SERVICES, Record, existing_record, read_record, write_record
from settings import Settings

STOP_PATIENCE_S = 5.0
"""From SIGTERM to SIGKILL of a daemon."""


def start(folder: Folder, choices: Mapping[str, Any]) -> None:
    """Start a cluster in a folder, or whatever does not run of the one that is there.

    In the end all daemons answer and all nodes have registered, or nothing that was started here is left.

    Args:
        choices: fields of `Settings`; the others are as in the folder's cluster, or the defaults if it has none.

    Raises:
        ClusterError: the machine lacks something, the folder's cluster runs with other settings, or a daemon fails.
    """
    check_machine()
    folder.make()
    with _locked(folder):
        record = read_record(folder)
        settings = dataclasses.replace(record.settings if record else Settings(), **choices)
        if record is None or not record.running():
            record = Record(settings, choose_ports(settings.nodes), _memory_cgroup(settings, folder))
            write_record(record, folder)
            write_configuration(record, folder)
        elif record.settings != settings:
            raise ClusterError(f"the cluster in {folder.path} runs with other settings; stop it or use another folder")
        _start_what_does_not_run(record, folder)


def stop(folder: Folder) -> list[str]:
    """End a cluster and its jobs; return the names of the daemons that were ended.

    Raises:
        ClusterError: the folder has no cluster.
    """
    existing_record(folder)
    with _locked(folder):
        record = existing_record(folder)
        to_end = record.running()
        _end_in_order(to_end, folder)
        _tidy(record, folder)
        return [process.name for process in to_end]


def stop_daemon(folder: Folder, name: str) -> list[str]:
    """End one daemon alone, a node together with its jobs; return its name, or nothing if it did not run.

    Raises:
        ClusterError: the folder has no cluster, or the cluster no such daemon.
    """
    existing_record(folder)
    with _locked(folder):
        record = existing_record(folder)
        if name not in record.daemon_names:
            raise ClusterError(f"no daemon is called {name!r}; there are {', '.join(record.daemon_names)}")
        to_end = [process for process in record.running() if process.name == name]
        _end_in_order(to_end, folder)
        return [process.name for process in to_end]


def status(folder: Folder) -> dict[str, Any]:
    """What runs (pids by name, None for what does not), what the nodes do, and who limits memory."""
    record = read_record(folder)
    if record is None:
        return {"state": "absent", "folder": str(folder.path)}
    pids = {process.name: process.pid for process in record.running()}
    return {
        "state": "running" if len(pids) == len(record.daemon_names) else "partly running" if pids else "stopped",
        "folder": str(folder.path),
        "slurm_conf": str(folder.slurm_conf),
        "memory_limit": "polling" if record.memory_cgroup is None else "cgroup",
        "daemons": {name: pids.get(name) for name in record.daemon_names},
        "nodes": _node_states_if_known(folder) if "slurmctld" in pids else {},
    }


def _start_what_does_not_run(record: Record, folder: Folder) -> None:
    running = {process.name: process for process in record.running()}
    anything_ran = bool(running)
    started: list[Process] = []

    def start_together(daemons: list[Daemon]) -> None:
        for daemon in daemons:
            if daemon.name not in running:
                running[daemon.name] = daemon.start(folder)
                started.append(running[daemon.name])
                write_record(record.with_processes(started), folder)
        for daemon in daemons:  # those that ran before too: a node must register with a new controller
            daemon.wait(running[daemon.name], folder)

    try:
        prepare_database(folder)
        start_together(storage(folder))
        start_together(accounting(record))
        add_account(record.settings, folder)
        start_together(controller_and_nodes(record, folder))
    except BaseException:  # Ctrl-C too: a cluster that is half started is of no use to anybody
        _end_in_order(started, folder)
        if not anything_ran:
            _tidy(record, folder)
        raise


def _end_in_order(processes: list[Process], folder: Folder) -> None:
    """Users of a daemon before the daemon, so that none complains or loses what it has to say.

    A node ends like one whose power fails, jobs included: asked politely, slurmd would wait for them.
    """
    nodes = [process for process in processes if process.name not in SERVICES]
    kill(nodes)
    end_jobs(folder, [process.name for process in nodes])
    for name in reversed(SERVICES):
        end([process for process in processes if process.name == name], patience_s=STOP_PATIENCE_S)


def _tidy(record: Record, folder: Folder) -> None:
    """What else a cluster leaves on the machine: jobs of nodes that died by themselves, and its cgroup."""
    end_jobs(folder, record.settings.node_names)
    if record.memory_cgroup is not None:
        remove_memory_cgroup(Path(record.memory_cgroup))


def _memory_cgroup(settings: Settings, folder: Folder) -> str | None:
    if settings.memory_limit == "polling":
        return None
    path = make_memory_cgroup(folder)
    if path is None and settings.memory_limit == "cgroup":
        raise ClusterError("no memory cgroup (version 1) can be made here; use --memory-limit polling")
    return None if path is None else str(path)


def _node_states_if_known(folder: Folder) -> dict[str, str]:
    try:
        return node_states(folder)
    except ClusterError:
        return {}


@contextlib.contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """One command at a time works on a folder; others wait."""
    with folder.lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
