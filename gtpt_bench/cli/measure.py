"""The command `measure`: what models cost, how fast they are, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gtpt_bench.cli import measure_options as option

if TYPE_CHECKING:
    from gtpt_bench.efficiency.measure.request import Part
    from gtpt_bench.efficiency.measure.running import Steps, Update

USUAL_BATCH = 8


def measure(
    models: option.Models = None,
    only: option.Only = None,
    explain: option.Explain = False,
    by: option.By = None,
    check: option.Check = False,
    sweep: option.Sweep = False,
    memory: option.Memory = False,
    energy: option.Energy = False,
    end_to_end: option.EndToEnd = False,
    set: option.Set = None,
    deployed: option.Deployed = False,
    dtype: option.DType = "float32",
    layout: option.Layout = "contiguous",
    compile: option.Compile = "off",
    cuda_graph: option.CudaGraph = False,
    attention: option.Attention = "default",
    threads: option.Threads = None,
    batch: option.Batch = None,
    max_batch: option.MaxBatch = 256,
    seconds: option.Seconds = 20.0,
    json: option.AsJson = False,
) -> None:
    """Measure models: parameters, MACs, latency of one image, throughput of batches; and why they are what they are.

    Several models are timed in turn, round after round. For a verdict on two of them: `gtpt-study compare`.
    """
    if not models:
        explain_figures(asked=explain, json=json)
        return
    beside = {"sweep": sweep, "memory": memory, "energy": energy, "end_to_end": end_to_end}
    parts = wanted_parts(only, by, [name for name, asked in beside.items() if asked], explain=explain, check=check)

    from gtpt_bench.efficiency.measure.request import MeasureRequest
    from gtpt_bench.efficiency.measure.within import comparing_within, explaining_within, timing_within
    from gtpt_bench.models.catalogue import model_config
    from gtpt_bench.study.changes import changes_of, with_changes

    changes = changes_of(set or [], "--set")
    named = {name: with_changes(model_config(name), changes, f"--set for {name}") for name in models}
    configs = {title: named[name] for title, name in told_apart(models).items()}
    request = MeasureRequest(
        parts=parts,
        options=running_options(
            form="deployed" if deployed else "trained",
            dtype=dtype,
            layout=layout,
            compile=compile,
            cuda_graph=cuda_graph,
            attention=attention,
            threads=threads,
        ),
        timing=timing_within(seconds, batch=batch or USUAL_BATCH),
        explaining=explaining_within(seconds),
        comparing=comparing_within(seconds),
        explained_batches=tuple(dict.fromkeys((1, batch or 1))),
        max_batch=max_batch,
    )
    from gtpt_bench.efficiency.measure.run import measured

    found = measured(configs, request, steps_on_display())
    if json:
        from gtpt_bench.cli.printing import print_json
        from gtpt_bench.efficiency.measure.as_json import as_json

        content = as_json(found)
        print_json(content[0] if len(content) == 1 else content)
        return
    from gtpt_bench.cli.printing import print_sections
    from gtpt_bench.efficiency.measure.tables import sections

    print_sections(sections(found))


def told_apart(models: Sequence[str]) -> dict[str, str]:
    """Each model by a name of its own: one that is asked for again, to see what noise there is, has a number."""
    titles: dict[str, str] = {}
    for place, name in enumerate(models):
        times = models[: place + 1].count(name)
        titles[name if times == 1 else f"{name} ({times})"] = name
    return titles


def explain_figures(*, asked: bool, json: bool) -> None:
    """What all figures mean, for `--explain` without a model.

    Raises:
        InputError: neither was given.
    """
    from gtpt_bench.cli.printing import print_json, print_sections
    from gtpt_bench.efficiency.measure.definitions import definitions, definitions_as_json
    from gtpt_bench.errors import InputError

    if not asked:
        raise InputError("no model is named; gtpt-study models lists them, and --explain alone says what figures mean")
    if json:
        print_json(definitions_as_json())
    else:
        print_sections(definitions())


def wanted_parts(only: str | None, by: str | None, beside: list[str], *, explain: bool, check: bool) -> frozenset[Part]:
    """What the options ask for.

    Raises:
        InputError: two of them contradict each other.
    """
    from gtpt_bench.errors import InputError

    counted = [*(["by"] if by else []), *(["check"] if check else [])]
    for choice, words, left_out in (("cost", "runs nothing", beside), ("time", "counts nothing", counted)):
        if only == choice and left_out:
            raise InputError(f"--only {only} {words}; leave out --{left_out[0].replace('_', '-')}")
    parts: set[Any] = {*beside, *([f"{by}s"] if by else []), *(["check"] if check else [])}
    if only != "time":
        parts |= {"cost"} | ({"conventions", "stages", "check"} if explain else set())
    if only != "cost":
        parts |= {"time"} | ({"explain"} if explain else set())
    return frozenset(parts)


def running_options(**values: Any) -> Any:
    """How models are run.

    Raises:
        InputError: two options contradict each other.
    """
    from gtpt_bench.efficiency.options import PLAIN
    from gtpt_bench.study.changes import with_changes

    return with_changes(PLAIN, values, "options")


def steps_on_display() -> Steps:
    """Tells people of each step on stderr; nothing is drawn while time is taken."""
    from gtpt_bench.cli.progress import still_display
    from gtpt_bench.study.display import shown

    # the profiler of PyTorch would write a line to stderr at each start and stop
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    display = still_display()

    @contextmanager
    def step(title: str) -> Iterator[Update]:
        with shown(display, title) as line:
            yield line.update

    return step
