"""Whether this machine can run studies, check by check, each with what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gtpt_bench.data.layout import DataRoot
from gtpt_bench.efficiency.device import device_name
from gtpt_bench.errors import DataError
from gtpt_bench.study.provenance import PACKAGES, code_in_words

FREE_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Check:
    """One thing looked at; `words` say what was found, and what to do if it is a problem."""

    name: str
    passed: bool
    words: str


def examine(results: Path, data_root: Path | None) -> list[Check]:
    """All checks that make sense here."""
    checks: list[Callable[[], Check]] = [
        python_version,
        packages,
        device,
        torch_starts,
        lambda: results_folder(results),
        lambda: disk_space(results),
        code,
    ]
    if data_root is not None:
        checks.append(lambda: data_folder(data_root))
    return [check() for check in checks]


def python_version() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), f"{found} (3.11 or newer is needed)")


def packages() -> Check:
    missing, found = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("packages", False, f"not installed: {', '.join(missing)}; run pip install -c constraints.txt -e .")
    return Check("packages", True, ", ".join(found))


def device() -> Check:
    return Check("device", True, device_name())


def torch_starts() -> Check:
    """That torch starts, and what it would run on; in a process of its own, since importing it takes seconds."""
    script = (
        "import json, torch; print(json.dumps({'cuda': torch.cuda.is_available(), 'threads': torch.get_num_threads(),"
        " 'sum': float(torch.ones(3).sum())}))"
    )
    try:
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
        found = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Check("torch", False, f"torch does not start: {error}")
    where = "a CUDA GPU" if found["cuda"] else f"the CPU with {found['threads']} threads"
    return Check("torch", found["sum"] == 3.0, f"works on {where}")


def results_folder(results: Path) -> Check:
    there = next(path for path in (results, *results.absolute().parents) if path.exists())
    writable = there.is_dir() and os.access(there, os.W_OK)
    words = "can be written" if writable else "cannot be written; choose another with --results DIR"
    return Check("results", writable, f"{results} {words}")


def disk_space(results: Path) -> Check:
    there = next(path for path in (results, *results.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    words = f"{free / 2**30:.1f} GiB free"
    return Check("disk", free > FREE_BYTES, words if free > FREE_BYTES else f"{words}; runs need some 2 GiB")


def code() -> Check:
    return Check("code", True, code_in_words())


def data_folder(data_root: Path) -> Check:
    root = DataRoot(data_root)
    found = []
    try:
        for split in ("train2017", "val2017"):
            root.required(root.annotations(split, "coco"))
            root.required(root.images(split))
            found.append(split)
    except DataError as error:
        return Check("data root", False, str(error))
    return Check("data root", True, f"{data_root} has {' and '.join(found)}")
