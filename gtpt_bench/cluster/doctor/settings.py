"""Whether a cluster's settings suit a profile: accounting, accounts, queue limits, signals. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gtpt_bench.cluster.doctor.answers import NO_LIMIT, Association, Partition, Qos, seconds_of
from gtpt_bench.cluster.doctor.room import hours
from gtpt_bench.cluster.profile import ClusterProfile, JobKind, Resources, Rhythm
from gtpt_bench.doctor import Check

Settings = Mapping[str, str]


def accounting_is_kept(settings: Settings) -> Check:
    """Without it nobody knows how a job ended."""
    kind = settings.get("AccountingStorageType", "")
    if kind != "accounting_storage/slurmdbd":
        words = f"is {kind or 'off'}, so that sacct knows no jobs and nobody how they ended"
        return Check("accounting", False, f"AccountingStorageType {words}: ask the administrators for slurmdbd")
    return Check("accounting", True, "slurmdbd, and sacct answers")


def shell_is_neutral(environ: Mapping[str, str]) -> Check:
    """Variables of the shell that SLURM's commands take for options."""
    options = sorted(name for name in environ if name.startswith("SBATCH_"))
    if options:
        words = f"{', '.join(options)} of this shell may overrule the profile"
        return Check("shell", False, f"{words}: unset, and put what they say into the profile")
    if "SLURM_JOB_ID" in environ:
        return Check("shell", True, f"inside job {environ['SLURM_JOB_ID']}; the study would go on after its end")
    return Check("shell", True, "no variable that sbatch takes for an option")


def account_is_ours(kind: JobKind, asked: Resources, settings: Settings, ours: Sequence[Association] | None) -> Check:
    """The account and qos that jobs name are among the user's.

    Args:
        ours: None if sacctmgr does not tell.
    """
    name = f"account ({kind})"
    if ours is None:
        return Check(name, True, "sacctmgr does not tell which accounts are yours; sbatch will")
    if not ours and "associations" in settings.get("AccountingStorageEnforce", ""):
        return Check(name, False, "you have no account on this cluster: ask the administrators for one")
    accounts = sorted({association.account for association in ours})
    if asked.account and asked.account not in accounts:
        there = ", ".join(accounts) or "none"
        return Check(name, False, f"{asked.account!r} is not among yours ({there}): change {kind}.account")
    qos = sorted({one for association in of_account(asked, ours) for one in association.qos})
    if asked.qos and asked.qos not in qos:
        there = ", ".join(qos) or "none"
        return Check(name, False, f"qos {asked.qos!r} is not among yours ({there}): change {kind}.qos")
    default = next((association.account for association in ours if association.is_default), "none, and none is needed")
    words = f"{asked.account or f'{default} by default'}, {f'qos {asked.qos}' if asked.qos else 'its default qos'}"
    return Check(name, True, words)


def of_account(asked: Resources, ours: Sequence[Association]) -> list[Association]:
    """Associations that jobs may come under: of the account that is named, or else of the default."""
    if asked.account:
        return [association for association in ours if association.account == asked.account]
    return [association for association in ours if association.is_default]


def qos_of_jobs(asked: Resources, chosen: Sequence[Partition], known: Mapping[str, Qos]) -> list[Qos]:
    """Of the profile and of the partitions."""
    names = {asked.qos, *(partition.qos for partition in chosen)} - {""}
    return [known[name] for name in sorted(names) if name in known]


def places_in_the_queue(
    profile: ClusterProfile, ours: Sequence[Association], qos: Sequence[Qos], settings: Settings
) -> Check:
    """How many jobs a user may have in the queue against how many the profile would put there."""
    wanted = profile.limits.max_submitted
    accounts = of_account(profile.training, ours)
    by_account = max((association.max_submitted for association in accounts), default=math.inf)
    most = min(by_account, *(one.max_submitted for one in qos), _number(settings, "MaxJobCount"))
    if wanted > most:
        words = f"limits.max_submitted is {wanted}, but you may have {most:g} jobs in the queue: set it to {most:g}"
        alone = ", and keep a shell watching: a job that takes the only place cannot submit the next"
        return Check("queue", False, f"{words}{alone * (most <= 1)}")
    allowed = "no limit known" if most == math.inf else f"{most:g} allowed"
    return Check("queue", True, f"up to {wanted} jobs at a time, {allowed}")


