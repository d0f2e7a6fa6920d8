"""A session's figures for people: cost and time, then whatever else was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from gtpt_bench.efficiency.gpu.card import CardFacts
from gtpt_bench.efficiency.gpu.watch import GpuConditions
from gtpt_bench.efficiency.measure.figures import Machine, Measured
from gtpt_bench.efficiency.measure.request import OF_COUNTING
from gtpt_bench.efficiency.measure.tables_beside import beside
from gtpt_bench.efficiency.measure.tables_counting import counting
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.timing.samples import TimingSamples
from gtpt_bench.efficiency.timing.statistics import Summary, summary
from gtpt_bench.models.sources import notes_on
from gtpt_bench.shown import NONE, Section, decimal, mebibytes, plus_minus, whole

CONVENTIONS_NOTE = "MACs: full counts every attention product, thop is the authors' convention; --explain tells all"
DEPLOYED_NOTE = "counted in the form that is trained; the deployed one has the same outputs"


def sections(measured: Measured) -> Iterator[Section]:
    if "cost" in measured.request.parts:
        yield cost_table(measured)
    yield from counting(measured)
    if "time" in measured.request.parts:
        yield time_table(measured)
    yield from beside(measured)
    if notes := notes_on(model.name for model in measured.models):
        yield Section(notes=tuple(notes))
    if not measured.request.parts <= OF_COUNTING:
        yield Section(notes=tuple(conditions(measured)))


def cost_table(measured: Measured) -> Section:
    costs = [(model.name, model.cost) for model in measured.models if model.cost is not None]
    rows = [
        (name, whole(cost.params.deployed), whole(cost.params.thop), *(whole(cost.macs[c]) for c in ("full", "thop")))
        for name, cost in costs
    ]
    columns = ("model", "params", "params thop", "MACs full", "MACs thop")
    deployed = measured.request.options.form == "deployed"
    notes = (CONVENTIONS_NOTE, *([DEPLOYED_NOTE] if deployed else []))
    return Section("", columns, tuple(rows), notes)


def time_table(measured: Measured) -> Section:
    """Percentiles and compilation only where a model has them."""
    samples = {model.name: model.time for model in measured.models if model.time is not None}
    cells = {name: time_cells(found) for name, found in samples.items()}
    columns = [column for column in next(iter(cells.values())) if any(row[column] != NONE for row in cells.values())]
    rows = tuple((name, *(row[column] for column in columns)) for name, row in cells.items())
    return Section("", ("model", *columns), rows, tuple(time_notes(samples)))


def time_cells(samples: TimingSamples) -> dict[str, str]:
    """By heading."""
    latency = summary([ns / 1e6 for ns in samples.calls_ns])
    return {
        "latency (ms)": _typical(latency),
        "p90": decimal(latency.p90),
        "p99": decimal(latency.p99),
        f"images/s at {samples.throughput_batch}": _typical(summary(samples.throughput_images_per_s)),
        "first call (ms)": decimal(samples.first_call_ms),
        "of it compiling": decimal(samples.compile_ms),
    }


def time_notes(samples: dict[str, TimingSamples]) -> Iterator[str]:
    first = next(iter(samples.values()))
    num_calls = min(len(found.calls_ns) for found in samples.values())
    yield (
        f"latency: median ± median absolute deviation of {num_calls} calls on one image, synchronised; images/s: of "
        f"{len(first.throughput_images_per_s)} rounds, pipelined; rounds ended: {first.stopped}"
    )
    for name, found in samples.items():
        yield from (f"warning: {name}: {problem}" for problem in found.problems)


def _typical(found: Summary) -> str:
    return plus_minus(found.median, found.mad)


def conditions(measured: Measured) -> Iterator[str]:
    """Machine, way of running, and what a GPU went through."""
    times = [model.time for model in measured.models if model.time is not None]
    load = times[0].load_average[-1] if times and times[0].load_average else None
    yield machine_in_words(measured.machine, measured.request.options, load)
    if measured.card is not None:
        yield card_in_words(measured.card)
    if measured.gpu is not None:
        yield from gpu_in_words(measured.gpu)


def machine_in_words(machine: Machine, options: InferenceOptions, load_average: float | None) -> str:
    load = "" if load_average is None else f", load average {load_average:.2f}"
    num = options.threads or machine.threads
    threads = f"{num} thread{'s' * (num > 1)}"
    return f"on {machine.name}, {threads}{load}, torch {machine.torch}; run as: {options.label}"


def card_in_words(card: CardFacts) -> str:
    """Its name is the machine's."""
    return f"GPU driver {card.driver or 'unknown'}, power limit {decimal(card.power_limit_w)} W"


def gpu_in_words(gpu: GpuConditions) -> Iterator[str]:
    if gpu.last is not None:
        clock, power = whole(gpu.last.sm_clock_mhz), decimal(gpu.last.power_w)
        yield f"GPU at the end: {clock} MHz, {power} W, {whole(gpu.last.temperature_c)} °C, at most {gpu.hottest_c} °C"
    if gpu.num_refused:
        yield f"{gpu.num_refused} slices of time were refused and taken again: {', '.join(gpu.refused_for)}"
    if gpu.throttled_by:
        yield f"warning: the card was held back while time was taken: {', '.join(gpu.throttled_by)}"
    if gpu.other_processes is None:
        yield "other processes on the GPU could not be listed"
    elif gpu.other_processes:
        named = (f"{process.pid} ({mebibytes(process.memory_bytes)} MiB)" for process in gpu.other_processes)
        yield f"warning: other processes are on the GPU: {', '.join(named)}"
