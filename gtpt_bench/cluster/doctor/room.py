"""Whether the partitions of a cluster have nodes for the jobs of a profile. Pure: from SLURM's answers to checks."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gtpt_bench.cluster.doctor.answers import Node, Partition
from gtpt_bench.cluster.profile import ClusterProfile, JobKind, Resources
from gtpt_bench.doctor import Check

MB_PER_GB = 1024
NAMES_SHOWN = 12


def partition_exists(kind: JobKind, asked: Resources, partitions: Mapping[str, Partition]) -> Check:
    """The partitions that jobs name, or the cluster's default, are there and take jobs."""
    name = f"partition ({kind})"
    there = ", ".join(list(partitions)[:NAMES_SHOWN]) or "none that you may use"
    wanted = names_of(asked, partitions)
    if not wanted:
        return Check(name, False, f"the cluster has no default: write {kind}.partition, one of {there}")
    for one in wanted:
        if one not in partitions:
            near = difflib.get_close_matches(one, partitions, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            return Check(name, False, f"{one!r} does not exist; {hint}there are {there}: change {kind}.partition")
        if partitions[one].state != "UP":
            return Check(name, False, f"{one} is {partitions[one].state}: take another for {kind}.partition ({there})")
    chosen = "" if asked.partition else " (the cluster's default)"
    return Check(name, True, f"{', '.join(wanted)} takes jobs{chosen}")


def names_of(asked: Resources, partitions: Mapping[str, Partition]) -> list[str]:
    """The partitions that jobs go to."""
    if asked.partition:
        return [name.strip() for name in asked.partition.split(",") if name.strip()]
    return [partition.name for partition in partitions.values() if partition.is_default]


def time_is_allowed(kind: JobKind, asked: Resources, chosen: Sequence[Partition], qos_limit_min: float) -> Check:
    """Jobs with a longer limit than the partition's wait for ever."""
    name = f"time limit ({kind})"
    most = max((partition.limit_min for partition in chosen), default=math.inf)
    whose = f"partition {chosen[0].name}" if chosen else "the cluster"
    if qos_limit_min < most:
        most, whose = qos_limit_min, "your account or qos"
    if asked.time_limit_min > most:
        words = f"{hours(asked.time_limit_min)} is more than the {hours(most)} of {whose}, so that jobs would wait "
        return Check(name, False, f"{words}for ever: set {kind}.time_limit_h to {most / 60:.4g} or less")
    allowed = "no limit there" if most == math.inf else f"of {hours(most)} allowed"
    return Check(name, True, f"{hours(asked.time_limit_min)}, {allowed}")


def hours(minutes: float) -> str:
    return f"{minutes / 60:.3g} h" if minutes >= 60 else f"{minutes:.3g} min"


@dataclass(frozen=True)
class Need:
    """A quantity of which a node must have enough.

    Attributes:
        of: how much of it a node has for jobs.
        key: in the profile, to be changed.
        unit: behind the number.
    """

    key: str
    amount: float
    of: Callable[[Node], float]
    unit: str


def needs_of(asked: Resources, chosen: Sequence[Partition], tasks: int) -> list[Need]:
    """What a node must have for so many processes."""
    limits = {partition.name: partition for partition in chosen}

    def memory_gb(node: Node) -> float:
        return min(node.memory_mb, limits[node.partition].memory_mb) / MB_PER_GB

    def cpus(node: Node) -> float:
        return min(node.cpus, limits[node.partition].cpus)

    def gpus(node: Node) -> float:
        return node.num_gpus(asked.gpu_type)

    gpu = f"GPUs of type {asked.gpu_type}" if asked.gpu_type else "GPUs"
    return [
        Need("cpus_per_task", tasks * asked.cpus_per_task, cpus, "CPUs"),
        Need("memory_gb_per_task", tasks * asked.memory_gb_per_task, memory_gb, "GiB of memory"),
        Need("gpus_per_task", tasks * asked.gpus_per_task, gpus, gpu),
    ]


def node_fits(kind: JobKind, asked: Resources, chosen: Sequence[Partition], nodes: Sequence[Node]) -> Check:
    """That some node of the partitions has what one process of a job needs, and what those of a node need together."""
    name = f"nodes ({kind})"
    ours = [node for node in nodes if node.partition in {partition.name for partition in chosen}]
    where = " and ".join(partition.name for partition in chosen)
    working = [node for node in ours if node.takes_jobs]
    if not working:
        states = ", ".join(sorted({node.state for node in ours})) or "none"
        return Check(name, False, f"no node of {where} takes jobs ({states}): take another {kind}.partition")
    unknown = [word for word in features_of(asked.constraint) if not any(word in node.features for node in ours)]
    if unknown:
        features = sorted({feature for node in ours for feature in node.features})
        there = ", ".join(features[:NAMES_SHOWN]) or "none"
        return Check(name, False, f"no node of {where} has feature {unknown[0]!r}: change {kind}.constraint ({there})")
    possible = [node for node in working if may_meet(asked.constraint, node.features)]
    if not possible:
        return Check(name, False, f"no node of {where} has {asked.constraint!r} together: change {kind}.constraint")
    fitting = [node for node in possible if fits(node, needs_of(asked, chosen, 1))]
    if not fitting:
        return Check(name, False, too_much(kind, asked, needs_of(asked, chosen, 1), possible, where))
    together = needs_of(asked, chosen, asked.tasks_per_node)
    if not any(fits(node, together) for node in fitting):
        short = too_much(kind, asked, together, fitting, where)
        return Check(name, False, f"{kind}.tasks_per_node is {asked.tasks_per_node}, but {short}")
    what = ", ".join(f"{need.amount:g} {need.unit}" for need in needs_of(asked, chosen, 1) if need.amount)
    return Check(name, True, f"{len(fitting)} of {len(ours)} nodes of {where} have {what}")


def features_of(constraint: str) -> list[str]:
    """`a100&[rack1|rack2*2]` as its three names."""
    return [word for word in re.split(r"[&|\[\]()*,\s]+", constraint) if word and not word.isdigit()]


def may_meet(constraint: str, features: frozenset[str]) -> bool:
    """Whether a node meets a constraint; what has brackets or counts is left to SLURM to judge."""
    if re.search(r"[\[\]()*]", constraint):
        return True
    alternatives = [features_of(part) for part in constraint.split("|")]
    return any(set(names) <= features for names in alternatives)


def fits(node: Node, needs: Sequence[Need]) -> bool:
    return all(need.of(node) >= need.amount for need in needs)


def too_much(kind: JobKind, asked: Resources, needs: Sequence[Need], nodes: Sequence[Node], where: str) -> str:
    """Which quantity no node has enough of."""
    for need in needs:
        most = max(need.of(node) for node in nodes)
        if most >= need.amount:
            continue
        if need.key == "gpus_per_task" and most == 0:
            types = sorted({gpu_type or "no type" for node in nodes for gpu_type in node.gpus})
            there = f"its GPUs are of {', '.join(types)}" if types else "it has no GPUs"
            key = "gpu_type" if types else "partition, or set gpus_per_task to 0"
            return f"no node of {where} has {need.amount:g} {need.unit}; {there}: change {kind}.{key}"
        words = f"no node of {where} has {need.amount:g} {need.unit}, the largest {most:.4g}"
        return f"{words}: lower {kind}.{need.key}"
    return f"no node of {where} has as many CPUs, memory and GPUs together: lower one of them"


def memory_may_double(profile: ClusterProfile, chosen: Sequence[Partition], nodes: Sequence[Node]) -> Check:
    """A run that is tried again with more memory than any node has would be refused, and hold up the others."""
    ours = [node for node in nodes if node.partition in {partition.name for partition in chosen}]
    limits = {partition.name: partition.memory_mb for partition in chosen}
    most_gb = max((min(node.memory_mb, limits[node.partition]) for node in ours), default=0) / MB_PER_GB
    tasks = profile.training.tasks_per_node
    limit_gb = profile.limits.max_memory_gb_per_task
    if limit_gb is None:
        told = f"up to what SLURM takes: {most_gb / tasks:.4g} GiB a task on the largest node"
        return Check("memory retries", True, told if most_gb else "up to what SLURM takes")
    if most_gb and limit_gb * tasks > most_gb:
        of_all = f", for {tasks} tasks" if tasks > 1 else ""
        words = f"limits.max_memory_gb_per_task is {limit_gb:g}, but the largest node has {most_gb:.4g} GiB{of_all}"
        return Check("memory retries", False, f"{words}: set it to {math.floor(10 * most_gb / tasks) / 10:g}")
    return Check("memory retries", True, f"up to {limit_gb:g} GiB a task, of {most_gb:.4g} on the largest node")
