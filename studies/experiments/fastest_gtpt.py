"""How fast is GTPT here, as a share of what the machine's matrix products reach?

    python studies/experiments/fastest_gtpt.py --out results/fastest_gtpt

Trained form and `deploy()`ed form at batch 1, then 32, of each model in turn with the machine's rate: the faster of a
1536³ product and the same as a convolution. Then, of GTPT-S, a training step at batch 16. Each form of each model has a
fresh process in which nothing is set by hand, and the rate one of its own, because what runs in a process before
changes what its allocator keeps. A share counts two operations for each MAC of `full`, three times as many in a
training step, whose MACs are those of tokenizer, both passes and heads. Source: spec/measurement.md §8.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch

from gtpt_bench.efficiency.explain.rates_apart import rates_beside
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name
from gtpt_bench.files import write_json
from gtpt_bench.models import create_model, list_models, model_config
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.catalogue import unknown_model
from gtpt_bench.models.gtpt.closed_form import gtpt_cost, tokenizer_cost
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.training.ema_copy import EmaCopy
from gtpt_bench.training.losses import global_perceived_loss

MODELS = tuple(f"gtpt_{size}_{data}" for data in ("coco", "wholebody") for size in "tsb")
BATCHES, TRAINING_BATCH = (1, 32), 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS, help="default: the six released ones")
    parser.add_argument(
        "--training", nargs="*", default=["gtpt_s_coco"], help="models whose training step is timed too"
    )
    parser.add_argument("--rounds", type=int, default=7, help="in which the forms take turns with the machine's rate")
    parser.add_argument("--seconds", type=float, default=0.6, help="of each form a round")
    parser.add_argument("--out", type=Path, default=None, help="folder for fastest_gtpt.json")
    parser.add_argument("--here", choices=("trained", "deployed", "training"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = {*arguments.models, *arguments.training} - {*list_models()}
    if unknown:
        parser.error(unknown_model(min(unknown)))
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    if arguments.here:
        print(json.dumps(measured(arguments.here, arguments.models[0], arguments.rounds, arguments.seconds)))
        return
    rows = []
    for model in arguments.models:
        for here in ("trained", "deployed", *(["training"] if model in arguments.training else [])):
            rows += in_fresh_process(model, here, arguments)
    print_table(rows)
    if arguments.out is not None:
        content = {"device": torch_device_name(), "threads": torch.get_num_threads(), "torch": torch.__version__}
        write_json(arguments.out / "fastest_gtpt.json", content | {"rows": rows})


def in_fresh_process(model: str, here: str, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    command = [sys.executable, __file__, model, "--here", here]
    command += ["--rounds", str(arguments.rounds), "--seconds", str(arguments.seconds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: list[dict[str, Any]] = json.loads(answer)
    return found


def measured(here: str, name: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Rows of one form of one model, or of its training step."""
    device = torch_device()
    model = create_model(name).to(device)
    with rates_beside(device, "float32") as meter:
        if here == "training":
            times = in_turn(training_step(model.train(), TRAINING_BATCH), meter.matrix_round, rounds, seconds)
            operations = 6 * training_macs(name) * TRAINING_BATCH
            return [row(name, "training step", TRAINING_BATCH, operations, *times)]
        return [inference(model.eval(), name, here, batch, meter.matrix_round, rounds, seconds) for batch in BATCHES]


@torch.inference_mode()
def inference(
    model: GTPT, name: str, form: str, batch: int, rate: Callable[[float], float], rounds: int, seconds: float
) -> dict[str, Any]:
    net = model if form == "trained" else model.deploy()
    images = torch.randn(batch, 3, *model.config.input_size, device=model.position.device)
    times = in_turn(lambda: net(images), rate, rounds, seconds)
    return row(name, form, batch, 2 * gtpt_cost(model.config).full * batch, *times)


def training_step(model: GTPT, batch: int) -> Callable[[], object]:
    device, config = model.position.device, model.config
    images = torch.randn(batch, 3, *config.input_size, device=device)
    shape = batch, len(config.keypoint_set)
    bins = (config.split_ratio * length for length in reversed(config.input_size))
    targets = SimccLogits(*(torch.rand(*shape, length, device=device) for length in bins))
    weights, ema = torch.ones(shape, device=device), EmaCopy(model)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-5, fused=True)

    def step() -> None:
        loss = global_perceived_loss(model(images), targets, weights)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        ema.update(model, 0.999)

    return step


def training_macs(name: str) -> int:
    """Of one image: tokenizer once, both passes, both heads."""
    config = model_config(name)
    once = gtpt_cost(config).full
    return once + gtpt_cost(config, config.full_schedule).full - tokenizer_cost(config).full


def in_turn(
    call: Callable[[], object], rate: Callable[[float], float], rounds: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Milliseconds of the call, the median of a round, and the machine's rate just before each."""
    call()
    call()
    times_ms, rates = [], []
    for _ in range(rounds):
        rates.append(rate(seconds / 2))
        call()
        times_ms.append(median_ms(call, seconds))
    return times_ms, rates


def median_ms(call: Callable[[], object], seconds: float) -> float:
    taken_ms, end = [], time.perf_counter() + seconds
    while not taken_ms or time.perf_counter() < end:
        start = time.perf_counter_ns()
        call()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken_ms.append((time.perf_counter_ns() - start) / 1e6)
    return median(taken_ms)


def row(name: str, form: str, batch: int, operations: int, times_ms: list[float], rates: list[float]) -> dict[str, Any]:
    shares = [operations / (ms / 1e3) / rate for ms, rate in zip(times_ms, rates, strict=True)]
    return {
        "model": name,
        "form": form,
        "batch": batch,
        "call_ms": median(times_ms),
        "images_per_s": batch / median(times_ms) * 1e3,
        "share": median(shares),
        "rate_flops_per_s": median(rates),
        "samples": {"call_ms": times_ms, "rate_flops_per_s": rates},
    }


def print_table(rows: list[dict[str, Any]]) -> None:
    print(
        "| model | form | batch | ms a call | images/s | share of the machine's rate |\n|---|---|---:|---:|---:|---:|"
    )
    for one in rows:
        figures = f"{one['call_ms']:.1f} | {one['images_per_s']:.1f} | {one['share']:.2f}"
        print(f"| {one['model']} | {one['form']} | {one['batch']} | {figures} |")


if __name__ == "__main__":
    main()
