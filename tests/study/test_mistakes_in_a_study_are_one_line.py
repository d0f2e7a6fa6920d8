"""A study file with a mistake is refused before anything runs: one line with file, line, key and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.errors import StudyError
from gtpt_bench.models import list_models
from gtpt_bench.study.yaml_source import read_yaml
from tests.study.small_study import Workplace

STUDY = """\
study: mini
model: gtpt_tiny_coco
accuracy:
  model: gtpt_tiny_coco
  data: drawn
  training: {preset: quick, epochs: 1}
vary:
  variants:
    none: {pruning.keep_rates: [1, 1, 1, 1]}
    hard:
      pruning.keep_rates: [1, 0.7, 0.3, 0.1]
seeds: [0]
"""


def refusal(place: Workplace, text: str, *changes: str, **options: object) -> str:
    place.write(text)
    with pytest.raises(StudyError) as caught:
        place.open(*changes, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == 2
    return message


def with_mistake(right: str, wrong: str) -> str:
    assert STUDY.count(right) == 1
    return STUDY.replace(right, wrong)


MISTAKES = {
    # what is wrong: (right, wrong, line, words of the message)
    "unknown key": ("seeds:", "seed:", 12, ["seed: unknown key", "did you mean 'seeds'?", "allowed: study, title"]),
    "unknown key inside": ("epochs: 1", "epoch: 1", 6, ["accuracy.training.epoch:", "'epochs'", "batch_size"]),
    "wrong type": ("epochs: 1", "epochs: many", 6, ["accuracy.training.epochs:", "valid integer", "'many'"]),
    "out of range": ("epochs: 1", "epochs: 0", 6, ["accuracy.training.epochs:", "greater than or equal to 1", "0"]),
    "infinite": ("epochs: 1", "learning_rate: .inf", 6, ["learning_rate:", "finite", "inf"]),
    "not a number": ("epochs: 1", "learning_rate: .nan", 6, ["learning_rate:", "finite", "nan"]),
    "unknown training preset": ("preset: quick", "preset: quik", 6, ["'quik'", "paper, paper_corrected, quick"]),
    "preset that is a list": ("preset: quick", "preset: [quick]", 6, ["['quick']", "paper, paper_corrected, quick"]),
    "unknown data preset": ("data: drawn", "data: drwn", 5, ["accuracy.data:", "'drwn'", "coco, mpii, drawn"]),
    "unknown kind of data": ("data: drawn", "data: {kind: drwn}", 5, ["accuracy.data:", "'drwn'", "coco, mpii, drawn"]),
    "keep rate above 1": ("0.7, 0.3", "1.7, 0.3", 11, ["'hard'", "keep_rates.1", "less than or equal to 1", "1.7"]),
    "keep rate of 0": ("0.1]", "0]", 11, ["'hard'", "keep_rates.3", "greater than 0", "got 0"]),
    "negative keep rate": ("0.1]", "-0.1]", 11, ["'hard'", "keep_rates.3", "greater than 0", "-0.1"]),
    "growing keep rates": ("0.7, 0.3", "0.3, 0.7", 11, ["'hard'", "cannot come back", "at most the one before"]),
    "three keep rates": (
        "0.3, 0.1]",
        "0.3]",
        11,
        ["'hard'", "pruning.keep_rates has 3 rates", "stage_depths", "4 (one a stage)"],
    ),
    "no token left": ("0.1]", "0.0001]", 11, ["'hard'", "pruning.keep_rates", "needs 1", "use at least"]),
    "change of nothing": ("      pruning.keep", "      prunning.keep", 11, ["'hard'", "prunning", "'pruning'"]),
    "change that is no mapping": ("hard:\n      pruning.keep_rates: [1, 0.7, 0.3, 0.1]", "hard: 3", 10, ["hard", "3"]),
    "no seeds": ("seeds: [0]", "seeds: []", 12, ["seeds:", "at least 1"]),
    "negative seed": ("seeds: [0]", "seeds: [-1]", 12, ["seeds.0:", "greater than or equal to 0", "-1"]),
    "a seed twice": ("seeds: [0]", "seeds: [4, 5, 4]", 12, ["seeds:", "twice", "[4, 5, 4]"]),
    "name with a slash": ("study: mini", "study: a/b", 1, ["study:", "letters, digits, space . + - _", "'a/b'"]),
    "name that leads out": ("study: mini", "study: '..'", 1, ["study:", "more than dots", "'..'"]),
    "variant that leads out": ("    none:", "    '../none':", 9, ["../none", "letters, digits"]),
    "baseline that is no variant": ("seeds:", "report: {baseline: nne}\nseeds:", 12, ["'nne'", "none, hard"]),
    "training what is no variant": ("data: drawn", "data: drawn\n  only: [nne]", 6, ["accuracy.only", "none, hard"]),
    "unknown profile": ("seeds:", "profiles: {fast: {}}\nseeds:", 12, ["profiles:", "quick and paper"]),
    "profile that is no mapping": ("seeds:", "profiles: {quick: 3}\nseeds:", 12, ["profiles.quick:", "mapping"]),
    "unclosed list": ("seeds: [0]", "seeds: [0", 13, ["not valid YAML"]),
    "tab": ("  data: drawn", "\tdata: drawn", 5, ["not valid YAML", r"'\t'"]),
    "key twice": ("seeds:", "study: other\nseeds:", 12, ["'study'", "twice"]),
    "key twice inside": ("epochs: 1", "epochs: 1, epochs: 2", 6, ["'epochs'", "twice"]),
    "control character": ("study: mini", "study: mi\x01ni", 1, ["not valid YAML", "#x0001"]),
    "unknown tag": ("study: mini", "study: !name mini", 1, ["not valid YAML", "!name"]),
    "date that does not exist": ("study: mini", "study: 2024-13-01", 1, ["'2024-13-01'", "month"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_line_names_place_key_and_what_is_allowed(mistake: str, place: Workplace) -> None:
    right, wrong, line, words = MISTAKES[mistake]
    message = refusal(place, with_mistake(right, wrong))
    assert message.startswith(f"{place.study_file}:{line}: ")
    assert [word for word in words if word not in message] == []


def test_the_study_without_a_mistake_is_planned(place: Workplace) -> None:
    place.write(STUDY)
    assert place.open().plan.variants == ("none", "hard")


@pytest.mark.parametrize(("key", "line"), [("model", 2), ("accuracy.model", 4)])
def test_an_unknown_model_is_answered_with_the_nearest_and_where_all_are_listed(
    key: str, line: int, place: Workplace
) -> None:
    lines = STUDY.splitlines()
    lines[line - 1] = lines[line - 1].replace("tiny_coco", "tiny_coca")
    message = refusal(place, "\n".join(lines))
    assert message.startswith(f"{place.study_file}:{line}: {key}: unknown model 'gtpt_tiny_coca'")
    assert "did you mean gtpt_tiny_coco" in message
    assert message.endswith(f"gtpt-study models lists all {len(list_models())}")


def test_fewer_tokens_than_a_groups_dense_tokens_need_are_refused_with_the_least_rate(place: Workplace) -> None:
    """Whole bodies: the largest group's dense tokens need image slots in the last two stages."""
    text = STUDY.replace("gtpt_tiny_coco", "gtpt_tiny_wholebody").replace("0.7, 0.3, 0.1]", "0.7, 0.01, 0.01]")
    text = text.replace("  data: drawn\n", "  data: drawn\n  only: [none]\n")
    message = refusal(place, text)
    least = re.search(
        r"group '\w+' needs (\d+) for the dense tokens of keypoints wholebody; use at least ([\d.]+)", message
    )
    assert least
    place.write(text.replace("0.01, 0.01", f"{least[2]}, {least[2]}"))
    assert "hard" in place.open().plan.variants


