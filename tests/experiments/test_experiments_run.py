"""Experiments that the README tells of still run; here as small as they get."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_same_or_slower_shows_each_trial_and_writes_it_down(tmp_path: Path) -> None:
    """Verdicts of half a second are worth nothing; that they are true is tested on simulated machines."""
    command = "studies/experiments/same_or_slower.py --model gtpt_tiny_coco --trials 1 --slower-trials 2"
    ran = subprocess.run(
        [sys.executable, *f"{command} --timeout 0.5 --out".split(), tmp_path / "new"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *trials, blank, title, itself, twin = ran.stdout.splitlines()
    assert [line.partition(":")[0] for line in trials] == ["itself 0", "10 % slower twin 0", "10 % slower twin 1"]
    assert (blank, title.split()[0]) == ("", "gtpt_tiny_coco")
    assert " of   1 right" in itself
    assert " of   2 right" in twin
    written = json.loads((tmp_path / "new" / "trials.json").read_text())
    assert {"device", "threads", "torch", "settings", "waits_are_known"} <= written.keys()
    assert [trial["right"] for trial in written["itself"]] == ["same"]
    assert [trial["right"] for trial in written["10 % slower twin"]] == ["slower", "faster"]
    for trial in written["10 % slower twin"]:
        assert 0.05 < trial["extra_share"] < 0.15
        assert trial["ratio"] > 0
