"""A miniature study on a real cluster: commands in processes of their own, and what to expect of it in the end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from gtpt_bench.study.lock import Owner, owner_of
from gtpt_bench.study.session import Session
from gtpt_bench.study.store import JobFolder
from tests.cluster.real_slurm import Slurm
from tests.study.outcomes import numbers, states
from tests.study.small_study import STUDY, Workplace

CHECKOUT = Path(__file__).parents[2]
GTPT_STUDY = (sys.executable, "-m", "gtpt_bench")
HOOKS = Path(__file__).parent / "hooks"

EPOCHS = 8
"""Of four steps each; with SLOW a run takes five seconds or more, in which something can happen to it."""

SLOW = {"GTPT_TEST_STEP_S": "0.15"}

LONG_STUDY: dict[str, Any] = {
    **STUDY,
    "accuracy": {**STUDY["accuracy"], "training": {"preset": "quick", "epochs": EPOCHS, "batch_size": 4}},
    "report": {"baseline": "dense", "plots": []},
}

CLUSTER: dict[str, Any] = {
    "cluster": "small",
    "training": {
        "partition": "low",
        "gpus_per_task": 0,
        "cpus_per_task": 1,
        "memory_gb_per_task": 1,
        "time_limit_h": 0.2,
    },
    "measuring": {"exclusive": False},
    "rhythm": {"ask_every_s": 2, "warn_before_end_s": 20},
}


@dataclass
class Shell:
    """A command at work, and what it has said."""

    process: subprocess.Popen[str]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def ends(self, code: int = 0, *, within_s: float = 200) -> str:
        """What it said until its end, which must be this one."""
        try:
            found = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still at work after {within_s} s:\n{self.said}") from None
        assert found == code, f"ended with {found}, not {code}:\n{self.said}"
        return self.said

    def kill(self) -> None:
        """With SIGKILL, like a lost connection or a full memory."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Campaign(Workplace):
    """A study file, a profile of the cluster and the results folder beside them."""

    environment: dict[str, str] = field(default_factory=dict)
    checkout: Path = CHECKOUT
    """Whose package the commands are of."""

    @property
    def profile(self) -> Path:
        return self.path / "cluster.yaml"

    @property
    def diary(self) -> Path:
        return self.path / "diary.jsonl"

    def write_profile(self, **changes: Mapping[str, Any]) -> None:
        """Sections of the profile, each with some values changed."""
        content = CLUSTER | {name: {**CLUSTER.get(name, {}), **values} for name, values in changes.items()}
        self.profile.write_text(yaml.safe_dump(content), encoding="utf-8")

    def start(self, command: str, *options: str, **environment: str) -> Shell:
        """A command of gtpt-study, in a process and session of its own."""
        output = self.path / f"shell-{time.monotonic_ns()}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [*GTPT_STUDY, command, str(self.study_file), "--results", str(self.results), *options],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
                cwd=self.checkout,
                env=self._environment(environment),
            )
        return Shell(process, output)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        own = {"GTPT_TEST_DIARY": str(self.diary), "PYTHONPATH": str(HOOKS), "OMP_NUM_THREADS": "1"}
        without = {name: value for name, value in os.environ.items() if not name.startswith("GTPT_")}
        return {**without, **own, "CUDA_VISIBLE_DEVICES": "", **self.environment, **more}

    def run_there(self, *options: str, **environment: str) -> Shell:
        """The study on the cluster, watched."""
        return self.start("run", "--executor", "slurm", "--cluster", str(self.profile), *options, **environment)

    @property
    def session(self) -> Session:
        return self.open()

    def run_folder(self, variant: str) -> JobFolder:
        return next(self.session.folder.run(run) for run in self.session.plan.runs if run.variant == variant)

    def at_work(self, variant: str = "dense", *, after_step: int = 3, not_by: int = 0) -> Owner:
        """The worker of a run that has passed a training step.

        Args:
            not_by: the number of a process; not that one.
        """
        folder = self.run_folder(variant)

        def found() -> Owner | None:
            progress = json.loads(folder.progress.read_text()) if folder.progress.exists() else {}
            owner = owner_of(folder.lock)
            is_on = progress.get("step") == "train" and after_step <= progress["done"] < progress["total"]
            return owner if owner and is_on and owner.pid != not_by else None

        return eventually(found, f"a worker of {variant}")

    def ledger(self) -> str:
        """The log of what was submitted and how it ended."""
        return (self.session.cluster.path / "log.txt").read_text(encoding="utf-8")

    def written(self, run: str) -> list[dict[str, Any]]:
        """What the diary says of a run, by the name of its folder."""
        lines = self.diary.read_text(encoding="utf-8").splitlines() if self.diary.exists() else []
        return [line for line in map(json.loads, lines) if line["run"] == run]


def eventually(found: Callable[[], Any], what: str, *, within_s: float = 90) -> Any:
    """What a function returns as soon as that is something."""
    deadline = time.monotonic() + within_s
    while not (answer := found()):
        assert time.monotonic() < deadline, f"no {what} within {within_s} s"
        time.sleep(0.05)
    return answer


def fresh_copy(finished: Campaign, path: Path, **environment: str) -> Campaign:
    """A study whose costs are counted and whose people are drawn, but none of whose runs has begun."""
    shutil.copytree(finished.results, path / "results", ignore=shutil.ignore_patterns("report-*"))
    shutil.copy(finished.study_file, path)
    for folder in (file.parent for file in (path / "results").glob("mini/*/job.json")):
        shutil.rmtree(folder)
    campaign = Campaign(path, environment)
    campaign.write_profile()
    return campaign


def numbers_of(campaign: Workplace, *variants: str) -> dict[str, Any]:
    session = campaign.open()
    return {variant: numbers(session, variant) for variant in variants}


def finishes(campaign: Campaign, undisturbed: Campaign, *only: str, options: tuple[str, ...] = ()) -> str:
    """The same command again ends well, with every run done once and the numbers of an undisturbed one; its words."""
    variants = only or ("dense", "pruned")
    chosen = [f"--only={variant}" for variant in only]
    said = campaign.run_there(*chosen, *options).ends(0)
    assert {states(campaign.session)[f"{variant} seed 0"] for variant in variants} == {"done"}, said
    assert numbers_of(campaign, *variants) == numbers_of(undisturbed, *variants)
    for variant in variants:
        was_done_once(campaign, campaign.run_folder(variant).path.name)
    return said


def was_done_once(campaign: Campaign, run: str) -> None:
    """Of each record one was written, and no two workers were at it at once."""
    lines = campaign.written(run)
    files = Counter(line["file"] for line in lines if line["file"] != "progress.json")
    assert len(files) == 2, files
    assert set(files.values()) == {1}, f"done more than once: {files}"
    times = {pid: [line["time"] for line in lines if line["pid"] == pid] for pid in {line["pid"] for line in lines}}
    in_turn = sorted((min(of_one), max(of_one)) for of_one in times.values())
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(in_turn)), in_turn


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def queue_closed(slurm: Slurm) -> Iterator[None]:
    """Inside, jobs are taken but none is started."""
    slurm.run("scontrol", "update", "partition=low", "state=down")
    try:
        yield
    finally:
        slurm.run("scontrol", "update", "partition=low", "state=up")
