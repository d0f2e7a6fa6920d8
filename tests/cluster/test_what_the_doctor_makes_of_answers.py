"""From what SLURM says, whatever its version, to checks that name what is wrong and what to change."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.cluster.commands import refusal
from gtpt_bench.cluster.doctor import examine
from gtpt_bench.cluster.doctor.answers import (
    associations_of,
    gpus_of,
    minutes_of,
    nodes_of,
    partitions_of,
    qos_of,
    seconds_of,
    settings_of,
)
from gtpt_bench.cluster.doctor.known import Known, checks_of
from gtpt_bench.cluster.doctor.settings import accounting_is_kept, is_signal_sent, shell_is_neutral
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.doctor import Check
from gtpt_bench.study.display import EventLines
from tests.cluster import slurm_answers as answers

NO_GPU = {"gpus_per_task": 0, "cpus_per_task": 1, "memory_gb_per_task": 1}
SMALL = {"max_memory_gb_per_task": 4}


def known(version: int = 22, **changes: Any) -> Known:
    """A cluster by its recorded answers."""
    config = answers.CONFIG_25 if version == 25 else answers.CONFIG_22
    found = Known(
        config=settings_of(config) | changes.pop("config", {}),
        partitions=partitions_of(getattr(answers, f"PARTITIONS_{version}")),
        nodes=nodes_of(getattr(answers, f"NODES_{version}", "")),
        ours=associations_of(changes.pop("ours", answers.ASSOCIATIONS_22)),
        qos=qos_of(changes.pop("qos", answers.QOS_22)),
    )
    assert not changes
    return found


def profile(training: dict[str, Any] | None = None, **parts: Any) -> ClusterProfile:
    content = {"cluster": "c", "training": NO_GPU | (training or {}), "limits": SMALL | parts.pop("limits", {})}
    return ClusterProfile.model_validate(content | parts)


def problems(profile: ClusterProfile, known: Known) -> dict[str, str]:
    return {check.name: check.words for check in checks_of(profile, known) if not check.passed}


def named(name: str, profile: ClusterProfile, known: Known) -> Check:
    return next(check for check in checks_of(profile, known) if check.name == name)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("UNLIMITED", math.inf),
        ("INFINITE", math.inf),
        ("", math.inf),
        ("00:15:00", 15),
        ("15:00", 15),
        ("90", 90),
        ("12:00:00", 720),
        ("1-12:00:00", 2160),
        ("14-00:00:00", 20160),
        ("2-0", 2880),
        ("00:00:30", 0.5),
    ],
)
def test_times_are_read_as_slurm_writes_them(text: str, minutes: float) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("(null)", {}),
        ("gpu:2", {"": 2}),
        ("gpu:fake:2", {"fake": 2}),
        ("gpu:v100:4(S:0-1),nvme:3600", {"v100": 4}),
        ("gpu:a100:3(S:0-1),gpu:a100_1g.5gb:7(S:1),mps:400", {"a100": 3, "a100_1g.5gb": 7}),
    ],
)
def test_gpus_are_counted_by_type(gres: str, gpus: dict[str, int]) -> None:
    assert gpus_of(gres) == gpus


def test_settings_without_a_value_are_empty() -> None:
    settings = settings_of(answers.CONFIG_25)
    assert settings["PreemptType"] == settings["PriorityFlags"] == settings["SlurmctldParameters"] == ""
    assert settings["ClusterName"] == "linux"
    assert seconds_of(settings["KillWait"]) == 30


def test_partitions_read_the_same_in_one_line_or_many() -> None:
    in_lines = answers.PARTITIONS_22.replace(" ", "\n   ")
    assert partitions_of(in_lines) == partitions_of(answers.PARTITIONS_22)
    found = partitions_of(answers.PARTITIONS_23)
    assert (found["normal"].limit_min, found["normal"].is_default, found["normal"].qos) == (720, True, "normal")
    assert (found["h100"].limit_min, found["h100"].preempt_mode) == (2880, "REQUEUE")


@pytest.mark.parametrize("version", [22, 25])
def test_a_cluster_that_has_what_is_asked_for_has_no_problem(version: int) -> None:
    assert problems(profile(), known(version)) == {}


def test_checks_of_training_and_measuring_that_say_the_same_are_told_once() -> None:
    names = [check.name for check in checks_of(profile(), known())]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.endswith(")")]
    names = [check.name for check in checks_of(profile(measuring={"partition": "high"}), known())]
    assert {"partition (training)", "partition (measuring)"} <= set(names)


def test_a_partition_that_does_not_exist_is_told_with_those_that_do() -> None:
    words = problems(profile({"partition": "hihg"}), known())["partition"]
    assert words == "'hihg' does not exist; did you mean high? there are low, high: change training.partition"


def test_one_of_several_partitions_may_be_missing() -> None:
    assert "'nosuch' does not exist" in problems(profile({"partition": "low,nosuch"}), known())["partition"]
    assert problems(profile({"partition": "low,high"}), known()) == {}


def test_a_partition_that_is_down_is_no_place_for_jobs() -> None:
    assert problems(profile({"partition": "interactive"}), known(20))["partition"].startswith("interactive is DOWN")


def test_a_cluster_without_a_default_wants_a_partition_named() -> None:
    assert problems(profile(), known(20))["partition"].startswith(
        "the cluster has no default: write training.partition"
    )


def test_a_time_limit_above_the_partitions_would_wait_for_ever() -> None:
    words = problems(profile({"partition": "test", "time_limit_h": 2}), known(20))["time limit"]
    assert words.startswith("2 h is more than the 15 min of partition test, so that jobs would wait for ever")
    assert "set training.time_limit_h to 0.25 or less" in words
    assert "time limit" not in problems(profile({"partition": "test", "time_limit_h": 0.25}), known(20))


def test_a_qos_or_an_account_may_allow_less_time_than_the_partition() -> None:
    by_qos = known(20, qos="gputres_accrue||1-00:00:00\n")
    assert (
        "24 h of your account or qos"
        in problems(profile({"partition": "gpu", "time_limit_h": 30}), by_qos)["time limit"]
    )
    by_account = known(ours="lab|lab||normal|||10:00:00\n")
    assert "10 h of your account or qos" in problems(profile({"time_limit_h": 30}), by_account)["time limit"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"memory_gb_per_task": 100}, "no node of low has 100 GiB of memory, the largest 7.812: lower training.memory"),
        ({"cpus_per_task": 8}, "no node of low has 8 CPUs, the largest 4: lower training.cpus_per_task"),
        ({"gpus_per_task": 3}, "no node of low has 3 GPUs, the largest 2: lower training.gpus_per_task"),
        (
            {"gpus_per_task": 1, "gpu_type": "a100"},
            "no node of low has 1 GPUs of type a100; its GPUs are of fake: change training.gpu_type",
        ),
        ({"constraint": "rack1"}, "no node of low has feature 'rack1': change training.constraint (none)"),
        (
            {"tasks_per_node": 3, "memory_gb_per_task": 3},
            "training.tasks_per_node is 3, but no node of low has 9 GiB of memory",
        ),
    ],
)
def test_what_no_node_has_is_named_with_the_key_to_change(asked: dict[str, Any], words: str) -> None:
    assert problems(profile(asked), known())["nodes"].startswith(words)


def test_gpus_are_missing_altogether_in_a_partition_of_processors() -> None:
    words = problems(profile({"gpus_per_task": 1}), known(25))["nodes"]
    assert words.endswith("it has no GPUs: change training.partition, or set gpus_per_task to 0")


def test_a_node_must_have_all_together() -> None:
    both = {"partition": "gpu", "gpus_per_task": 1, "gpu_type": "v100", "cpus_per_task": 100}
    assert "as many CPUs, memory and GPUs together" in problems(profile(both), known(20))["nodes"]


def test_nodes_that_are_drained_do_not_count() -> None:
    fits = named("nodes", profile({"partition": "gpu", "gpus_per_task": 4, "gpu_type": "v100"}), known(20))
    assert fits.words.startswith("1 of 3 nodes of gpu have")
    nowhere = known(22)
    down = Known(
        nowhere.config,
        nowhere.partitions,
        nodes_of(answers.NODES_22.replace("idle", "down*")),
        nowhere.ours,
        nowhere.qos,
    )
    assert problems(profile(), down)["nodes"].startswith("no node of low takes jobs (down*)")


@pytest.mark.parametrize(
    ("constraint", "nodes"), [("a100", 1), ("type_gpu", 2), ("a100|type_gpu", 2), ("type_gpu&a100", 1), ("[a100*1]", 2)]
)
def test_nodes_are_those_with_the_features(constraint: str, nodes: int) -> None:
    found = named("nodes", profile({"partition": "gpu", "constraint": constraint}), known(20))
    assert found.words.startswith(f"{nodes} of 3 nodes")


def test_retries_must_not_ask_for_more_memory_than_there_is() -> None:
    words = problems(profile(limits={"max_memory_gb_per_task": 256}), known())["memory retries"]
    assert words.endswith("is 256, but the largest node has 7.812 GiB: set it to 7.8")


def test_by_default_they_ask_for_what_slurm_takes() -> None:
    told = named("memory retries", ClusterProfile(cluster="generic"), known())
    assert told.passed
    assert told.words == "up to what SLURM takes: 7.812 GiB a task on the largest node"


def test_accounts_and_qos_must_be_ones_own() -> None:
    assert problems(profile({"account": "lba"}), known())["account"].startswith("'lba' is not among yours (lab, root)")
    assert problems(profile({"qos": "long"}), known())["account"].startswith("qos 'long' is not among yours (normal)")
    assert problems(profile({"account": "lab", "qos": "normal"}), known()) == {}
    assert problems(profile(), known(ours=""))["account"].startswith("you have no account on this cluster")
    assert problems(profile(), known(25, ours="")) == {}  # none is needed there


def test_the_queue_takes_as_many_jobs_as_a_user_may_have() -> None:
    words = problems(profile(), known(ours="lab|lab||normal|4||\n"))["queue"]
    assert words == "limits.max_submitted is 500, but you may have 4 jobs in the queue: set it to 4"
    alone = problems(profile(), known(ours="lab|lab||normal||1|\n"))["queue"]
    assert "keep a shell watching" in alone
    elsewhere = known(ours="lab|lab||normal|||\nlab|root||normal|4||\n")
    assert "queue" not in problems(profile(), elsewhere)
    assert "4 jobs" in problems(profile({"account": "root"}), elsewhere)["queue"]
    by_qos = known(20, qos="gputres_accrue|200|\n")
    assert "200 jobs" in problems(profile({"partition": "gpu"}), by_qos)["queue"]
    assert problems(profile(limits={"max_submitted": 4}), known(ours="lab|lab||normal|4||\n")) == {}


def test_arrays_must_be_as_small_as_the_cluster_wants_them() -> None:
    assert "arrays" not in problems(profile(limits={"max_array_size": 1001}), known())
    assert "takes 1001 (MaxArraySize)" in problems(profile(limits={"max_array_size": 1002}), known())["arrays"]
    assert "no arrays" in problems(profile(), known(config={"MaxArraySize": "0"}))["arrays"]


def test_jobs_that_give_way_must_be_told_to() -> None:
    silent = known(config={"SlurmctldParameters": ""})
    assert "ask the administrators for preempt_send_user_signal" in problems(profile(), silent)["preemption"]
    assert problems(profile({"partition": "high"}), silent) == {}  # nobody gives way there
    assert problems(profile(), known(config={"SlurmctldParameters": "", "PreemptType": ""})) == {}
    newer = known(config={"SlurmctldParameters": "", "PreemptParameters": "youngest_first,send_user_signal"})
    assert problems(profile(), newer) == {}
    short = named("preemption", profile(), known())
    assert short.passed
    assert "20 s to save, less than warn_before_end_s (120)" in short.words


def test_jobs_that_are_suspended_cannot_be_timed() -> None:
    by_qos = known(config={"PreemptType": "preempt/qos", "PreemptMode": "GANG,SUSPEND"})
    assert "which spoils times" in problems(profile(), by_qos)["preemption"]


@pytest.mark.parametrize("setting", ["preempt_send_user_signal", "a,preempt_send_user_signal,b"])
def test_the_signal_may_stand_among_others(setting: str) -> None:
    assert is_signal_sent({"SlurmctldParameters": setting})
    assert not is_signal_sent({"SlurmctldParameters": setting.replace("user", "usr")})


@pytest.mark.parametrize("kind", ["accounting_storage/none", ""])
def test_accounting_may_be_off_in_the_words_of_old_and_new_versions(kind: str) -> None:
    check = accounting_is_kept({"AccountingStorageType": kind})
    assert not check.passed
    assert "ask the administrators for slurmdbd" in check.words


def test_options_in_the_shells_variables_are_told() -> None:
    assert not shell_is_neutral({"SBATCH_PARTITION": "gpu"}).passed
    inside = shell_is_neutral({"SLURM_JOB_ID": "17", "SLURM_CONF": "/etc/slurm.conf"})
    assert inside.passed
    assert inside.words.startswith("inside job 17")


def test_without_a_configuration_the_rest_is_told_as_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slurm(*command: str) -> str:
        raise refusal(command[0], "fatal: Could not establish a configuration source")

    monkeypatch.setattr(examine, "slurm", slurm)
    monkeypatch.setattr(examine.shutil, "which", lambda name: f"bin/{name}")
    profile = ClusterProfile.model_validate({"cluster": "a", "training": {"gpus_per_task": 0}})
    first, *others = examine.examine_cluster(profile, tmp_path, EventLines(), wait_s=1)
    assert first.words.count("set SLURM_CONF") == 1
    assert {check.words for check in others} == {"not tried"}
    assert {"controller", "partition", "probe job"} <= {check.name for check in others}
