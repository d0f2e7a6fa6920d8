"""Where a number comes from: code version, packages, machine. Recorded beside every result, never in its identity."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import gtpt_bench
from gtpt_bench.efficiency.cpu_settings import cpu_settings
from gtpt_bench.efficiency.device import cpu_name, device_name, num_cores
from gtpt_bench.files import read_json_file

PACKAGES = ("torch", "numpy", "opencv-python-headless", "pycocotools", "pydantic")


def provenance() -> dict[str, Any]:
    """Code version, packages and machine of this process."""
    return {
        "code": code_version(),
        "packages": package_versions(),
        "python": platform.python_version(),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "device": device_name(),
        "cpu": cpu_name(),
        "cores": num_cores(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "cpu_settings": cpu_settings(),
    }


COPY_OF = "copy_of.json"
"""In a copy of the package that jobs of a cluster run: the code version it was copied from."""


@cache
def code_version() -> dict[str, Any]:
    """Package version and, in a git checkout, the commit and whether tracked files differ from it."""
    folder = Path(__file__).resolve().parent.parent
    copied: dict[str, Any] | None = read_json_file(folder / COPY_OF)
    if copied is not None:
        return copied
    commit = _git(folder, "rev-parse", "HEAD") if (folder.parent / ".git").exists() else None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", ".") if commit else None
    return {"version": gtpt_bench.__version__, "commit": commit, "dirty": bool(changed)}


def code_in_words() -> str:
    """`gtpt_bench 1.0.0, commit 0123456789, with uncommitted changes`."""
    found = code_version()
    commit = f"commit {found['commit'][:10]}" if found["commit"] else "no git checkout"
    return f"gtpt_bench {found['version']}, {commit}{', with uncommitted changes' if found['dirty'] else ''}"


def package_versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
