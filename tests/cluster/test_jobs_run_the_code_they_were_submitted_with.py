"""A copy of the package is made for jobs that wait; it is what it was, and a job refuses to run any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gtpt_bench.cluster import code_copy, task
from gtpt_bench.cluster.code_copy import CodeCopy, fingerprint, keep_code
from gtpt_bench.cluster.task import Task
from gtpt_bench.errors import InputError, RunFailed
from gtpt_bench.files import read_json_file
from gtpt_bench.study import provenance
from gtpt_bench.study.provenance import code_in_words, code_version
from gtpt_bench.study.store import StudyFolder
from tests.cluster.simulated import works

VERSION_OF_COPY = """
import json, gtpt_bench
from gtpt_bench.study.provenance import code_version
print(json.dumps([gtpt_bench.__file__, code_version()]))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package in place of the real one."""
    folder = tmp_path / "source" / "package"
    (folder / "part").mkdir(parents=True)
    (folder / "__init__.py").write_text("one = 1\n")
    (folder / "part" / "table.yaml").write_text("two: 2\n")
    monkeypatch.setattr(code_copy, "package_folder", lambda: folder)
    return folder


def kept(tmp_path: Path) -> CodeCopy:
    return keep_code(tmp_path / "results")


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "copy_of.json"
    }


def test_the_copy_has_the_same_files_and_fingerprint(package: Path, tmp_path: Path) -> None:
    copy = kept(tmp_path)
    assert files(copy.folder / "package") == files(package)
    assert copy.fingerprint == fingerprint(package) == fingerprint(copy.folder / "package") == copy.folder.name
    assert list((tmp_path / "results" / ".code").iterdir()) == [copy.folder]


def test_the_same_code_is_kept_once(package: Path, tmp_path: Path) -> None:
    first = kept(tmp_path)
    when = first.folder.stat().st_mtime_ns
    assert kept(tmp_path) == first
    assert first.folder.stat().st_mtime_ns == when


def test_changed_code_is_another_copy_and_the_first_stays(package: Path, tmp_path: Path) -> None:
    first = kept(tmp_path)
    (package / "__init__.py").write_text("one = 11\n")
    second = kept(tmp_path)
    assert second.folder != first.folder
    assert (first.folder / "package" / "__init__.py").read_text() == "one = 1\n"
    assert fingerprint(first.folder / "package") == first.fingerprint


@pytest.mark.parametrize("name", ["__pycache__/a.pyc", "part/__pycache__/b.pyc", "copy_of.json"])
def test_what_running_it_leaves_is_no_change(name: str, package: Path, tmp_path: Path) -> None:
    before = fingerprint(package)
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("something")
    assert fingerprint(package) == before
    assert "__pycache__" not in {path.name for path in kept(tmp_path).folder.rglob("*")}


@pytest.mark.parametrize("change", ["content", "a name", "a new file", "a file less", "content moved to another file"])
def test_anything_else_is(change: str, package: Path) -> None:
    before = fingerprint(package)
    table = package / "part" / "table.yaml"
    if change == "content":
        table.write_text("two: 3\n")
    elif change == "a name":
        table.rename(package / "part" / "tables.yaml")
    elif change == "a new file":
        (package / "new.py").touch()
    elif change == "a file less":
        table.unlink()
    else:
        (package / "__init__.py").write_text("")
        table.write_text("one = 1\ntwo: 2\n")
    assert fingerprint(package) != before


def test_a_mark_that_an_editor_leaves_beside_an_open_file_is_no_obstacle(package: Path, tmp_path: Path) -> None:
    before = fingerprint(package)
    (package / ".#__init__.py").symlink_to("somebody@somewhere.1234")
    assert kept(tmp_path).fingerprint == before


def test_a_copy_that_was_tampered_with_is_refused(package: Path, tmp_path: Path) -> None:
    copy = kept(tmp_path)
    (copy.folder / "package" / "__init__.py").write_text("one = 111\n")
    with pytest.raises(InputError, match=r"is not the code it is named after; remove that folder") as caught:
        kept(tmp_path)
    assert str(copy.folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_half_a_copy_is_none(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            kept(tmp_path)
    assert list((tmp_path / "results" / ".code").iterdir()) == []
    assert fingerprint(kept(tmp_path).folder / "package") == fingerprint(package)


def test_a_results_folder_that_cannot_be_written_is_one_line(package: Path, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(InputError, match="cannot copy the code to ") as caught:
        kept(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_results_folder_that_ends_a_path_in_the_middle_is_refused(package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jobs find their code by PYTHONPATH, where : ends a path; choose another"):
        keep_code(tmp_path / "12:30")
    assert not (tmp_path / "12:30").exists()


def test_inside_a_copy_the_code_version_is_that_of_the_original(tmp_path: Path) -> None:
    """Records of jobs name the commit, which a copy has not."""
    copy = kept(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-c", VERSION_OF_COPY],
        env={**os.environ, "PYTHONPATH": str(copy.folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    file, version = json.loads(answer.stdout)
    assert Path(file).parents[1] == copy.folder
    assert version == code_version()
    assert fingerprint(copy.folder / "gtpt_bench") == copy.fingerprint


def test_a_job_refuses_to_run_other_code_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "fingerprint", lambda package: "ccc")
    study = StudyFolder(tmp_path / "study")
    runs = tuple(works(2))
    job = Task(study.path, runs, code="abc", threads=1, at_once=1, scratch="", time_limit_min=60, warn_before_end_s=120)
    with pytest.raises(RunFailed, match="is ccc now, but was abc when this job was submitted"):
        job()
    for work in runs:
        told = read_json_file(work.job_folder(study).error)
        assert told
        assert told["kind"] == "code"


def test_the_first_line_of_a_log_names_version_and_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "code_version", lambda: {"version": "1.0", "commit": "0123456789ab", "dirty": True})
    assert code_in_words() == "gtpt_bench 1.0, commit 0123456789, with uncommitted changes"
