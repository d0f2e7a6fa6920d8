"""How this process was started: alone, or as one of several by torchrun or srun. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gtpt_bench.errors import InputError

FIRST_PORT, NUM_PORTS = 20_000, 20_000
"""Where processes of a SLURM step meet, unless MASTER_PORT says so: a port from the number of the job."""


@dataclass(frozen=True)
class Launch:
    """This process among those that were started together.

    Attributes:
        rank: from 0.
        local_rank: the same on this host alone.
        address: where they meet, as torch.distributed wants it.
    """

    rank: int
    size: int
    local_rank: int
    address: str


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
    return Launch(int(environ["RANK"]), int(environ["WORLD_SIZE"]), int(environ.get("LOCAL_RANK", 0)), "env://")


def _by_srun(environ: Mapping[str, str]) -> Launch | None:
    if "SLURM_PROCID" not in environ or not {"SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS"} & environ.keys():
        return None
    size = int(environ.get("SLURM_STEP_NUM_TASKS") or environ["SLURM_NTASKS"])
    host = environ.get("MASTER_ADDR") or first_host(_hosts(environ))
    port = environ.get("MASTER_PORT") or FIRST_PORT + int(environ["SLURM_JOB_ID"]) % NUM_PORTS
    local_rank = int(environ.get("SLURM_LOCALID", 0))
    return Launch(int(environ["SLURM_PROCID"]), size, local_rank, f"tcp://{host}:{port}")


def _hosts(environ: Mapping[str, str]) -> str:
    return environ.get("SLURM_STEP_NODELIST") or environ["SLURM_JOB_NODELIST"]


def first_host(node_list: str) -> str:
    """The first name of a list as SLURM writes it: `node[03-07,09],gpu1` begins with node03."""
    first = re.match(r"([^,\[]+)(?:\[([^\],-]+)[^\]]*\])?([^,\[]*)", node_list)
    if not first:
        raise ValueError(f"node list {node_list!r}")
    return "".join(part or "" for part in first.groups())