def arrays_are_small_enough(profile: ClusterProfile, settings: Settings) -> Check:
    most, wanted = _number(settings, "MaxArraySize"), profile.limits.max_array_size
    if most == math.inf:
        return Check("arrays", True, "MaxArraySize is not told; 1001 is assumed")
    if most < 1:
        return Check("arrays", False, "MaxArraySize is 0, no arrays: set limits.max_array_size to 1")
    if wanted is not None and wanted > most:
        words = f"limits.max_array_size is {wanted}, but the cluster takes {most:g} (MaxArraySize)"
        return Check("arrays", False, f"{words}: leave it out, or lower it")
    at_a_time = min(profile.limits.array_parallelism, wanted or most)
    return Check("arrays", True, f"of up to {wanted or most:g} jobs (MaxArraySize {most:g}), {at_a_time:g} at a time")


def _number(settings: Settings, name: str) -> float:
    """A setting that is a number; infinite where there is no limit."""
    text = settings.get(name, "")
    return math.inf if text in NO_LIMIT else float(text)


def warning_comes_in_time(profile: ClusterProfile, settings: Settings) -> Check:
    """What a job is told before it ends."""
    warn_s, limit_min = profile.rhythm.warn_before_end_s, profile.training.time_limit_min
    kill_s = seconds_of(settings.get("KillWait", ""))
    again = "" if settings.get("JobRequeue") == "1" else "; JobRequeue is off, but our jobs ask for it"
    words = f"runs save {warn_s} s before their time limit of {hours(limit_min)} and queue again"
    return Check("time-out", True, f"{words}; who is cancelled has {kill_s} s (KillWait){again}")


def preemption_is_told(kind: JobKind, rhythm: Rhythm, settings: Settings, chosen: Sequence[Partition]) -> Check:
    """Whether jobs that must give way to others get the signal to save."""
    name, by = f"preemption ({kind})", settings.get("PreemptType", "").removeprefix("preempt/")
    if by in ("", "none"):
        return Check(name, True, "no job has to give way here (PreemptType none)")
    modes = (
        {partition.preempt_mode for partition in chosen}
        if by == "partition_prio"
        else {settings.get("PreemptMode", "")}
    )
    modes -= {"OFF", ""}
    where = " and ".join(partition.name for partition in chosen)
    if not modes:
        return Check(name, True, f"jobs of {where} do not have to give way")
    if any("SUSPEND" in mode or "GANG" in mode for mode in modes):
        words = f"jobs of {where} are suspended to let others run, which spoils times and keeps runs waiting"
        return Check(name, False, f"{words}: take a {kind}.partition whose PreemptMode is OFF or REQUEUE")
    if not is_signal_sent(settings):
        words = f"jobs of {where} have to give way, but get no signal to save and queue again: ask the administrators"
        return Check(name, False, f"{words} for preempt_send_user_signal in SlurmctldParameters")
    grace_s = min(partition.grace_s for partition in chosen)
    warn_s = rhythm.warn_before_end_s
    short = f", less than warn_before_end_s ({warn_s}): a slow save costs what came after the last checkpoint"
    return Check(
        name, True, f"jobs of {where} give way with a signal and {grace_s} s to save{short * (grace_s < warn_s)}"
    )


def is_signal_sent(settings: Settings) -> bool:
    """Of SLURM 20.02 and later, or of later ones still."""
    old = settings.get("SlurmctldParameters", "").split(",")
    new = settings.get("PreemptParameters", "").split(",")
    return "preempt_send_user_signal" in old or "send_user_signal" in new
