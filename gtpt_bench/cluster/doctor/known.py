"""All that SLURM has said about a cluster, and what follows from it for a profile. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gtpt_bench.cluster.doctor import room, settings
from gtpt_bench.cluster.doctor.answers import Association, Node, Partition, Qos
from gtpt_bench.cluster.profile import ClusterProfile, JobKind
from gtpt_bench.doctor import Check

KINDS: tuple[JobKind, ...] = ("training", "measuring")


@dataclass(frozen=True)
class Known:
    """SLURM's answers.

    Attributes:
        config: its settings by their names.
        ours: what the user may do; None if that is not told.
    """

    config: Mapping[str, str]
    partitions: Mapping[str, Partition]
    nodes: Sequence[Node]
    ours: Sequence[Association] | None
    qos: Mapping[str, Qos]


def checks_of(profile: ClusterProfile, known: Known) -> list[Check]:
    """Checks that need no job, in an order in which the first problem explains the rest."""
    checks = [check for kind in KINDS for check in _checks_of_kind(kind, profile, known)]
    chosen = _partitions(profile, "training", known)
    if chosen:
        of_jobs = settings.qos_of_jobs(profile.training, chosen, known.qos)
        checks.append(room.memory_may_double(profile, chosen, known.nodes))
        checks.append(settings.places_in_the_queue(profile, known.ours or (), of_jobs, known.config))
    checks.append(settings.arrays_are_small_enough(profile, known.config))
    checks.append(settings.warning_comes_in_time(profile, known.config))
    return merged(checks)


def _checks_of_kind(kind: JobKind, profile: ClusterProfile, known: Known) -> list[Check]:
    asked = profile.resources(kind)
    checks = [
        room.partition_exists(kind, asked, known.partitions),
        settings.account_is_ours(kind, asked, known.config, known.ours),
    ]
    chosen = _partitions(profile, kind, known)
    if checks[0].passed and chosen:
        by_qos = [one.limit_min for one in settings.qos_of_jobs(asked, chosen, known.qos)]
        by_account = [one.limit_min for one in settings.of_account(asked, known.ours or ())]
        limit_min = min([max(by_account, default=math.inf), *by_qos])
        checks.append(room.time_is_allowed(kind, asked, chosen, limit_min))
        checks.append(room.node_fits(kind, asked, chosen, known.nodes))
        checks.append(settings.preemption_is_told(kind, profile.rhythm, known.config, chosen))
    return checks


def _partitions(profile: ClusterProfile, kind: JobKind, known: Known) -> list[Partition]:
    names = room.names_of(profile.resources(kind), known.partitions)
    return [known.partitions[name] for name in names if name in known.partitions]


def merged(checks: Iterable[Check]) -> list[Check]:
    """Checks of both kinds of jobs that say the same become one, since measuring mostly asks for what training does."""
    found: dict[tuple[str, str], Check] = {}
    for check in checks:
        name, _, kind = check.name.partition(" (")
        key = (name, check.words.replace(f"{kind.rstrip(')')}.", ""))
        found[key] = replace(found[key], name=name) if key in found else check
    return list(found.values())