def test_mistakes_after_the_first_are_counted(place: Workplace) -> None:
    message = refusal(place, with_mistake("epochs: 1", "epochs: 0, batch_size: 0, sigma_bins: 0"))
    assert message.endswith("(and 2 more)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("seeds", "write key=value"),
        ("seeds=[0", "cannot be read as a value"),
        ("title=2024-13-01", "cannot be read as a value"),
        ("accuracy.training.epoch=3", "did you mean 'epochs'?"),
        ("seeds=[0,0]", "twice"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line_too(change: str, words: str, place: Workplace) -> None:
    assert words in refusal(place, STUDY, change)


def test_wrong_split_of_real_data_is_told_like_any_other_mistake(place: Workplace) -> None:
    message = refusal(place, with_mistake("data: drawn", "data: {kind: drawn, train: 5}"), data_root=place.path)
    assert message.startswith(f"{place.study_file}:5: accuracy.data.train:")


@pytest.mark.parametrize("content", [b"", b"- a\n- b\n", b"question: \xe9\n", b"a: &a {b: *a}\n"])
def test_files_that_hold_no_study_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=re.escape(str(path))) as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="does not exist"):
        read_yaml(tmp_path / "none.yaml")


def read_or_refused(path: Path) -> dict[str, object] | str:
    try:
        return read_yaml(path).content
    except StudyError as error:
        return str(error)


@given(text=st.text("ab01.:{}[],&*!%|>-?'\"#~<=\n\t \x01\x85é", max_size=30))
def test_whatever_the_file_holds_it_is_read_or_refused_in_one_line(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "anything.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    answer = read_or_refused(path)
    assert isinstance(answer, dict) or (answer.startswith(str(path)) and "\n" not in answer)
