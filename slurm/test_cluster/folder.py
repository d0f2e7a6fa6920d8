"""Where a cluster keeps its things: everything lies in one private folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from errors import ClusterError

LONGEST = 70
"""A socket's path may have 107 characters, and SLURM's lie two levels deeper."""


@dataclass(frozen=True)
class Folder:
    """The private folder and the places in it."""

    path: Path

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w./+-]+", str(self.path), re.ASCII):
            raise ClusterError(f"SLURM cannot have blanks or special characters in its folder's path: {self.path}")
        if len(str(self.path)) > LONGEST:
            raise ClusterError(f"the folder's path is too long for sockets (more than {LONGEST} bytes): {self.path}")

    def make(self) -> None:
        """Make the folder and what the daemons expect in it; what is there stays."""
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        for part in (self.logs, self.controller_state, self.spool, self.gpus):
            part.mkdir(mode=0o755, exist_ok=True)

    @property
    def record(self) -> Path:
        """Settings, ports and processes, as JSON."""
        return self.path / "cluster.json"

    @property
    def lock(self) -> Path:
        """Held while a command works on the cluster."""
        return self.path / "lock"

    @property
    def slurm_conf(self) -> Path:
        """What SLURM_CONF must name."""
        return self.path / "slurm.conf"

    @property
    def gres_conf(self) -> Path:
        """The fake GPUs; SLURM looks for it beside slurm.conf."""
        return self.path / "gres.conf"

    @property
    def cgroup_conf(self) -> Path:
        """How memory is limited; SLURM looks for it beside slurm.conf."""
        return self.path / "cgroup.conf"

    @property
    def cgroups(self) -> Path:
        """What slurmd takes for the root of all cgroups."""
        return self.path / "cgroups"

    @property
    def cgroup_mount(self) -> Path:
        """Where it sees the cluster's memory cgroup."""
        return self.cgroups / "memory"

    @property
    def slurmdbd_conf(self) -> Path:
        """SLURM looks for it beside slurm.conf."""
        return self.path / "slurmdbd.conf"

    @property
    def database_conf(self) -> Path:
        """MariaDB's own configuration."""
        return self.path / "my.cnf"

    @property
    def database(self) -> Path:
        """MariaDB's data."""
        return self.path / "database"

    @property
    def database_socket(self) -> Path:
        """The only way to the database."""
        return self.path / "mariadb.socket"

    @property
    def munge_key(self) -> Path:
        """Whoever has it may speak as anybody to this cluster."""
        return self.path / "munge.key"

    @property
    def munge_socket(self) -> Path:
        """Where commands and daemons get their credentials."""
        return self.path / "munge.socket"

    @property
    def controller_state(self) -> Path:
        """The jobs, kept while slurmctld does not run."""
        return self.path / "state"

    @property
    def spool(self) -> Path:
        """The nodes' batch scripts and sockets."""
        return self.path / "spool"

    @property
    def gpus(self) -> Path:
        """The device files of the fake GPUs."""
        return self.path / "gpus"

    @property
    def logs(self) -> Path:
        """One log for each daemon."""
        return self.path / "log"

    def log(self, daemon: str) -> Path:
        """The log of a daemon."""
        return self.logs / f"{daemon}.log"
