"""`gtpt-study` as people meet it: exit code, stdout and stderr of a command."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from gtpt_bench.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The message of a command that failed with one line and nothing else on stdout."""
        assert self.code != 0
        assert self.out == ""
        lines = [line for line in self.err.splitlines() if line]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0].removeprefix("error: ")


def gtpt_study(*arguments: str | Path) -> Answer:
    """A command in this very process, by the same `main` as the installed program."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = ["gtpt-study", *map(str, arguments)]
    with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Answer(code, out.getvalue(), err.getvalue())


def gtpt_study_process(*arguments: str | Path, file_bytes: int | None = None, **options: Any) -> Answer:
    """A command in a process of its own.

    Args:
        file_bytes: no file may grow beyond this, as if the disk were full.
        options: of `subprocess.run`.
    """

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    argv = [sys.executable, "-c", "from gtpt_bench.cli.main import main; main()", *map(str, arguments)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.run(argv, capture_output=True, text=True, env=env, preexec_fn=limit, timeout=120, **options)
    return Answer(found.returncode, found.stdout, found.stderr)


def write_study(path: Path, **keys: Any) -> Path:
    """A study file; by default two variants whose cost is counted and nothing else."""
    content = {
        "study": "small",
        "model": "gtpt_tiny_coco",
        "vary": {
            "variants": {
                "dense": {"pruning.keep_rates": [1, 1, 1, 1]},
                "pruned": {"pruning.keep_rates": [1, 0.7, 0.3, 0.1]},
            }
        },
    } | keys
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def write_data_root(root: Path) -> Path:
    """A data root in COCO layout with one person a split, whose images are missing."""
    person = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [0, 0, 60, 60],
        "area": 3600,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": [value for place in range(17) for value in (5 + 3 * place, 50 - 2 * place, 2)],
    }
    content = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 64, "height": 64}],
        "annotations": [person],
        "categories": [{"id": 1, "name": "person"}],
    }
    (root / "annotations").mkdir(parents=True)
    for split in ("train2017", "val2017"):
        (root / "images" / split).mkdir(parents=True)
        (root / "annotations" / f"person_keypoints_{split}.json").write_text(json.dumps(content))
    return root
