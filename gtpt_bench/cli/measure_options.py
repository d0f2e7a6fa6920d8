"""The options of `measure`. Choices are spelled out here, since help must come without importing anything.

tests/cli/test_measuring.py holds them against what the library takes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

_WHAT, _RUN, _REST = "What is measured", "How the models are run", "How long, and how it is shown"

Models = Annotated[list[str] | None, typer.Argument(metavar="MODEL", help="Models to measure.", show_default=False)]
Only = Annotated[Literal["cost", "time"] | None, typer.Option(help="Count only, or time only.", rich_help_panel=_WHAT)]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain",
        help="Every convention, the cost of each stage, what other counters say, and why time is what it is: at batch "
        "1, and at --batch if given. Without a model: what all figures mean.",
        rich_help_panel=_WHAT,
    ),
]
By = Annotated[
    Literal["stage", "module"] | None,
    typer.Option(help="Tokens, MACs, params and activations of each.", rich_help_panel=_WHAT),
]
Check = Annotated[
    bool,
    typer.Option(
        "--check",
        help="Ask other counters (fvcore, torch, ptflops) and flag those that differ by over 1 %.",
        rich_help_panel=_WHAT,
    ),
]
Sweep = Annotated[
    bool,
    typer.Option(
        "--sweep", help="Throughput at 1, 2, 4, … images a call until more pay no more.", rich_help_panel=_WHAT
    ),
]
Memory = Annotated[
    bool, typer.Option("--memory", help="Peak memory of a call, in fresh processes.", rich_help_panel=_WHAT)
]
Energy = Annotated[
    bool, typer.Option("--energy", help="Joules an image, on a card that counts them.", rich_help_panel=_WHAT)
]
EndToEnd = Annotated[
    bool,
    typer.Option(
        "--end-to-end", help="Time from image file to poses, in spans, on drawn people.", rich_help_panel=_WHAT
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change the models: --set pruning.keep_rates=[1,.7,.3,.1]. Repeatable.",
        rich_help_panel=_RUN,
    ),
]
Deployed = Annotated[
    bool, typer.Option("--deployed", help="In the form that model.deploy() gives.", rich_help_panel=_RUN)
]
DType = Annotated[
    Literal["float32", "tf32", "bfloat16", "float16"],
    typer.Option(help="Of weights and images; tf32 on CUDA only.", rich_help_panel=_RUN),
]
Layout = Annotated[
    Literal["contiguous", "channels_last"], typer.Option(help="Of images and weights.", rich_help_panel=_RUN)
]
Compile = Annotated[
    Literal["off", "default", "reduce_overhead", "max_autotune", "max_autotune_no_cudagraphs"],
    typer.Option(help="Mode of torch.compile; reduce_overhead on CUDA only.", rich_help_panel=_RUN),
]
CudaGraph = Annotated[
    bool, typer.Option("--cuda-graph", help="Record a call and replay it; on CUDA only.", rich_help_panel=_RUN)
]
Attention = Annotated[
    Literal["default", "math", "flash", "memory_efficient", "cudnn"],
    typer.Option(help="The only kernel that fused attention may use.", rich_help_panel=_RUN),
]
Threads = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Of the CPU; as torch has it by default.", rich_help_panel=_RUN)
]
Batch = Annotated[
    int | None,
    typer.Option(
        min=1, help="Images a call when throughput is measured; 8 by default.", show_default=False, rich_help_panel=_RUN
    ),
]
MaxBatch = Annotated[int, typer.Option(min=1, help="Largest batch that --sweep tries.", rich_help_panel=_REST)]
Seconds = Annotated[
    float,
    typer.Option(
        min=0.1,
        help="To time a model, at most, beside its warming up and five rounds; fewer are quicker and less certain.",
        rich_help_panel=_REST,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, raw samples included.", rich_help_panel=_REST)]
