"""What SLURM's commands say about a cluster, read from their texts. Pure; the texts differ little between versions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

NOTHING = ("", "(null)", "N/A", "n/a", "NONE")
NO_LIMIT = ("UNLIMITED", "INFINITE", "NONE", "N/A", "")

NO_WORK = re.compile(r"down|drain|fail|error|unknown|future|inval|no_respond|power_?down|reboot", re.IGNORECASE)
"""States of nodes that take no jobs for now. `idle~`, asleep to save power, is none of them."""


@dataclass(frozen=True)
class Partition:
    """A partition.

    Attributes:
        limit_min: longest time limit of a job; infinite if there is none.
        memory_mb: most that a job may have on a node, likewise.
        preempt_mode: what becomes of a job that has to give way: OFF, REQUEUE, CANCEL, SUSPEND, ….
        grace_s: from the signal to the end of such a job.
        qos: whose limits hold for all its jobs; "" if none.
    """

    name: str
    is_default: bool
    state: str
    limit_min: float
    memory_mb: float
    cpus: float
    preempt_mode: str
    grace_s: int
    qos: str


@dataclass(frozen=True)
class Node:
    """A node in one of its partitions.

    Attributes:
        gpus: number by type; "" is a type without a name.
    """

    name: str
    partition: str
    state: str
    cpus: int
    memory_mb: int
    gpus: Mapping[str, int]
    features: frozenset[str]

    @property
    def takes_jobs(self) -> bool:
        return NO_WORK.search(self.state) is None

    def num_gpus(self, gpu_type: str) -> int:
        """GPUs of a type; of any, if that is ""."""
        return self.gpus.get(gpu_type, 0) if gpu_type else sum(self.gpus.values())


@dataclass(frozen=True)
class Association:
    """What a user may do under an account.

    Attributes:
        is_default: whether jobs come under this account that name none.
        partition: that it holds for; "" for all.
        max_submitted: jobs in the queue at a time; infinite if there is no limit.
        limit_min: longest time limit of a job, likewise.
    """

    account: str
    is_default: bool
    partition: str
    qos: frozenset[str]
    max_submitted: float
    limit_min: float


@dataclass(frozen=True)
class Qos:
    """A quality of service: limits as of an association."""

    name: str
    max_submitted: float
    limit_min: float


NODE_FORMAT = "%R|%T|%c|%m|%G|%f|%N"
"""For sinfo, one line a node and partition."""

ASSOCIATION_FIELDS = "DefaultAccount,Account,Partition,QOS,MaxSubmitJobs,GrpSubmitJobs,MaxWall"
QOS_FIELDS = "Name,MaxSubmitJobsPerUser,MaxWall"


def settings_of(text: str) -> dict[str, str]:
    """`scontrol show config` by its names; without a value they are ""."""
    pairs = (line.split("=", 1) for line in text.splitlines() if re.match(r"\w+(\[\d+\])?\s*=", line))
    return {name.strip(): "" if value.strip() in NOTHING else value.strip() for name, value in pairs}


def seconds_of(text: str) -> int:
    """`30 sec` as 30."""
    found = re.match(r"\d+", text)
    return int(found[0]) if found else 0


def partitions_of(text: str) -> dict[str, Partition]:
    """`scontrol show partition`, in lines or one line each, by name."""
    found = {}
    for part in re.split(r"(?=^PartitionName=)", text, flags=re.MULTILINE):
        words = dict(word.split("=", 1) for word in part.split() if "=" in word)
        if "PartitionName" not in words:
            continue
        name, qos = words["PartitionName"], words.get("QoS", "")
        found[name] = Partition(
            name=name,
            is_default=words.get("Default") == "YES",
            state=words.get("State", "UP"),
            limit_min=minutes_of(words.get("MaxTime", "")),
            memory_mb=number_of(words.get("MaxMemPerNode", "")),
            cpus=number_of(words.get("MaxCPUsPerNode", "")),
            preempt_mode=words.get("PreemptMode", "OFF"),
            grace_s=seconds_of(words.get("GraceTime", "0")),
            qos="" if qos in NOTHING else qos,
        )
    return found


def nodes_of(text: str) -> list[Node]:
    """Lines of `sinfo --Node` in NODE_FORMAT."""
    nodes = []
    for line in text.splitlines():
        parts = line.strip().split("|")
        if len(parts) != 7:
            continue
        partition, state, cpus, memory, gres, features, name = parts
        nodes.append(
            Node(
                name=name,
                partition=partition,
                state=state,
                cpus=int(number_of(cpus.rstrip("+"))),
                memory_mb=int(number_of(memory.rstrip("+"))),
                gpus=gpus_of(gres),
                features=frozenset() if features in NOTHING else frozenset(features.split(",")),
            )
        )
    return nodes


def gpus_of(gres: str) -> dict[str, int]:
    """`gpu:a100:4(S:0-1),nvme:3500` as four of type a100; `gpu:2` as two without a type."""
    gpus: dict[str, int] = {}
    for word in re.sub(r"\([^)]*\)", "", gres).split(","):
        kind, *rest = word.strip().split(":")
        if kind == "gpu" and rest and rest[-1].isdigit():
            gpu_type = rest[0] if len(rest) > 1 else ""
            gpus[gpu_type] = gpus.get(gpu_type, 0) + int(rest[-1])
    return gpus


def associations_of(text: str) -> list[Association]:
    """Lines of sacctmgr with ASSOCIATION_FIELDS."""
    found = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) < 7 or not parts[1]:
            continue
        default, account, partition, qos, submitted, group_submitted, wall = parts[:7]
        found.append(
            Association(
                account=account,
                is_default=account == default,
                partition=partition,
                qos=frozenset(qos.split(",")) - {""},
                max_submitted=min(number_of(submitted), number_of(group_submitted)),
                limit_min=minutes_of(wall),
            )
        )
    return found


def qos_of(text: str) -> dict[str, Qos]:
    """Lines of sacctmgr with QOS_FIELDS, by name."""
    lines = [line.split("|") for line in text.splitlines()]
    return {line[0]: Qos(line[0], number_of(line[1]), minutes_of(line[2])) for line in lines if len(line) >= 3}


def number_of(text: str) -> float:
    """A number; infinite where there is no limit."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*", text)
    return float(found[1]) if found else math.inf


def minutes_of(text: str) -> float:
    """`2-12:00:00` as 3600, `30:00` (minutes and seconds) as 30; infinite where there is no limit."""
    if text.strip() in NO_LIMIT:
        return math.inf
    days, _, clock = text.strip().rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if days:  # days-hours[:minutes[:seconds]]
        hours, minutes, seconds = (*parts, 0, 0)[:3]
    else:
        hours, minutes, seconds = (0, *parts, 0)[:3] if len(parts) == 1 else (0, 0, *parts)[-3:]
    return 60 * (24 * int(days or 0) + hours) + minutes + seconds / 60
