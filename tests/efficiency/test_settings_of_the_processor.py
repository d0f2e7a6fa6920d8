"""Allocator, governor and affinity are recorded beside every time, as they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gtpt_bench.efficiency.cpu_settings import cpu_settings
from gtpt_bench.study.provenance import provenance


def test_variables_that_set_the_allocator_or_replace_it_are_told_and_no_others() -> None:
    environment = {"LD_PRELOAD": "libjemalloc.so", "MALLOC_ARENA_MAX": "2", "GLIBC_TUNABLES": "glibc.malloc.x=1"}
    found = cpu_settings({**environment, "HOME": "/home/x", "OMP_PROC_BIND": "close"})
    assert found["allocator"] == environment
    assert found["binding"] == {"OMP_PROC_BIND": "close"}


def test_governors_are_those_of_all_cores(tmp_path: Path) -> None:
    for core, governor in enumerate(("powersave", "performance", "powersave")):
        file = tmp_path / f"cpu{core}" / "cpufreq" / "scaling_governor"
        file.parent.mkdir(parents=True)
        file.write_text(f"{governor}\n", encoding="ascii")
    assert cpu_settings(cpus=tmp_path)["governors"] == ["performance", "powersave"]
    assert cpu_settings(cpus=tmp_path / "nowhere")["governors"] == []


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell a process's cores")
def test_a_process_that_is_tied_to_a_core_says_so() -> None:
    before = os.sched_getaffinity(0)
    one = min(before)
    os.sched_setaffinity(0, {one})
    try:
        assert cpu_settings()["affinity"] == [one]
    finally:
        os.sched_setaffinity(0, before)


def test_they_stand_in_what_every_record_says_of_its_machine() -> None:
    assert json.loads(json.dumps(provenance()))["cpu_settings"] == cpu_settings()
