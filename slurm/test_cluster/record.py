"""What is known of a cluster after the command that started it has ended."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass

from errors import ClusterError
from folder import Folder
from ports import Ports
from processes import Process
from settings import Settings

SERVICES = ("munged", "mariadbd", "slurmdbd", "slurmctld")
"""The daemons beside those of the nodes, in the order of starting."""


@dataclass(frozen=True)
class Record:
    """A cluster: what it should be, and the processes that were started for it."""

    settings: Settings
    ports: Ports

    memory_cgroup: str | None
    """Where the kernel limits the memory of jobs; None where SLURM does so by polling."""

    processes: tuple[Process, ...] = ()

    @property
    def daemon_names(self) -> list[str]:
        """All daemons in the order of starting; those of nodes have the nodes' names."""
        return [*SERVICES, *self.settings.node_names]

    def running(self) -> list[Process]:
        """The daemons that run now."""
        return [process for process in self.processes if process.runs()]

    def with_processes(self, started: Iterable[Process]) -> Record:
        """The same cluster with these daemons in the place of earlier ones of their names."""
        by_name = {process.name: process for process in (*self.processes, *started)}
        return dataclasses.replace(self, processes=tuple(by_name.values()))


def existing_record(folder: Folder) -> Record:
    """The cluster of a folder.

    Raises:
        ClusterError: there is none, or its record is damaged.
    """
    record = read_record(folder)
    if record is None:
        raise ClusterError(f"no cluster in {folder.path}")
    return record


def read_record(folder: Folder) -> Record | None:
    """The cluster of a folder; None if it never had one.

    Raises:
        ClusterError: the record is damaged.
    """
    try:
        values = json.loads(folder.record.read_text(encoding="utf-8"))
        return Record(
            Settings(**values["settings"]),
            Ports(**values["ports"]),
            values["memory_cgroup"],
            tuple(Process(**process) for process in values["processes"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"{folder.record} is damaged: {error}") from error


def write_record(record: Record, folder: Folder) -> None:
    """Keep the record, whole or not at all."""
    beside = folder.record.with_suffix(".new")
    beside.write_text(json.dumps(dataclasses.asdict(record), indent=1) + "\n", encoding="utf-8")
    beside.replace(folder.record)
