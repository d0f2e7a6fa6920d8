"""The processes that train or evaluate one model together, and what they agree on.

A team of one costs nothing. Weights, moving average and optimiser are the same in all processes after each step; only
the first one writes files.
"""

from __future__ import annotations

import inspect
import os
import socket
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed import Store  # type: ignore[attr-defined]
from torch.nn.parallel import DistributedDataParallel

from gtpt_bench.errors import TeamBroken

T = TypeVar("T")

SILENCE = timedelta(minutes=10)
"""A process that says nothing for so long in the middle of a step is given up."""

FOR_EVER = timedelta(days=365)
"""Processes that were started together wait as long for something to do."""


class Place(NamedTuple):
    """Where a process runs.

    Attributes:
        cores: host and numbers of the cores it may use.
        gpu: host and identity of its GPU; None if it has none.
    """

    cores: tuple[str, tuple[int, ...]]
    gpu: tuple[str, str] | None

    @classmethod
    def of_this_process(cls) -> Place:
        host = socket.gethostname()
        cores = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
        if not torch.cuda.is_available():
            return cls((host, cores), None)
        gpu = torch.cuda.get_device_properties(torch.cuda.current_device())
        return cls((host, cores), (host, str(gpu.uuid)))


class Team(ABC):
    """This process among those that work on a run.

    Attributes:
        rank: place among them, from 0.
        size: how many there are.
        num_sharers: how many of them share this one's cores, itself included.
    """

    rank: int
    size: int
    num_sharers: int

    @property
    def is_first(self) -> bool:
        """Whether this one writes the files."""
        return self.rank == 0

    @abstractmethod
    def any(self, flag: bool) -> bool:
        """Whether it is True in at least one process; all call it and hear the same."""

    @abstractmethod
    def total(self, value: float) -> float:
        """Sum over all processes."""

    @abstractmethod
    def from_first(self, value: T) -> T:
        """What the first process says; the others' own value is not looked at."""

    @abstractmethod
    def gathered(self, value: T) -> list[T]:
        """Each process's value, in their order."""

    @abstractmethod
    def take_over(self, tensors: Sequence[Tensor]) -> None:
        """Fill tensors, the same ones in all processes, with the values of the first, in place."""

    @abstractmethod
    def joined(self, model: nn.Module) -> nn.Module:
        """The model as a network whose gradients are the means over all processes."""

    @abstractmethod
    def gradients_kept(self, network: nn.Module) -> AbstractContextManager[None]:
        """Inside, gradients of a joined network stay in this process: more are to come before the mean is taken."""

    @abstractmethod
    def answered(self) -> AbstractContextManager[None]:
        """Inside, the others are needed; turns their silence into a TeamBroken that says who left and why."""


class Alone(Team):
    """A team of one."""

    rank, size, num_sharers = 0, 1, 1

    def any(self, flag: bool) -> bool:
        return flag

    def total(self, value: float) -> float:
        return value

    def from_first(self, value: T) -> T:
        return value

    def gathered(self, value: T) -> list[T]:
        return [value]

    def take_over(self, tensors: Sequence[Tensor]) -> None:
        """They are the first one's."""

    def joined(self, model: nn.Module) -> nn.Module:
        return model

    def gradients_kept(self, network: nn.Module) -> AbstractContextManager[None]:
        return nullcontext()

    def answered(self) -> AbstractContextManager[None]:
        return nullcontext()


ALONE: Team = Alone()


class Several(Team):
    """A team on top of torch.distributed, whose default group, a gloo one, must be there.

    Args:
        store: where a process leaves word of its failure for the others.
    """

    def __init__(self, store: Store) -> None:
        self.rank, self.size, self.store = dist.get_rank(), dist.get_world_size(), store
        self.idle = dist.new_group(backend="gloo", timeout=FOR_EVER)
        places = self.gathered(Place.of_this_process())
        self.num_sharers = sum(place.cores == places[self.rank].cores for place in places)
        # NCCL wants a GPU for each process; gloo works without and lets processes share one.
        have_own_gpu = None not in (gpus := {place.gpu for place in places}) and len(gpus) == self.size
        self.tensors = dist.new_group(backend="nccl" if have_own_gpu else "gloo", timeout=SILENCE)

    def any(self, flag: bool) -> bool:
        return self.total(float(flag)) > 0

    def total(self, value: float) -> float:
        summed = torch.tensor(value, dtype=torch.float64)
        with self.answered():
            dist.all_reduce(summed)
        return float(summed)

    def from_first(self, value: T) -> T:
        return self._said(value, None)

    def next_task(self, task: str | None) -> str | None:
        """As `from_first`, but the others wait for it as long as it takes.

        Raises:
            TeamBroken: also where the team has been dissolved.
        """
        if not dist.is_initialized():
            raise TeamBroken("the other processes have left after an earlier failure; run again to go on")
        return self._said(task, self.idle)

    def _said(self, value: T, group: dist.ProcessGroup | None) -> T:
        said: list[Any] = [value]
        with self.answered():
            dist.broadcast_object_list(said, src=0, group=group)
        return cast(T, said[0])

    def gathered(self, value: T) -> list[T]:
        values: list[Any] = [None] * self.size
        with self.answered():
            dist.all_gather_object(values, value)
        return values

    def take_over(self, tensors: Sequence[Tensor]) -> None:
        for dtype in sorted({tensor.dtype for tensor in tensors}, key=str):
            same = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.flatten() for tensor in same])
            with self.answered():
                dist.broadcast(flat, src=0, group=self.tensors)
            values = flat.split([tensor.numel() for tensor in same])
            for tensor, value in zip(same, values, strict=True):
                tensor.copy_(value.view_as(tensor))

    def joined(self, model: nn.Module) -> nn.Module:
        # Buffers are taken over after each step instead: processes may differ in how many forward passes they do.
        known = inspect.signature(DistributedDataParallel.__init__).parameters
        of_buffers = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
        with self.answered():
            options: dict[str, Any] = {"process_group": self.tensors, of_buffers: False}
            return DistributedDataParallel(model, **options)

    def gradients_kept(self, network: nn.Module) -> AbstractContextManager[None]:
        assert isinstance(network, DistributedDataParallel)
        return network.no_sync()

    @contextmanager
    def answered(self) -> Iterator[None]:
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Grad strides do not match")  # of layers with one channel a group
                yield
        except RuntimeError as error:
            if not is_broken_connection(error):
                raise
            raise TeamBroken(self.who_left()) from error

    def tell_failure(self, reason: str) -> None:
        """Leave word for the others before this process ends."""
        self.store.set(f"failure-{self.rank}", reason)

    def dissolve(self) -> None:
        """Leave the others, who hear of it when they next need this process."""
        dist.destroy_process_group()

    def who_left(self) -> str:
        """Why a process no longer answers, in one line."""
        with suppress(RuntimeError):  # the store may have gone with it
            for rank in set(range(self.size)) - {self.rank}:
                if self.store.check([f"failure-{rank}"]):
                    reason: str = self.store.get(f"failure-{rank}").decode()
                    return f"process {rank + 1} of {self.size}: {reason}"
        return (
            f"one of the {self.size} processes of this run was killed or has not answered for "
            f"{SILENCE.total_seconds() / 60:g} minutes; run again to go on from the last checkpoint"
        )


def is_broken_connection(error: RuntimeError) -> bool:
    """Whether other processes are the reason; gloo has no error class of its own."""
    words = str(error).lower()
    return isinstance(error, dist.DistError) or any(
        word in words for word in ("gloo", "nccl", "connection closed", "connection reset", "timed out")
    )
