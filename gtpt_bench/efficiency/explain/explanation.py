"""Measures why a model takes the time it takes: rates, stages and profile in turn, round after round."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from gtpt_bench.efficiency.explain.costs import StageCosts, stage_costs
from gtpt_bench.efficiency.explain.disturbance import ENOUGH, num_undisturbed
from gtpt_bench.efficiency.explain.findings import Findings
from gtpt_bench.efficiency.explain.launch import Launch, LaunchMeter
from gtpt_bench.efficiency.explain.rates import MachineRates, RateMeter, RateRound
from gtpt_bench.efficiency.explain.rates_apart import rates_beside
from gtpt_bench.efficiency.explain.roofline import RooflineRow, roofline
from gtpt_bench.efficiency.explain.sentence import sentence
from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.explain.stage_times import StageClock, StageTimes, repeated
from gtpt_bench.efficiency.options import DType, InferenceOptions
from gtpt_bench.efficiency.prepare import prepared
from gtpt_bench.errors import InputError

PATIENCE = 3
"""Measuring ends after so many times the rounds asked for, however many were disturbed."""


@dataclass(frozen=True)
class Explanation:
    """One model at one batch, with every raw sample.

    Attributes:
        costs: MACs and least traffic of each stage's operators in a call.
    """

    batch: int
    rates: MachineRates
    times: StageTimes
    costs: StageCosts
    launch: Launch

    @property
    def rows(self) -> tuple[RooflineRow, ...]:
        """The roofline, a row a stage."""
        return roofline(self.times.stage_seconds, self.costs, self.rates)

    @property
    def disturbed(self) -> bool:
        """Whether other processes had the cores so often that disturbed rounds had to be used too."""
        parts = self.rates.rounds, self.times.rounds, self.launch.windows
        return any(num_undisturbed(rounds) < ENOUGH for rounds in parts)

    @property
    def findings(self) -> Findings:
        """What `compared_in_words` needs of this model and of another."""
        on_cpu = self.launch.device == "cpu"
        return Findings(
            device=self.launch.device,
            batch=self.batch,
            seconds=self.times.seconds,
            flops_per_s=self.rates.flops_per_s,
            rows=self.rows,
            groups=self.launch.stage_group_shares,
            waiting_share=self.launch.waiting_share,
            launch_bound=self.launch.bound,
            page_faults=self.times.page_faults_per_call if on_cpu else 0.0,
            system_share=self.times.system_share if on_cpu else 0.0,
            disturbed=self.disturbed,
        )

    @property
    def sentence(self) -> str:
        return sentence(self.findings)


def explain(
    model: nn.Module,
    *,
    batch: int,
    device: torch.device,
    options: InferenceOptions | None = None,
    settings: ExplainSettings | None = None,
) -> Explanation:
    """Where the time of a call of `batch` images goes, and what holds the model up.

    Best in a process that has measured nothing else: what ran before leaves the allocator in another state.

    Args:
        model: moved to the device and put in evaluation mode.
        options: how it is run; compiled and recorded calls have no stages to be told apart.

    Raises:
        InputError: the device cannot do what the options ask, or they ask for what cannot be looked into.
        MeasurementRejected: the machine's rates could not be measured.
    """
    options, settings = options or InferenceOptions(), settings or ExplainSettings()
    if options.compile != "off" or options.cuda_graph:
        raise InputError("a compiled or recorded call has no stages to be told apart; explain the model without")
    ready = prepared(model, options, device)
    inputs, dtype = ready.inputs(batch), product_dtype(options)
    clock, profiler = StageClock(ready.model, inputs, device), LaunchMeter(ready.model, inputs, device)
    with ready.in_force(), rates_beside(device, dtype) as meter:  # in this order: as many threads as the model has
        repeated(settings.warmup_s, clock.call_ns)
        rates = MachineRates(meter.rated, _rates_and_stages(meter, clock, settings))
        _profile(profiler, settings)  # last: the profiler leaves the allocator in another state
    costs = stage_costs(ready, inputs, clock.stages, dtype)
    return Explanation(batch, rates, clock.times(), costs, profiler.launch())


def _rates_and_stages(meter: RateMeter, clock: StageClock, settings: ExplainSettings) -> tuple[RateRound, ...]:
    """The machine and the model in turn, until enough rounds of both were undisturbed or patience ends."""
    rates: list[RateRound] = []
    for _ in range(PATIENCE * settings.rounds):
        rates.append(meter.round(settings.round_s))
        clock.round(2 * settings.round_s)
        if min(num_undisturbed(rates), num_undisturbed(clock.rounds)) >= settings.rounds:
            break
    return tuple(rates)


def _profile(profiler: LaunchMeter, settings: ExplainSettings) -> None:
    """Windows, likewise."""
    profiler.warm_up()
    for _ in range(PATIENCE * settings.rounds):
        profiler.round(settings.profiled_calls)
        if num_undisturbed(profiler.windows) >= settings.rounds:
            break


def product_dtype(options: InferenceOptions) -> DType:
    """Number format of the matrix products of a model that is run so: what it is to be held against."""
    return options.dtype if options.autocast == "off" else options.autocast
