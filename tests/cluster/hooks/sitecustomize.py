"""For every Python that has this folder in PYTHONPATH: a diary of what workers put into files, and ways to hurt them.

GTPT_TEST_DIARY     file; a line for each record or word of progress that is put in its place
GTPT_TEST_STEP_S    so many seconds longer takes each training step
GTPT_TEST_TAKE_MB   so much memory is taken by each run that trains
"""

import fnmatch
import json
import os
import sys
import time
from pathlib import Path

DIARY = os.environ.get("GTPT_TEST_DIARY")
taken = []


def on_event(event, arguments):
    if event != "os.rename":
        return
    path = Path(os.fsdecode(arguments[1]))
    name = path.name
    if name in ("progress.json", "train.json") or name.startswith("evaluate-"):
        who = {"time": time.time(), "pid": os.getpid(), "job": os.environ.get("SLURM_JOB_ID", "")}
        with Path(DIARY).open("a") as diary:
            diary.write(json.dumps({**who, "run": path.parent.name, "file": name}) + "\n")
        if name == "progress.json":
            hurt_once()


def hurt_once():
    """At the first word of progress, when all that a worker needs is imported."""
    trainer = sys.modules.get("gtpt_bench.training.trainer")
    if taken or trainer is None:
        return
    taken.append(bytearray(b"x") * (int(os.environ.get("GTPT_TEST_TAKE_MB", 0)) << 20))
    longer_s, step = float(os.environ.get("GTPT_TEST_STEP_S", 0)), trainer.Trainer.train_step

    def slow_step(*arguments):
        time.sleep(longer_s)
        return step(*arguments)

    trainer.Trainer.train_step = slow_step
    sys.modules["gtpt_bench.study.steps"].SECONDS_BETWEEN_CHECKPOINTS = 1.0


def death(number, event, pattern):
    seen = []

    def die(happening, arguments):
        if happening == event:
            seen.extend(a for a in arguments if isinstance(a, (str, os.PathLike)) and fnmatch.fnmatch(str(a), pattern))
            if len(seen) >= int(number):
                os._exit(9)

    return die


if DIARY:
    sys.addaudithook(on_event)
if "GTPT_TEST_DIES_AT" in os.environ and "SLURM_JOB_ID" not in os.environ:
    sys.addaudithook(death(*os.environ["GTPT_TEST_DIES_AT"].split(" ", 2)))
