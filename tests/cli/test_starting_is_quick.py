"""Help and planning answer at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT, gtpt_study_process, write_study

HEAVY = ("torch", "numpy", "cv2", "pandas", "matplotlib", "seaborn", "scipy", "pycocotools", "submitit")
PROBE = """
import sys
from gtpt_bench.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("\\nloaded:", *sys.modules)
"""


def loaded_by(*arguments: str | Path) -> set[str]:
    """Top-level modules in memory after a command."""
    argv = [sys.executable, "-c", PROBE, *map(str, arguments)]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in answer.stdout.rpartition("loaded:")[2].split()}


def test_help_comes_in_under_half_a_second() -> None:
    """Of processor time, which is wall time on an idle machine and the same on a busy one."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert gtpt_study_process("--help").code == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.5


def test_help_imports_nothing_heavy() -> None:
    loaded = loaded_by("--help")
    assert {"gtpt_bench", "typer"} <= loaded  # the probe sees what is imported
    assert not {*HEAVY, "yaml", "pydantic"} & loaded


@pytest.mark.parametrize("command", ["plan", "status", "run --dry-run", "models"])
def test_commands_that_only_plan_import_nothing_heavy(tmp_path: Path, command: str) -> None:
    name, *options = command.split()
    study = write_study(tmp_path / "s.yaml", timing={})
    arguments = [] if name == "models" else [str(study), "--results", str(tmp_path / "r")]
    assert not set(HEAVY) & loaded_by(name, *arguments, *options)


def test_planning_a_study_with_training_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("plan", ROOT / "studies" / "pruning_ratio.yaml", "--results", tmp_path)
    assert not set(HEAVY) & loaded
