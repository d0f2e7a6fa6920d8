"""Does the comparison of two models tell the truth? A model against itself, and against a twin 10 % slower.

    python studies/experiments/same_or_slower.py
    python studies/experiments/same_or_slower.py --trials 20 --slower-trials 10 --out results/same_or_slower

Prints each trial and a table; with --out every trial is written to trials.json in that folder too. The twin does real
work beside the model's own: small matrix products, as many as take a tenth of the model's time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.comparison import Verdict
from gtpt_bench.efficiency.timing.interleaved import interleaved
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from gtpt_bench.efficiency.timing.waiting import waited_ns, waits_are_known
from gtpt_bench.efficiency.timing.workload import Sample
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name
from gtpt_bench.files import write_json
from gtpt_bench.models import build_model, model_config

SHARE = 0.10
"""How much longer the twin takes."""
PRODUCT = 96
"""Rows and columns of the twin's matrix products."""


@dataclass(frozen=True)
class Trial:
    """One comparison and how it should come out.

    Attributes:
        high: None where one round tells no interval.
        extra_share: what the twin's products took, relative to the model, when their number was chosen.
        seconds: everything: making two networks, warming up, rounds.
    """

    right: Verdict
    verdict: Verdict
    ratio: float
    low: float
    high: float | None
    num_rounds: int
    num_disturbed: int
    extra_share: float
    seconds: float
    load_average: float | None

    @property
    def words(self) -> str:
        interval = "" if self.high is None else f" [{self.low:.3f}, {self.high:.3f}]"
        return (
            f"{self.verdict:9} {self.ratio:.3f}{interval} after {self.num_rounds} rounds, "
            f"{self.num_disturbed} disturbed, {self.seconds:.1f} s"
        )


class Twin(nn.Module):
    """The same model and some more work after it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.config = model.config
        self.factor = nn.Parameter(torch.randn(PRODUCT, PRODUCT) / PRODUCT, requires_grad=False)
        self.num_products = 0

    def forward(self, images: torch.Tensor) -> object:
        found = self.model(images)
        self.work(self.num_products)
        return found

    def work(self, num_products: int) -> None:
        for _ in range(num_products):
            self.factor @ self.factor


def make_slower(twin: Twin, ready: Prepared, share: float) -> float:
    """Give the twin so many products that it takes this share longer; the share that came out, as measured here.

    Model and products are timed in turn, so that both meet the machine in the same state.
    """
    inputs, products, model, product = ready.inputs(1), 50, [], []
    with ready.in_force():
        start = clock.now_ns()
        while len(model) < 2 or (len(model) < 40 and clock.seconds_since(start) < 3):
            model.append(sample(lambda: twin.model(*inputs), ready))
            product.append(sample(lambda: twin.work(products), ready))
    model_ns, product_ns = typical_ns(model), typical_ns(product) / products
    twin.num_products = round(share * model_ns / product_ns)
    return twin.num_products * product_ns / model_ns


def sample(work: Callable[[], object], ready: Prepared) -> Sample:
    with waited_ns() as waited:
        before, start = waited(), clock.now_ns()
        work()
        ready.wait()
        ns = clock.now_ns() - start
        return Sample(ns, 1, waited() - before, one_thread=ready.options.threads == 1 and ready.device.type == "cpu")


def typical_ns(samples: list[Sample]) -> float:
    """First quartile of what was the work's own time; of all times if nothing is known to be."""
    own = [one.own_ns for one in samples if one.own_ns is not None]
    return float(np.quantile(own or [one.ns for one in samples], 0.25))


def trial(name: str, number: int, share: float, options: InferenceOptions, settings: ComparisonSettings) -> Trial:
    """Two networks of one config, freshly made; every other time the slower one comes first."""
    start = clock.now_ns()
    torch.manual_seed(number)
    device, config = torch_device(), model_config(name)
    pair = [prepared(build_model(config), options, device)]
    extra, twin_first = 0.0, number % 2 == 1
    if share:
        twin = Twin(build_model(config))
        pair.append(prepared(twin, options, device))
        extra = make_slower(twin, pair[1], share)
    else:
        pair.append(prepared(build_model(config), options, device))
    result = interleaved(*pair[:: -1 if twin_first else 1], settings.model_copy(update={"seed": number}))
    comparison = result.comparison
    return Trial(
        "same" if not share else "faster" if twin_first else "slower",
        comparison.verdict,
        comparison.ratio,
        comparison.low,
        None if math.isinf(comparison.high) else comparison.high,
        comparison.num_rounds,
        result.num_disturbed,
        extra,
        clock.seconds_since(start),
        result.load_average,
    )


def row(what: str, trials: list[Trial]) -> str:
    right = sum(one.verdict == one.right for one in trials)
    open_ = sum(one.verdict == "ambiguous" for one in trials)
    seconds = [one.seconds for one in trials]
    return (
        f"{what:24} {right:3} of {len(trials):3} right {open_:3} ambiguous {len(trials) - right - open_:3} wrong; "
        f"{median(seconds):5.1f} s a trial, at most {max(seconds):5.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="gtpt_t_coco")
    parser.add_argument("--trials", type=int, default=20, help="of the model against itself")
    parser.add_argument("--slower-trials", type=int, default=10, help="against the slower twin")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU; several want a machine to themselves")
    parser.add_argument(
        "--timeout", type=float, default=ComparisonSettings().timeout_s, help="seconds of a trial's rounds"
    )
    parser.add_argument("--out", type=Path, help="folder for trials.json; without it nothing is written")
    asked = parser.parse_args()
    options, settings = InferenceOptions(threads=asked.threads), ComparisonSettings(timeout_s=asked.timeout)
    found: dict[str, list[Trial]] = {}
    for what, num_trials, share in (("itself", asked.trials, 0.0), ("10 % slower twin", asked.slower_trials, SHARE)):
        found[what] = []
        for number in range(num_trials):
            found[what].append(trial(asked.model, number, share, options, settings))
            print(f"{what} {number}: {found[what][-1].words}", flush=True)
    conditions = {
        "model": asked.model,
        "device": torch_device_name(),
        "torch": torch.__version__,
        "threads": asked.threads,
        "waits_are_known": waits_are_known(),
        "settings": settings.model_dump(mode="json"),
    }
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        trials_as_json = {what: [asdict(one) for one in trials] for what, trials in found.items()}
        write_json(asked.out / "trials.json", conditions | trials_as_json)
    print(f"\n{asked.model} on {conditions['device']}, {asked.threads} thread(s), batch 1, float32")
    for what, trials in found.items():
        if trials:
            print(row(what, trials))


if __name__ == "__main__":
    main()
