"""Settings for a number of seconds: what a hurried user gets, by the same rules as one who has time. Torch-free."""

from __future__ import annotations

from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.timing.settings import ComparisonSettings, TimingSettings

TIMING, EXPLAINING, COMPARING = TimingSettings(), ExplainSettings(), ComparisonSettings()
USUAL_S = TIMING.timeout_s
"""Seconds that give each setting its default."""


def timing_within(seconds: float, *, batch: int) -> TimingSettings:
    """Latency and throughput of a model in about so many seconds at most."""
    return TimingSettings(
        throughput_batch=batch,
        warmup_s=_shorter(TIMING.warmup_s, seconds),
        round_s=_shorter(TIMING.round_s, seconds),
        min_s=_shorter(TIMING.min_s, seconds),
        timeout_s=seconds,
    )


def explaining_within(seconds: float) -> ExplainSettings:
    return ExplainSettings(
        rounds=max(2, round(_shorter(EXPLAINING.rounds, seconds))),
        round_s=_shorter(EXPLAINING.round_s, seconds),
        warmup_s=_shorter(EXPLAINING.warmup_s, seconds),
    )


def comparing_within(seconds: float, *, batch: int = 1) -> ComparisonSettings:
    """One quantity of two models in so many seconds at most, without their warming up."""
    return ComparisonSettings(
        batch=batch,
        warmup_s=_shorter(COMPARING.warmup_s, seconds),
        slice_s=_shorter(COMPARING.slice_s, seconds),
        timeout_s=seconds,
    )


def _shorter(usual: float, seconds: float) -> float:
    """Of a default, the part that fits; never more than all of it."""
    return usual * min(1.0, seconds / USUAL_S)
