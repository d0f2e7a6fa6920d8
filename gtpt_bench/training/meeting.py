"""How the processes of a team meet: around torch.distributed's group, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed import Store, TCPStore  # type: ignore[attr-defined]

from gtpt_bench.errors import RunFailed
from gtpt_bench.training.first_node import address_of
from gtpt_bench.training.launch import THIS_MACHINE, Launch
from gtpt_bench.training.team import SILENCE, Several

HERE = THIS_MACHINE

MEET_WITHIN = timedelta(minutes=2)
"""Processes of one step start together; on a busy file system some import torch a minute later."""


@contextmanager
def launched_team(launch: Launch) -> Iterator[Several]:
    """The processes that torchrun or srun started together.

    Raises:
        RunFailed: not all of them came in time.
        InputError: nobody knows the way to the first one's machine.
    """
    if not launch.host:  # torchrun's variables say where
        with _group(launch.rank, launch.size, launch.local_rank, init_method="env://"):
            yield Several(dist.distributed_c10d._get_default_store())
        return
    store = _store_at(address_of(launch.host), launch)
    with _group(launch.rank, launch.size, launch.local_rank, store=store):
        yield Several(store)


def _store_at(host: str, launch: Launch) -> Store:
    """Where all processes of a step of SLURM have arrived."""
    try:
        found = TCPStore(host, launch.port, launch.size, is_master=launch.rank == 0, timeout=MEET_WITHIN)
    except (RuntimeError, ValueError) as error:
        is_taken = "address already in use" in str(error).lower()
        why = "that port is taken" if is_taken else f"not all of them came within {MEET_WITHIN.total_seconds():.0f} s"
        raise RunFailed(
            f"the {launch.size} processes of this run did not meet at {host}:{launch.port}: {why}; if nodes reach each "
            "other by another name or network, set MASTER_ADDR, MASTER_PORT and GLOO_SOCKET_IFNAME in "
            "environment.variables of the cluster's profile"
        ) from error
    found.set_timeout(SILENCE)
    return found


def first_store(size: int) -> TCPStore:
    """Where the first of several processes on this machine waits for the others, at a port that was free."""
    return TCPStore(HERE, 0, size, is_master=True, timeout=SILENCE, wait_for_workers=False)


def others_store(port: int, size: int) -> TCPStore:
    """The same for another process."""
    return TCPStore(HERE, port, size, is_master=False, timeout=SILENCE)


@contextmanager
def local_team(rank: int, size: int, store: TCPStore) -> Iterator[Several]:
    """Processes of this machine that one of them started."""
    with _group(rank, size, rank, store=store):
        yield Several(store)


@contextmanager
def _group(
    rank: int, size: int, local_rank: int, *, init_method: str | None = None, store: Store | None = None
) -> Iterator[None]:
    """torch.distributed's default group, for words; GPUs are dealt out in turn."""
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank % torch.cuda.device_count())
    try:
        dist.init_process_group("gloo", init_method, timeout=SILENCE, world_size=size, rank=rank, store=store)
    except (RuntimeError, ValueError) as error:
        raise RunFailed(f"the {size} processes of this run did not meet: {str(error).splitlines()[0]}") from error
    try:
        yield
    finally:
        if dist.is_initialized():  # not after Several.dissolve
            dist.destroy_process_group()
