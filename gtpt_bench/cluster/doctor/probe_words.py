"""What a probe job's fate means, and what to change. Pure: from its outcome to checks."""

from __future__ import annotations

from gtpt_bench.cluster.doctor.probe import Found
from gtpt_bench.cluster.doctor.probe_job import Outcome, Place
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.verdict import IMPORT_FAILED
from gtpt_bench.doctor import Check

SHOWN_LATE_S = 60.0
"""Locks count on a network file system showing a file within a minute."""

CLOCKS_APART_S = 30.0
"""Locks of other machines are dead after three minutes without a touch, a minute of which the file system may take."""

LETTERS = 200
"""Of an error's words."""

ADVICE = {
    "Resources": "no place is free just now",
    "Priority": "others are before it",
    "PartitionTimeLimit": "lower training.time_limit_h",
    "PartitionNodeLimit": "the partition has too few nodes, or none that works",
    "ReqNodeNotAvail": "the nodes it could have are down or reserved",
    "JobHeldAdmin": "administrators hold your jobs; ask them",
}


def judged(profile: ClusterProfile, outcome: Outcome, code: str) -> list[Check]:
    """Checks in the order in which one builds on the other.

    Args:
        code: fingerprint of the code that was submitted.
    """
    if outcome.pending is not None:
        return [_not_started(outcome, outcome.pending)]
    if outcome.found is None:
        return [_ended_early(profile, outcome)]
    found, training = outcome.found, profile.training
    checks = [
        Check("probe job", True, f"{outcome.job} started on {found.host} {outcome.started_s:.0f} s after submission"),
        Check(
            "sacct",
            outcome.end is not None,
            f"knows that {outcome.job} {outcome.end.state}"
            if outcome.end
            else f"does not know how {outcome.job} ended: ask the administrators whether slurmdbd runs",
        ),
        _environment(found, code, outcome.last_words),
        _gpus(found, training.gpus_per_task, training.gpu_type),
        _cores(found, training.cpus_per_task),
        _shared_files(outcome, found),
        _clocks(outcome, found),
        _submits(found),
        _address(found),
    ]
    if profile.environment.scratch:
        checks.append(_scratch(found))
    if found.data_error:
        checks.append(Check("data in jobs", False, f"on {found.host}: {found.data_error}: give a folder all nodes see"))
    return checks


def _not_started(outcome: Outcome, pending: Place) -> Check:
    advice = next((words for reason, words in ADVICE.items() if pending.reason.startswith(reason)), "")
    if not advice and pending.reason.startswith(("Assoc", "QOS")):
        advice = "a limit of your account or qos is reached"
    told = f"{pending.reason or 'no reason told'}{f', {advice}' if advice else ''}"
    when = f"; SLURM expects it to start at {pending.starts_at}" if pending.starts_at else ""
    words = f"{outcome.job} had not started after {outcome.started_s:.0f} s ({told}{when}) and was cancelled"
    return Check("probe job", False, f"{words}; what jobs find there is not known: try again with a longer --wait")


def _ended_early(profile: ClusterProfile, outcome: Outcome) -> Check:
    """The job is over, but its probe has not said what it found."""
    name, end = "probe job", outcome.end
    how = f"{end.state}, exit code {end.exit_code}" if end else "sacct does not know how"
    words = f"{outcome.job} ended{f' on {end.node}' if end and end.node else ''} before it had looked around ({how})"
    lines = [line.strip() for line in outcome.last_words.splitlines() if line.strip()]
    if lines:
        said = next((line for line in reversed(lines) if IMPORT_FAILED.search(line)), lines[-1])
        python = profile.environment.python or "that of this shell"
        change = f"mend environment.setup or environment.python ({python}); more in {outcome.folder}"
        return Check(name, False, f"{words}: {shortened(said)}: {change}")
    words = f"{words} and wrote nothing that is seen here"
    if end and end.state == "COMPLETED":
        return Check(name, False, f"{words}: take a --results folder that all nodes share")
    if end and end.state == "FAILED":
        change = "does a line of environment.setup end it, or do the nodes not share the --results folder?"
        return Check(name, False, f"{words}: {change}")
    return Check(name, False, f"{words}: see sacct -j {outcome.job}")


def shortened(words: str) -> str:
    return words if len(words) <= LETTERS else f"{words[:LETTERS]}…"


def _environment(found: Found, code: str, last_words: str) -> Check:
    name, where = "environment", f"{found.python} ({found.python_version})"
    if found.torch_error:
        words = f"{where} cannot import torch: {shortened(found.torch_error)}"
        return Check(name, False, f"{words}: install it there, or change environment.python or environment.setup")
    if found.code != code:
        words = f"jobs import gtpt_bench {found.code}, not the copy made for them, {code}"
        return Check(name, False, f"{words}: does environment.setup put another on PYTHONPATH?")
    lines = [line.strip() for line in last_words.splitlines() if line.strip()]
    complaint = f"; the job wrote to stderr: {shortened(lines[-1])}" if lines else ""
    return Check(name, True, f"torch {found.torch} and gtpt_bench {found.code} in {where}{complaint}")


