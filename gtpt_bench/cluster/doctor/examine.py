"""`gtpt-study doctor --cluster FILE`: asks SLURM, submits a probe job, and hands what comes back to those who judge."""

from __future__ import annotations

import getpass
import os
import shutil
from pathlib import Path

from gtpt_bench.cluster.code_copy import CodeCopy, keep_code
from gtpt_bench.cluster.commands import COMMANDS, CONFIGURE, Refused, Unreachable, slurm
from gtpt_bench.cluster.doctor import answers, settings
from gtpt_bench.cluster.doctor.as_trained import job_parameters, trial_call
from gtpt_bench.cluster.doctor.known import KINDS, Known, checks_of, merged
from gtpt_bench.cluster.doctor.probe_job import try_out
from gtpt_bench.cluster.doctor.probe_words import judged
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.outside_a_job import outside_any_job
from gtpt_bench.cluster.profile import ClusterProfile, JobKind
from gtpt_bench.cluster.start import check_paths
from gtpt_bench.doctor import Check
from gtpt_bench.errors import InputError
from gtpt_bench.study.display import Display
from gtpt_bench.study.store import StudyFolder


def examine_cluster(
    profile: ClusterProfile, results: Path, display: Display, *, wait_s: float, data_root: Path | None = None
) -> list[Check]:
    """Whether studies of a profile can run on its cluster.

    Args:
        wait_s: for the probe job to start.
        data_root: of real data, looked for in the job too.

    Raises:
        KeyboardInterrupt: and the probe job has been cancelled.
    """
    there = commands_are_there()
    if not there.passed:
        return [there, *not_tried("controller", *ASKED)]
    try:
        known = ask_slurm()
    except (Refused, Unreachable) as error:
        return [
            there,
            Check("controller", False, f"{error}: ask the administrators whether SLURM is up"),
            *not_tried(*ASKED),
        ]
    return [
        there,
        settings.shell_is_neutral(os.environ),
        accounting_answers(known),
        *checks_of(profile, known),
        *tried_out(profile, results, display, wait_s=wait_s, data_root=data_root),
    ]


ASKED = ("accounting", "partition", "nodes", "account", "queue", "arrays", "code copy", "sbatch", "probe job")
"""Checks that the controller is needed for."""


def not_tried(*names: str) -> list[Check]:
    """Checks that make no sense before another passes."""
    return [Check(name, False, "not tried") for name in names]


def commands_are_there() -> Check:
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        return Check("SLURM", False, f"{', '.join(missing)} not found: log in to a machine of the cluster")
    try:
        return Check("SLURM", True, f"{slurm('sinfo', '--version').strip()}, its commands are there")
    except (Refused, Unreachable) as error:
        said = str(error)
        return Check("SLURM", False, said if CONFIGURE in said else f"{said}: {CONFIGURE}")


def ask_slurm() -> Known:
    """Some five questions to the controller and its database.

    Raises:
        Refused, Unreachable: by the controller.
    """
    config = answers.settings_of(slurm("scontrol", "show", "config"))
    me = ("where", f"name={getpass.getuser()}", f"cluster={config.get('ClusterName', '')}", "withassoc")
    ours = _sacctmgr("user", answers.ASSOCIATION_FIELDS, *me)
    return Known(
        config=config,
        partitions=answers.partitions_of(slurm("scontrol", "show", "partition", "--oneliner")),
        nodes=answers.nodes_of(slurm("sinfo", "--noheader", "--Node", f"--format={answers.NODE_FORMAT}")),
        ours=None if ours is None else answers.associations_of(ours),
        qos=answers.qos_of(_sacctmgr("qos", answers.QOS_FIELDS) or ""),
    )


def _sacctmgr(what: str, fields: str, *where: str) -> str | None:
    """What it lists; None if it does not tell everybody, or there is no database."""
    try:
        return slurm("sacctmgr", "--noheader", "--parsable2", "show", what, *where, f"format={fields}")
    except (Refused, Unreachable):
        return None


def accounting_answers(known: Known) -> Check:
    """By the settings, and by asking."""
    check = settings.accounting_is_kept(known.config)
    if not check.passed:
        return check
    try:
        slurm("sacct", "-X", "-n", "-P", "--starttime=now-1hour", "--format=JobID")
    except (Refused, Unreachable) as error:
        return Check(check.name, False, f"{error}: ask the administrators whether slurmdbd runs")
    return check


def tried_out(
    profile: ClusterProfile, results: Path, display: Display, *, wait_s: float, data_root: Path | None
) -> list[Check]:
    """Whether SLURM would take the jobs, and what one of them finds."""
    try:
        check_paths(ClusterFolder(StudyFolder(results / ".doctor"), "doctor"))
        code = keep_code(results)
    except InputError as error:
        return [Check("code copy", False, str(error))]
    trials = [would_be_taken(kind, profile, results, code) for kind in KINDS]
    checks = merged(trials)
    if not trials[0].passed:
        return [*checks, Check("probe job", False, "not submitted, since SLURM would not take it")]
    try:
        outcome = try_out(profile, results, code, display, wait_s=wait_s, data_root=data_root)
    except (InputError, OSError) as error:
        return [*checks, Check("probe job", False, str(error))]
    return [*checks, *judged(profile, outcome, code.fingerprint)]


def would_be_taken(kind: JobKind, profile: ClusterProfile, results: Path, code: CodeCopy) -> Check:
    """SLURM's own word on such jobs; none is submitted."""
    name = f"sbatch ({kind})"
    try:
        with outside_any_job():
            slurm(*trial_call(job_parameters(profile, kind, results, code, "gtpt-doctor")))
    except (Refused, Unreachable) as error:
        return Check(name, False, f"would not take such jobs: {error}")
    return Check(name, True, "would take such jobs")
