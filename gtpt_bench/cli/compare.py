"""The command `compare`: two models, runs or studies, with verdicts."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gtpt_bench.cli.options import DEFAULT_RESULTS, AsJson, Results


def compare(
    a: Annotated[
        str, typer.Argument(metavar="A", help="A model, or the folder of a run or study.", show_default=False)
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="What is held against it.", show_default=False)],
    only: Annotated[Literal["cost", "time", "accuracy"] | None, typer.Option(help="Compare only this.")] = None,
    set: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change both. Repeatable.")
    ] = None,
    set_a: Annotated[
        list[str] | None, typer.Option("--set-a", metavar="KEY=VALUE", help="Change A alone. Repeatable.")
    ] = None,
    set_b: Annotated[
        list[str] | None, typer.Option("--set-b", metavar="KEY=VALUE", help="Change B alone. Repeatable.")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Count and time models of runs or studies now, instead of using records.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Images a call when throughput is measured.")] = 8,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="For latency and for throughput, at most; a clear case ends sooner.")
    ] = 45.0,
    results: Results = DEFAULT_RESULTS,
    json: AsJson = False,
) -> None:
    """Compare two models, two runs or two studies: what differs, MACs and params, time, AP, each with a verdict on B.

    Models are timed now, in short slices in turn, until it is clear: faster,
    slower, same, or ambiguous when time is up. Of runs and studies the recorded
    costs and times are compared; times of two sessions stand side by side
    without a verdict. --measure counts and times now.

    Keys of --set, --set-a and --set-b are those of the model, or begin with run.
    and say how it is run: run.form (trained, deployed), run.dtype, run.layout,
    run.compile, run.cuda_graph, run.attention, run.threads.

    A model against its inference form, and against itself without pruning:

    gtpt-study compare gtpt_s_coco gtpt_s_coco --set-b run.form=deployed

    gtpt-study compare gtpt_s_coco gtpt_s_coco --set-b pruning.keep_rates=[1,1,1,1]

    A study by two versions of the code, the records that were kept and fresh ones:

    gtpt-study compare results/records/token_reduction results/token_reduction
    """  # short lines: help keeps them as they are
    from gtpt_bench.compare.sides import Asked, side
    from gtpt_bench.study.changes import changes_of

    both = changes_of(set or [], "--set")
    first, second = (
        side(Asked(text, both | changes_of(texts or [], option), _given(set, texts, option)), results)
        for text, texts, option in ((a, set_a, "--set-a"), (b, set_b, "--set-b"))
    )
    from gtpt_bench.cli.measure import steps_on_display
    from gtpt_bench.compare import run
    from gtpt_bench.efficiency.measure.within import comparing_within

    how = run.How(
        parts=(only,) if only else run.PARTS, measures=measure, settings=comparing_within(seconds), batch=batch
    )
    found = run.compare(first, second, how, steps_on_display())
    if json:
        from gtpt_bench.cli.printing import print_json
        from gtpt_bench.compare.as_json import as_json

        print_json(as_json(found))
        return
    from gtpt_bench.cli.printing import print_sections
    from gtpt_bench.compare.tables import sections

    print_sections(sections(found))


def _given(both: list[str] | None, alone: list[str] | None, option: str) -> str:
    """The options that changes of one side may come from, for errors."""
    return " and ".join(name for name, texts in (("--set", both), (option, alone)) if texts) or option
