"""How this process was started: alone, or as one of several by torchrun or srun. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gtpt_bench.errors import InputError

THIS_MACHINE = "127.0.0.1"

FIRST_PORT, NUM_PORTS = 20_000, 20_000
"""Where processes of a SLURM step meet, unless MASTER_PORT says so: a port from the number of the job and that of its
srun, since jobs with one number may be on a machine that belongs to two clusters."""


@dataclass(frozen=True)
class Launch:
    """This process among those that were started together.

    Attributes:
        rank: from 0.
        local_rank: the same on this host alone.
        host: where they meet: on the first process's machine; "" for torchrun, which arranges that itself.
        port: there.
    """

    rank: int
    size: int
    local_rank: int
    host: str = ""
    port: int = 0


def launch_from(environ: Mapping[str, str]) -> Launch | None:
    """What torchrun or srun say about this process; None where it is the only one.

    A batch script itself is no task of SLURM, although it has the variables of one: only srun starts tasks, and says
    which step they belong to.

    Raises:
        InputError: the variables contradict each other.
    """
    try:
        launch = _by_torchrun(environ) or _by_srun(environ)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"this process was started as one of several, but {error} is missing or no number; "
            "use torchrun or srun, or unset RANK"
        ) from error
    if launch is None or launch.size == 1:
        return None
    if not 0 <= launch.rank < launch.size:
        raise InputError(f"this process is number {launch.rank} (from 0) of {launch.size}, which cannot be")
    return launch


def _by_torchrun(environ: Mapping[str, str]) -> Launch | None:
    if "RANK" not in environ or "WORLD_SIZE" not in environ:
        return None
    return Launch(int(environ["RANK"]), int(environ["WORLD_SIZE"]), int(environ.get("LOCAL_RANK", 0)))


def _by_srun(environ: Mapping[str, str]) -> Launch | None:
    if "SLURM_PROCID" not in environ or not {"SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS"} & environ.keys():
        return None
    size = int(environ.get("SLURM_STEP_NUM_TASKS") or environ["SLURM_NTASKS"])
    own = int(environ["SLURM_JOB_ID"]) + int(environ.get("SLURM_STEP_LAUNCHER_PORT") or 0)
    port = environ.get("MASTER_PORT") or FIRST_PORT + own % NUM_PORTS
    local_rank = int(environ.get("SLURM_LOCALID", 0))
    return Launch(int(environ["SLURM_PROCID"]), size, local_rank, _meeting_host(environ), int(port))


def _meeting_host(environ: Mapping[str, str]) -> str:
    """The first node, but on a single one this very machine: its name need not be known to anybody."""
    if environ.get("MASTER_ADDR"):
        return environ["MASTER_ADDR"]
    nodes = environ.get("SLURM_STEP_NODELIST") or environ["SLURM_JOB_NODELIST"]
    return THIS_MACHINE if is_one_host(nodes) else first_host(nodes)


def is_one_host(node_list: str) -> bool:
    """Whether a list as SLURM writes it has a single name: `gpu7`, also `node[03]`."""
    return re.fullmatch(r"[^,\[\]]+|[^,\[\]]+\[[^,\]-]+\][^,\[\]]*", node_list) is not None


def first_host(node_list: str) -> str:
    """The first name of a list as SLURM writes it: `node[03-07,09],gpu1` begins with node03."""
    first = re.match(r"([^,\[]+)(?:\[([^\],-]+)[^\]]*\])?([^,\[]*)", node_list)
    if not first:
        raise ValueError(f"node list {node_list!r}")
    return "".join(part or "" for part in first.groups())
