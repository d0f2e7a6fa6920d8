"""A study that has something for every plot of variants, and its records as they lie in its folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.as_json import errors_to_json
from gtpt_bench.evaluation.kept_tokens.record import survival_to_json
from gtpt_bench.files import write_json
from gtpt_bench.report.contents import contents
from gtpt_bench.report.errors_plots import ERROR_PLOTS
from gtpt_bench.report.plots.by_name import PLOTS
from tests.report.made import Made
from tests.report.made_errors import errors
from tests.report.made_plots import make_plotted
from tests.report.made_tokens import survival

RATES = {"dense": [1, 1, 1, 1], "pruned": [1, 0.7, 0.3, 0.1]}
AXES = {"pruning.keep_rates": RATES, "head": {"plain": "plain", "split": "split"}}
FOUND = {"dense plain": [80, 82], "dense split": [81, 79], "pruned plain": [70, 73], "pruned split": [60, 62]}
NAMES = (*PLOTS, *ERROR_PLOTS)


def study_with_every_plot(root: Path) -> Made:
    made = make_plotted(root, FOUND, explained=True, vary={"axes": AXES}, report={"plots": [*NAMES]})
    for place, run in enumerate(made.plan.runs):
        job, signature = made.folder.run(run), run.evaluate_signature
        found = errors(0.7 - 0.01 * place, lost=(0.3, 0.3 + 0.02 * place, 0.3 - 0.01 * place), gain=1 + place / 10)
        write_json(job.errors(signature), errors_to_json(found))
        if run.variant.startswith("pruned"):
            write_json(job.tokens(signature), survival_to_json(survival(50, 44 - place, 34, 20 + run.seed)))
    return made


def drawn(made: Made, name: str) -> tuple[Any, str]:
    """A figure of the report and its caption."""
    found: Any = contents(made.plan, made.folder).plots[name]()
    return found


class Records:
    """What the files of a study say, read without the report's own code.

    Args:
        power: that every number in them is raised to; other than 1 for files that say something else.
    """

    def __init__(self, made: Made, power: float = 1) -> None:
        self.made, self.power = made, power
        self.variants = [*made.plan.variants]
        self.pruned = [name for name in self.variants if name.startswith("pruned")]

    def read(self, path: Path) -> Any:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return self._raised(json.loads(text))

    def _raised(self, content: Any) -> Any:
        if isinstance(content, dict):
            return {key: self._raised(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self._raised(value) for value in content]
        is_number = isinstance(content, int | float) and not isinstance(content, bool)
        return abs(content) ** self.power if is_number and self.power != 1 else content

    def of_runs(self, variant: str, kind: str) -> list[Any]:
        """Files of a variant's runs, a seed each; `kind` is `evaluation`, `errors` or `tokens`."""
        runs = [run for run in self.made.plan.runs if run.variant == variant]
        return [self.read(getattr(self.made.folder.run(run), kind)(run.evaluate_signature)) for run in runs]

    def ap(self, variant: str) -> float:
        return float(np.mean([100 * one["metrics"]["AP"] for one in self.of_runs(variant, "evaluation")]))

    def macs_full(self, variant: str) -> float:
        return float(self.read(self.made.folder.cost(self.made.plan.measured[variant]))["metrics"]["macs"]["full"])

    def trained_macs_full(self, variant: str) -> float:
        return float(self.read(self.made.folder.cost(self.made.plan.trained[variant]))["metrics"]["macs"]["full"])

    @cached_property
    def timing(self) -> Any:
        assert self.made.plan.timing is not None
        return self.read(self.made.folder.timing(self.made.plan.timing))

    def latency_ms(self, variant: str) -> float:
        samples = self.timing["samples"][variant]["latency_ns"]
        return float(np.median([call for calls in samples for call in calls])) / 1e6

    def throughput(self, variant: str) -> float:
        return float(np.median(self.timing["samples"][variant]["throughput_images_per_s"]))

    def losses(self, variant: str) -> NDArray[np.float64]:
        """By seed and epoch."""
        runs = [run for run in self.made.plan.runs if run.variant == variant]
        lines = [self.made.folder.run(run).history.read_text(encoding="utf-8").splitlines() for run in runs]
        return np.asarray([[self._raised(json.loads(line))["loss"] for line in own] for own in lines])

    def stages(self, variant: str) -> Sequence[Any]:
        found: Sequence[Any] = self.timing["explained"][variant]["stages"]
        return found

    def shares(self, variant: str, part: str, whole: str) -> NDArray[np.float64]:
        """Of the counts of kept tokens, `part` in `whole`, per cent, mean over seeds."""
        counts = [one["counts"] for one in self.of_runs(variant, "tokens")]
        with np.errstate(invalid="ignore"):
            return np.mean([100 * np.asarray(one[part]) / np.asarray(one[whole]) for one in counts], axis=0)
