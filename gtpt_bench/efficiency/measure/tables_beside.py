"""For people: why time is what it is, batch sizes, the way from image to poses, memory, energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gtpt_bench.efficiency.end_to_end.pipeline import SPANS
from gtpt_bench.efficiency.end_to_end.spans import EndToEnd
from gtpt_bench.efficiency.explain.explanation import Explanation
from gtpt_bench.efficiency.explain.roofline import RooflineRow
from gtpt_bench.efficiency.measure.figures import Explained, Measured
from gtpt_bench.efficiency.sweep import EndedBy, Sweep
from gtpt_bench.shown import NONE, Section, decimal, mebibytes, percent

BOUNDS = {"compute": "the matrix rate", "bandwidth": "memory bandwidth", "neither": "no roof"}
ENDINGS: Mapping[EndedBy, str] = {
    "no_gain": "two in a row gained less than 2 %",
    "fall": "the last one was clearly slower",
    "out_of_memory": "{next_batch} did not fit into memory",
    "memory_fence": "{next_batch} might not have fitted into memory",
    "max_batch": "{next_batch} is more than was asked for",
}


RECORDED_NOTE = "recorded calls keep what they compute in between in reserved memory; allocated is the rest alone"


def beside(measured: Measured) -> Iterator[Section]:
    """What was asked for beside cost and time."""
    parts = measured.request.parts
    for model in measured.models:
        yield from (explained_table(model.name, found) for found in model.explained)
    for model in measured.models:
        if model.sweep is not None:
            yield sweep_table(model.name, model.sweep)
    ends = {model.name: model.end_to_end for model in measured.models if model.end_to_end is not None}
    if ends:
        yield end_to_end_table(ends)
    if "memory" in parts:
        yield memory_table(measured)
    if "energy" in parts:
        yield energy_table(measured)


def explained_table(model: str, found: Explained) -> Section:
    columns = ("stage", "ms", "of time", "of MACs", "of matrix rate", "of bandwidth", "bound by")
    title = f"Where the time of {model} goes at batch {found.explanation.batch}"
    return Section(title, columns, tuple(map(_roofline, found.explanation.rows)), tuple(_explained_notes(model, found)))


def _roofline(row: RooflineRow) -> tuple[str, ...]:
    shares = row.share_of_time, row.share_of_macs
    rates = row.share_of_rate, row.share_of_bandwidth
    return (
        row.stage,
        decimal(1e3 * row.seconds, 3),
        *map(percent, shares),
        *(f"{share:.2f}" for share in rates),
        BOUNDS[row.bound],
    )


def _explained_notes(model: str, found: Explained) -> Iterator[str]:
    explanation = found.explanation
    yield _machine(explanation)
    launch = explanation.launch
    bound = "bound by launches" if launch.bound else "not bound by launches"
    yield f"device busy {percent(launch.busy_share)} of the time: {bound}"
    yield explanation.sentence
    if found.first is not None:
        yield f"{model} against {found.first.name}: {found.sentence_beside_first}"


def _machine(explanation: Explanation) -> str:
    rates, findings = explanation.rates, explanation.findings
    return (
        f"this machine: {rates.flops_per_s / 1e9:,.0f} GFLOP/s in {rates.rated.dtype} (matmul "
        f"{rates.matmul_flops_per_s / 1e9:,.0f}, 1×1 convolution {rates.conv_flops_per_s / 1e9:,.0f}), memory "
        f"{rates.bandwidth_bytes_per_s / 1e9:,.1f} GB/s; the whole call reaches {findings.rate_share:.2f} of that rate"
    )


def sweep_table(model: str, found: Sweep) -> Section:
    """Batch 1 is a row like the others, and the knee is marked."""
    knee = found.knee.batch if found.knee else None
    rows = tuple(
        (
            str(point.batch),
            decimal(point.images_per_s),
            percent(point.relative_spread, 1),
            "knee" * (point.batch == knee),
        )
        for point in found.points
    )
    ending = ENDINGS[found.ended_by].format(next_batch=found.next_batch)
    notes = (
        f"larger batches were not tried: {ending}",
        "spread: the middle half of the rounds; knee: within 2 % of the best",
    )
    return Section(f"Batch sizes of {model}", ("batch", "images/s", "spread", ""), rows, notes)


def end_to_end_table(found: Mapping[str, EndToEnd]) -> Section:
    spans = [span for span in SPANS if any(span in one.span_ms for one in found.values())]
    rows = [(span, *(decimal(one.span_ms.get(span), 3) for one in found.values())) for span in spans]
    rows += [
        ("whole picture", *(decimal(one.whole_ms, 3) for one in found.values())),
        ("a person", *(decimal(one.whole_ms_per_person, 3) for one in found.values())),
        ("network, of all spans", *(percent(one.model_share) for one in found.values())),
    ]
    samples = next(iter(found.values())).samples
    people = sum(sample.num_people for sample in samples) / len(samples)
    note = (
        f"median ms of a picture with {people:.1f} persons on average (drawn, 640×480), from JPEG to poses; the whole "
        "is timed apart, so spans need not add up to it; a person: median of each picture's time over its persons"
    )
    return Section("From image to poses (ms)", ("span", *found), tuple(rows), (note,))


def memory_table(measured: Measured) -> Section:
    rows = [
        (
            model.name,
            str(batch),
            mebibytes(peak.allocated_bytes),
            mebibytes(peak.reserved_bytes),
            mebibytes(peak.process_bytes),
        )
        for model in measured.models
        for batch, peak in model.memory.items()
    ]
    on_cpu = measured.machine.kind == "cpu"
    note = (
        "peak of a call in a fresh process: reserved is the resident size beyond that of a process without a model"
        if on_cpu
        else "peak of a call in a fresh process: allocated in tensors, reserved by the allocator, of the whole process"
    )
    notes = (note, RECORDED_NOTE) if measured.request.options.records_cuda_graphs and not on_cpu else (note,)
    return Section("Memory (MiB)", ("model", "batch", "allocated", "reserved", "process"), tuple(rows), notes)


def energy_table(measured: Measured) -> Section:
    rows = tuple(
        (model.name, decimal(model.energy.joules_per_image), decimal(model.energy.mean_power_w))
        if model.energy
        else (model.name, NONE, NONE)
        for model in measured.models
    )
    notes = [f"of the whole card, in a stream of calls on {measured.request.timing.throughput_batch} images"]
    if any(model.energy is None for model in measured.models):
        notes.append("this card or its driver has no counter of energy")
    return Section("Energy", ("model", "J an image", "W"), rows, tuple(notes))
