"""A tiny SLURM for tests that need none: `python fake_slurm.py STATE_FILE sbatch SCRIPT`, and its other commands.

It answers in the words of the real one and does nothing by itself: jobs start and end when a test says so. It is no
proof of what SLURM does, which the tests marked `slurm` ask of a real one; here thousands of moments are gone through.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from typing import Any

COMMANDS = ("sbatch", "sacct", "squeue", "scancel", "scontrol", "srun")

FULL = (
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\n"
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy "
    "(job submit limit, user's size and/or time limits)\n"
)
ARRAY_TOO_LONG = "sbatch: error: Batch job submission failed: Invalid job array specification\n"
INVALID = "slurm_load_jobs error: Invalid job id specified\n"
DENIED = "scancel: error: Kill job error on job id {}: Access/permission denied\n"
SILENT = "{}: error: Unable to contact slurm controller (connect failure)\n"


class Said(Exception):
    """A command fails with these words."""


EMPTY = {"jobs": {}, "calls": [], "last_id": 0, "silent": [], "max_array_size": 1001, "max_submitted": 10_000}
EMPTY |= {"others": 0, "denied": []}
"""Jobs of the same user outside the study, and jobs that it may not end."""


class FakeSlurm:
    """The queue, in a file for commands that are processes; without one, in memory.

    A job is a dictionary: `name` and `array` of its submission, `state`, the `step` of its processes, `node`, and what
    accounting says of it where that lags behind: a state, or null for nothing at all.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file, self.memory = file, dict[str, Any]()

    def install(self, folder: Path) -> Path:
        """Commands in a folder, to be put first on PATH."""
        folder.mkdir()
        for name in COMMANDS:
            command = folder / name
            command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{self.file}" {name} "$@"\n')
            command.chmod(0o755)
        return folder

    @contextmanager
    def changed(self) -> Iterator[dict[str, Any]]:
        """All there is, to be read and changed."""
        if self.file and self.file.exists():
            self.memory = json.loads(self.file.read_text())
        self.memory = deepcopy(EMPTY) | self.memory
        yield self.memory
        if self.file:
            self.file.write_text(json.dumps(self.memory))

    def set(self, **values: Any) -> None:
        with self.changed() as state:
            state.update(values)

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        with self.changed() as state:
            return dict(state["jobs"])

    def calls(self, command: str) -> list[list[str]]:
        """What a command was asked, each time."""
        with self.changed() as state:
            return [words[1:] for words in state["calls"] if words[0] == command]

    def put(self, job: str, **values: Any) -> None:
        """Have something happen to a job: `put("17_3", state="RUNNING", node="n1")`."""
        with self.changed() as state:
            state["jobs"][job].update({"accounted": values.get("state", state["jobs"][job]["state"])} | values)

    def answer(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        with self.changed() as state:
            state["calls"].append(list(words))
            name, *options = words
            if name in state["silent"] or "all" in state["silent"]:
                return 1, "", SILENT.format(name)
            try:
                return 0, getattr(self, f"_{name}")(state, options), ""
            except Said as said:
                return 1, "", str(said)

    def _sbatch(self, state: dict[str, Any], options: list[str]) -> str:
        given = dict(re.findall(r"^#SBATCH --([a-z-]+)=(.*)$", Path(options[-1]).read_text(), re.MULTILINE))
        last, throttle = re.fullmatch(r"0-(\d+)%(\d+)", given.get("array", "0-0%1")).groups()  # type: ignore[union-attr]
        if int(last) >= state["max_array_size"]:
            raise Said(ARRAY_TOO_LONG)
        if len(_in_queue(state)) + int(last) + 1 + state["others"] > state["max_submitted"]:
            raise Said(FULL)
        state["last_id"] += 1
        array = str(state["last_id"])
        for index in range(int(last) + 1):
            job = f"{array}_{index}" if "array" in given else array
            words = {"name": given["job-name"], "array": array, "index": index, "throttle": throttle}
            state["jobs"][job] = words | {"state": "PENDING", "accounted": "PENDING", "step": "", "node": ""}
        return f"Submitted batch job {array}\n"

    def _sacct(self, state: dict[str, Any], options: list[str]) -> str:
        (ids,) = (option.removeprefix("--jobs=").split(",") for option in options if option.startswith("--jobs="))
        found = {
            name: job
            for name, job in state["jobs"].items()
            if job["accounted"] is not None and (name in ids or job["array"] in ids)
        }
        if "-X" not in options:
            steps = [[(name, job["accounted"]), (f"{name}.batch", "RUNNING")] for name, job in found.items()]
            steps += [[(f"{name}.0", job["step"])] for name, job in found.items() if job["step"]]
            return "".join(f"{name}|{word}\n" for step in steps for name, word in step)
        waiting = [job for name, job in found.items() if "_" in name and job["accounted"] == "PENDING"]
        lines = [
            f"{array}_[{ranges([job['index'] for job in jobs])}%{jobs[0]['throttle']}]|PENDING|None assigned|0:0|0"
            for array, jobs in ((array, list(jobs)) for array, jobs in groupby(waiting, key=lambda job: job["array"]))
        ]
        shown = {name: job for name, job in found.items() if job not in waiting}
        lines += [f"{name}|{job['accounted']}|{job['node']}|0:0|{7 * bool(job['node'])}" for name, job in shown.items()]
        return "".join(f"{line}\n" for line in lines)

    def _squeue(self, state: dict[str, Any], options: list[str]) -> str:
        asked = dict(option.removeprefix("--").partition("=")[::2] for option in options)
        known = {name: job for name, job in state["jobs"].items() if job["state"] != "forgotten"}
        if "me" in asked:
            return "".join(f"{name}\n" for name in [*_in_queue(state), *range(state["others"])])
        key, wanted = ("name", [asked["name"]]) if "name" in asked else ("array", asked["jobs"].split(","))
        found = {name: job for name, job in known.items() if job[key] in wanted}
        if key == "array" and not found:
            raise Said(INVALID)
        fields = [{"%i": name, "%F": job["array"], "%T": job["state"].split(" ")[0]} for name, job in found.items()]
        return "".join(f"{' '.join(words[key] for key in asked['format'].split())}\n" for words in fields)

    def _scancel(self, state: dict[str, Any], options: list[str]) -> str:
        """Jobs that are over, or that there never were, are passed over in silence."""
        ids, only_pending = [option for option in options if option[0] != "-"], "--state=PENDING" in options
        if denied := set(ids) & set(state["denied"]):
            raise Said("".join(DENIED.format(job) for job in sorted(denied)))
        for name, job in _in_queue(state).items():
            if {name, job["array"]} & set(ids) and (not only_pending or job["state"] == "PENDING"):
                job |= {"state": "CANCELLED by 0", "accounted": "CANCELLED by 0"}
        return ""

    def _scontrol(self, state: dict[str, Any], options: list[str]) -> str:
        return f"MaxArraySize            = {state['max_array_size']}\n"


def _in_queue(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: job for name, job in state["jobs"].items() if job["state"] in ("PENDING", "RUNNING")}


def ranges(indices: list[int]) -> str:
    """`[1, 2, 3, 7]` as `1-3,7`."""
    runs = groupby(enumerate(sorted(indices)), key=lambda pair: pair[1] - pair[0])
    ends = [(run[0][1], run[-1][1]) for run in (list(run) for _, run in runs)]
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)


if __name__ == "__main__":
    code, out, err = FakeSlurm(Path(sys.argv[1])).answer(*sys.argv[2:])
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.exit(code)
