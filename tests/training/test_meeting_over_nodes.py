"""Processes on several nodes meet at the first, by whatever name it is known; else one line says what to set."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from gtpt_bench.errors import InputError, RunFailed
from gtpt_bench.training import meeting
from gtpt_bench.training.first_node import address_of
from gtpt_bench.training.launch import Launch

UNKNOWN = "gtpt-no-such-node.invalid"


@pytest.fixture
def slurm_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `scontrol show node` answers."""
    answer, command = tmp_path / "answer", tmp_path / "scontrol"
    command.write_text(f"#!/bin/sh\ncat '{answer}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return answer


def test_a_name_that_can_be_looked_up_is_taken(slurm_says: Path) -> None:
    assert address_of("localhost") == "localhost"


def test_otherwise_slurms_own_address_is(slurm_says: Path) -> None:
    slurm_says.write_text(f"NodeName={UNKNOWN} Arch=x86_64 NodeAddr=127.0.0.1 NodeHostName=n\n")
    assert address_of(UNKNOWN) == "127.0.0.1"


@pytest.mark.parametrize("answer", ["", f"NodeName=n NodeAddr={UNKNOWN}\n"])
def test_a_node_that_nobody_knows_is_one_line_that_says_what_to_set(answer: str, slurm_says: Path) -> None:
    slurm_says.write_text(answer)
    with pytest.raises(
        InputError, match=r"set MASTER_ADDR in environment.variables of the cluster's profile"
    ) as caught:
        address_of(UNKNOWN)
    assert "\n" not in str(caught.value)


def test_whoever_waits_in_vain_says_soon_where_and_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "MEET_WITHIN", timedelta(seconds=1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = rf"^the 2 processes of this run did not meet at 127.0.0.1:{port}: not all .* within 1 s; .*set MASTER_ADDR"
    with pytest.raises(RunFailed, match=words), meeting.launched_team(first_of_two(port)):
        pass


def test_a_port_that_somebody_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "MEET_WITHIN", timedelta(seconds=1))
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = f"127.0.0.1:{port}: that port is taken; .*set MASTER_ADDR, MASTER_PORT"
        with pytest.raises(RunFailed, match=words), meeting.launched_team(first_of_two(port)):
            pass


def first_of_two(port: int) -> Launch:
    return Launch(rank=0, size=2, local_rank=0, host="127.0.0.1", port=port)
