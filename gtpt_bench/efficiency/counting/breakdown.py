"""Where a model's cost lies: tokens, MACs, parameters and activations of each stage and of each module.

Sums over stages, and over modules, equal the totals to the integer. Source: spec/measurement.md §3, rule 5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import nn

from gtpt_bench.efficiency.counting.conventions import ATTENTION, CONVENTIONS
from gtpt_bench.efficiency.counting.operators import Operator, Trace
from gtpt_bench.efficiency.counting.tokens import TokensThrough, tokens_of_module, tokens_of_stages
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.stages import STAGES, stage_of

ELSEWHERE = "between stages"
"""What belongs to no stage: joining sequences, adding positions, learned tokens."""


@dataclass(frozen=True)
class Part:
    """A stage, or a module without those inside it.

    Attributes:
        name: of the stage, or path of the module.
        stage: that it belongs to; its own name for a stage.
        tokens: that enter and that leave it, all groups together; None where there are none, or for a model whose
            tokens nobody announces.
        full_macs: in the convention `full`.
        attention_macs: those of them that are attention products.
        params: of one copy of the weights, each where it is defined.
        activations: elements that operators write to memory, copies included, with attention by its plain formula.
    """

    name: str
    stage: str
    tokens: TokensThrough | None
    full_macs: int
    attention_macs: int
    params: int
    activations: int


@dataclass(frozen=True)
class Breakdown:
    """One forward pass, cut in two ways."""

    stages: tuple[Part, ...]
    modules: tuple[Part, ...]


def breakdown(model: nn.Module, trace: Trace) -> Breakdown:
    """`trace` being a forward pass of the same model. Stages of a GTPT are its own, of others `child_stages`."""
    config = getattr(model, "config", None)
    if isinstance(config, GTPTConfig):
        return _breakdown(
            model,
            trace,
            stage=lambda path: stage_of(config, path) or ELSEWHERE,
            order=(*STAGES, ELSEWHERE),
            stage_tokens=tokens_of_stages(config).get,
            module_tokens=lambda path: tokens_of_module(config, path),
        )
    children, child_of = child_stages(model)
    return _breakdown(
        model,
        trace,
        stage=lambda path: child_of(path) or ELSEWHERE,
        order=(*children, ELSEWHERE),
        stage_tokens=lambda name: None,
        module_tokens=lambda path: None,
    )


def child_stages(model: nn.Module) -> tuple[list[str], Callable[[str], str]]:
    """Names of a model's children, or of its only child's, and which of them a module's path is in; "" for none."""
    prefix, module = "", model
    while len(children := [*module.named_children()]) == 1 and [*children[0][1].children()]:
        name, module = children[0]
        prefix += f"{name}."

    def stage(path: str) -> str:
        return path.removeprefix(prefix).partition(".")[0] if path.startswith(prefix) else ""

    return [name for name, _ in children], stage


def _breakdown(
    model: nn.Module,
    trace: Trace,
    *,
    stage: Callable[[str], str],
    order: Iterable[str],
    stage_tokens: Callable[[str], TokensThrough | None],
    module_tokens: Callable[[str], TokensThrough | None],
) -> Breakdown:
    ran: dict[str, list[Operator]] = defaultdict(list)
    for operator in trace.operators:
        ran[operator.module].append(operator)
    owned: dict[str, int] = defaultdict(int)
    for name, parameter in model.named_parameters():
        owned[name.rpartition(".")[0]] += parameter.numel()
    paths = [path for path, _ in model.named_modules() if path in ran or path in owned]
    modules = [_part(path, stage(path), module_tokens(path), ran[path], owned[path]) for path in paths]
    stages = [
        _part(
            name,
            name,
            stage_tokens(name),
            [operator for path in inside for operator in ran[path]],
            sum(owned[path] for path in inside),
        )
        for name in order
        if (inside := [path for path in paths if stage(path) == name])
    ]
    return Breakdown(tuple(stages), tuple(modules))


def _part(name: str, stage: str, tokens: TokensThrough | None, operators: list[Operator], params: int) -> Part:
    trace = Trace(tuple(operators))
    return Part(
        name=name,
        stage=stage,
        tokens=tokens,
        full_macs=CONVENTIONS["full"].macs(trace),
        attention_macs=ATTENTION.macs(trace),
        params=params,
        activations=sum(operator.written for operator in operators),
    )