def _gpus(found: Found, asked: int, gpu_type: str) -> Check:
    visible = "not set" if found.visible_gpus is None else found.visible_gpus or "empty"
    if not asked:
        return Check("GPUs", True, f"none asked for; torch sees {found.num_gpus}")
    if found.num_gpus != asked:
        words = f"torch sees {found.num_gpus} of the {asked} asked for (CUDA_VISIBLE_DEVICES {visible})"
        if not found.cuda:
            change = f"torch {found.torch} is built without CUDA: install the build for your driver"
        elif found.gpu_error:
            change = f"{shortened(found.gpu_error)}: do driver (nvidia-smi on {found.host}) and CUDA {found.cuda} fit?"
        elif found.num_gpus > asked:
            change = "jobs see GPUs of others: ask the administrators for ConstrainDevices in cgroup.conf"
        else:
            change = f"is there a GPU on {found.host} (nvidia-smi), and does environment.setup hide it?"
        return Check("GPUs", False, f"{words}: {change}")
    if found.gpu_error:
        return Check(
            "GPUs", False, f"{found.gpu} cannot compute: {shortened(found.gpu_error)}: install a fitting torch"
        )
    return Check("GPUs", True, f"{asked} × {found.gpu}, and torch with CUDA {found.cuda} computes on it")


def _cores(found: Found, asked: int) -> Check:
    if found.node_cores < asked:
        words = f"SLURM gives {asked} cores, but {found.host} has {found.node_cores}"
        return Check("cores", False, f"{words}: lower training.cpus_per_task to that")
    if found.cores < asked:
        words = f"a process may use {found.cores} of the {asked} cores asked for"
        return Check("cores", False, f"{words}: write environment.variables: {{SRUN_CPUS_PER_TASK: {asked}}}")
    more = f", and could use {found.cores}" if found.cores > asked else ""
    return Check("cores", True, f"{asked} asked for{more}")


def _shared_files(outcome: Outcome, found: Found) -> Check:
    name, exchange = "shared files", outcome.exchange
    if exchange is None:
        late = "its first file was not seen here" if outcome.hello is None else "it did not see the answer"
        words = f"{late} while the job ran: the file system is too slow, or not shared"
        return Check(name, False, f"{words}; take another --results folder")
    if exchange.delay_s > SHOWN_LATE_S:
        words = f"files are seen elsewhere after {exchange.delay_s:.0f} s only, and locks count on {SHOWN_LATE_S:.0f}"
        return Check(name, False, f"{words}: take a --results folder with less caching")
    if found.lock_error:
        return Check(name, False, f"{shortened(found.lock_error)}: take a --results folder with hard links")
    return Check(name, True, f"seen {exchange.delay_s:.2g} s after writing, both ways; locks work")


def _clocks(outcome: Outcome, found: Found) -> Check:
    """Ages of locks are told by the file system's clock and each machine's own."""
    exchange = outcome.exchange
    if exchange is None or outcome.hello is None:
        return Check("clocks", False, "could not be compared, since files were not seen in time")
    apart_s = max(map(abs, (exchange.clock_s, found.file_clock_s, outcome.hello.file_clock_s)))
    whose = f"of this machine, {found.host} and the file system"
    if apart_s > CLOCKS_APART_S:
        words = f"{whose} differ by {apart_s:.0f} s, and locks go by their age"
        return Check("clocks", False, f"{words}: ask the administrators to set them (NTP)")
    return Check("clocks", True, f"{whose} agree to {apart_s:.2g} s")


def _submits(found: Found) -> Check:
    if found.submit_error:
        words = f"{found.host} cannot speak to SLURM: {shortened(found.submit_error)}"
        change = "jobs cannot queue again or submit the next: keep a shell watching, and ask the administrators"
        return Check("jobs submit", False, f"{words}; {change}")
    return Check("jobs submit", True, f"{found.host} may submit jobs, so that studies go on without a shell")


def _address(found: Found) -> Check:
    """Runs of several nodes meet at the first of them."""
    if found.node_error:
        return Check("node names", False, f"for runs on several nodes: {shortened(found.node_error)}")
    return Check("node names", True, f"processes on other nodes reach {found.host} as {found.node_address}")


def _scratch(found: Found) -> Check:
    if found.scratch_error:
        words = f"{found.scratch} on {found.host}: {shortened(found.scratch_error)}"
        return Check("scratch", False, f"{words}; change environment.scratch")
    return Check("scratch", True, f"{found.scratch} can be written, {found.scratch_free_gb:.0f} GiB free")
