"""Profiles of clusters: those that are shipped are right, and a wrong one is told in a line with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from gtpt_bench.cluster.profile import ClusterProfile, Resources, load_profile
from gtpt_bench.errors import StudyError

SLURM = Path(__file__).parents[2] / "slurm"


def keys_of(model: type[BaseModel]) -> dict[str, Any]:
    """All keys of a config class, those of its parts below them."""
    parts = {name: field.annotation for name, field in model.model_fields.items()}
    return {
        name: keys_of(part) if isinstance(part, type) and issubclass(part, BaseModel) else None
        for name, part in parts.items()
    }


def test_the_generic_profile_shows_every_key_with_its_default() -> None:
    content = yaml.safe_load((SLURM / "generic.yaml").read_text(encoding="utf-8"))
    keys = keys_of(ClusterProfile)
    assert set(content) == set(keys)
    for part, names in keys.items():
        if names is not None and part != "measuring":  # where only what differs from training stands
            assert set(content[part]) == set(names), part
    assert load_profile(SLURM / "generic.yaml") == ClusterProfile(cluster="generic")


@pytest.mark.parametrize("path", sorted(SLURM.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_that_is_shipped_can_be_loaded_and_kept(path: Path) -> None:
    profile = load_profile(path)
    assert ClusterProfile.model_validate_json(profile.model_dump_json()) == profile


def test_the_worked_examples_say_what_their_comments_say() -> None:
    a100, idle = load_profile(SLURM / "example_a100.yaml"), load_profile(SLURM / "example_preemptible.yaml")
    assert a100.training.nodes(4) == 1
    assert a100.training.nodes(8) == 2
    assert a100.measuring.exclusive
    assert a100.measuring.gpu_type == a100.training.gpu_type
    assert not a100.measuring.extra
    assert idle.packing.runs_per_job == 4
    assert idle.measuring.partition != idle.training.partition
    assert idle.device == "idle-nodes cpu icelake: CPU, 32 cores"


def test_measuring_asks_for_what_training_does_alone_on_its_node(tmp_path: Path) -> None:
    profile = loaded(tmp_path, "training: {partition: gpu, cpus_per_task: 4, extra: {nice: 10}}")
    assert profile.measuring == profile.training.changed({"exclusive": True})
    profile = loaded(tmp_path, "training: {partition: gpu}\nmeasuring: {partition: cpu, exclusive: false}")
    assert (profile.measuring.partition, profile.measuring.exclusive) == ("cpu", False)


def test_the_home_folder_may_be_written_short(tmp_path: Path) -> None:
    profile = loaded(tmp_path, "environment: {python: ~/env/bin/python, scratch: ~/tmp/$SLURM_JOB_ID}")
    assert profile.environment.python == str(Path.home() / "env/bin/python")
    assert profile.environment.scratch == str(Path.home() / "tmp/$SLURM_JOB_ID")


def test_numbers_may_be_values_of_variables_and_options(tmp_path: Path) -> None:
    profile = loaded(
        tmp_path, "environment: {variables: {NCCL_IB_TIMEOUT: 22}}\ntraining: {extra: {nice: 5, spread-job: true}}"
    )
    assert profile.environment.variables == {"NCCL_IB_TIMEOUT": "22"}
    assert profile.training.extra == {"nice": 5, "spread-job": True}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("partitoin: gpu", "2: partitoin: unknown key; allowed: cluster, training, measuring, packing"),
        ("training:\n  partitoin: gpu", "3: training.partitoin: unknown key; did you mean 'partition'? allowed: par"),
        ("training:\n  gpus_per_task: two", "3: training.gpus_per_task: input should be a valid integer"),
        ("training:\n  cpus_per_task: 0", "3: training.cpus_per_task: input should be greater than or equal to 1"),
        ("training: {memory_gb_per_task: 32G}", "2: training.memory_gb_per_task: input should be a valid number"),
        ("training: {partition: 5}", "2: training.partition: input should be a valid string, got 5"),
        ("measuring: {qos: 5}", "2: measuring.qos: input should be a valid string, got 5"),
        ('training: {partition: "a\\nb"}', "2: training.partition: must be one line without control characters"),
        ('environment: {setup: ["a\\rb"]}', "2: environment.setup.0: must be one line without control characters"),
        ('environment: {variables: {A: "\\e[1m"}}', "2: environment.variables.A: must be one line without control"),
        ('training: {extra: {comment: "a\\0"}}', "2: training.extra.comment: must be one line without control"),
        ("environment: {variables: {A B: c}}", "2: environment.variables.A B"),
        ("training: {extra: {array: 3}}", "2: training.extra: array is set by gtpt-study itself; leave it out"),
        ("training: {extra: {wrap: ls}}", "2: training.extra: wrap is set by gtpt-study itself; leave it out"),
        ("training: {extra: {mem: 3G}}", "2: training.extra: mem follows from the key memory_gb_per_task; use that"),
        ("training: {extra: {Mail_User: me}}", "2: training.extra.Mail_User"),
        ("training: {extra: {nice: 1.5}}", "2: training.extra.nice: words, a whole number, or true"),
        ("training: {time_limit_h: 12:00:00}", "2: training.time_limit_h: hours as a number are expected, such as 12"),
        ("training: {time_limit_h: 1-12:00:00}", "2: training.time_limit_h: hours as a number are expected"),
        ("training: {time_limit_h: 0}", "2: training.time_limit_h: hours as a number are expected"),
        ("packing: {runs_at_once: 3}", "2: packing: runs_at_once is 3, but a job has only 1 runs_per_job"),
        (
            "training: {extra: {clusters: other}}",
            "2: training.extra: clusters: jobs of other clusters would not be found",
        ),
        (
            "environment: {variables: {OMP_NUM_THREADS: 1}}",
            "2: environment.variables: the key cpus_per_task decides on OMP",
        ),
        ("limits: {max_array_size: 0}", "2: limits.max_array_size: input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_its_place(tmp_path: Path, wrong: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        loaded(tmp_path, wrong)
    told = str(caught.value)
    assert told.startswith(f"{tmp_path / 'cluster.yaml'}:{message}")
    assert "\n" not in told
    assert "more)" not in told  # one mistake in training is not told again for measuring


@pytest.mark.parametrize("kind", ["training", "measuring"])
def test_a_warning_comes_in_the_second_half_of_a_job(tmp_path: Path, kind: str) -> None:
    with pytest.raises(StudyError) as caught:
        loaded(tmp_path, f"rhythm: {{warn_before_end_s: 300}}\n{kind}: {{time_limit_h: {600 / 3600}}}")
    told = str(caught.value)
    assert f"warn_before_end_s is 300, but must be less than half of {kind}.time_limit_h, which is 600 s" in told
    assert "\n" not in told
    loaded(tmp_path, f"rhythm: {{warn_before_end_s: 299}}\n{kind}: {{time_limit_h: {600 / 3600}}}")


def test_a_limit_of_a_year_is_none() -> None:
    with pytest.raises(ValueError, match="at most 2160"):
        Resources(time_limit_h=8760)


def loaded(folder: Path, text: str) -> ClusterProfile:
    path = folder / "cluster.yaml"
    path.write_text(f"cluster: mine\n{text}\n", encoding="utf-8")
    return load_profile(path)
