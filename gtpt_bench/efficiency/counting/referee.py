"""What every referee has in common: a counter made by others, run on a copy of a model, in silence.

A referee takes a model and the arguments of one call, a batch of one, and runs a forward pass: a real one on the CPU,
or one of shapes alone where the model has no memory.
"""

from __future__ import annotations

import copy
import io
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.operators import MOVES
from gtpt_bench.efficiency.counting.recorder import gives_view
from gtpt_bench.efficiency.counting.trace import fast_path_off


@dataclass(frozen=True)
class RefereeCount:
    """What another counter says.

    Attributes:
        macs: multiply-accumulates, also where the counter prints FLOPs; None if it could not count.
        uncounted: calls of each operator that it has no rule for, by the names it uses.
        seconds: that it took, the forward pass included.
        problem: why there is no count, in one line.
    """

    name: str
    macs: int | None
    uncounted: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""


Counting = Callable[[nn.Module, tuple[Any, ...]], tuple[int, dict[str, int]]]
"""A counter's own work: MACs and uncounted operators of a module, which it may change, on these inputs."""


def refereed(name: str, counting: Counting, model: nn.Module, inputs: tuple[Any, ...]) -> RefereeCount:
    """Runs a counter on a copy of the model; whatever goes wrong inside it becomes the result's `problem`."""
    start = time.perf_counter()
    try:
        device = counting_device(model)
        with silence(), torch.no_grad(), fast_path_off(), one_thread(), device:
            at_device = tree_map_only(Tensor, lambda tensor: tensor.to(device), inputs)
            macs, uncounted = counting(frozen_copy(model, device), at_device)
    except ImportError as error:
        return RefereeCount(name, None, problem=f"{name} cannot be imported: {error}")
    # Programs of others on models of others: any of them may fail in its own way, and the row then says so.
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0]
        return RefereeCount(name, None, problem=f"{name} cannot count this model: {type(error).__name__}: {first_line}")
    return RefereeCount(name, macs, uncounted, time.perf_counter() - start)


def counting_device(model: nn.Module) -> torch.device:
    """The CPU; of a model that has shapes but no memory (`empty_model`), the meta device."""
    is_empty = any(parameter.is_meta for parameter in model.parameters())
    return torch.device("meta" if is_empty else "cpu")


def frozen_copy(model: nn.Module, device: torch.device) -> nn.Module:
    """There, in evaluation mode, without gradients: a bare parameter that a module returns trips torch's counter
    otherwise (spec/measurement.md §3).
    """
    return copy.deepcopy(model).to(device).eval().requires_grad_(False)


class Bound(nn.Module):
    """A model of its first argument alone, for counters that pass only one."""

    def __init__(self, model: nn.Module, others: tuple[Any, ...]) -> None:
        super().__init__()
        self.model = model
        self.others = others

    def forward(self, first: Any) -> Any:
        return self.model(first, *self.others)


class Calls(TorchDispatchMode):
    """How often each operator ran that computes something, while this is active."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._overloadpacket.__name__
        if rules.KINDS.get(name.removesuffix("_"), "unknown") not in MOVES and not gives_view(func):
            self.times[name] += 1
        return func(*args, **(kwargs or {}))

    def without(self, known: Iterable[Any]) -> dict[str, int]:
        """Calls of operators that are not among the known ones, the most frequent first."""
        names = {getattr(operator, "__name__", "") for operator in known}
        return {name: times for name, times in self.times.most_common() if name not in names}


@contextmanager
def one_thread() -> Iterator[None]:
    """While active, torch computes in one thread: small operators by the thousand wait for each other otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def silence() -> Iterator[None]:
    """While active, nothing that Python code prints or warns of reaches anyone."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
