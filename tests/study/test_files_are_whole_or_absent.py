"""Results on disk: written whole or not at all, and read only if they are what was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtpt_bench.errors import InputError
from gtpt_bench.files import read_text, replacing, write_json
from gtpt_bench.study.store import SCHEMA, read_record

RECORD = {"schema": SCHEMA, "step": "train", "signature": "abc", "status": "done", "metrics": {"loss": 0.5}}
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_json(tmp_path / "train.json", RECORD)
    assert read_record(tmp_path / "train.json", "abc") == RECORD
    assert read_record(tmp_path / "train.json") == RECORD


@pytest.mark.parametrize("other", [{"signature": "abd"}, {"schema": SCHEMA + 1}, {"schema": None}], ids=str)
def test_a_record_of_something_else_is_no_record(other: dict[str, object], tmp_path: Path) -> None:
    write_json(tmp_path / "train.json", RECORD | other)
    assert read_record(tmp_path / "train.json", "abc") is None


@SAME_FOLDER
@given(share=st.floats(0, 0.99))
def test_half_a_record_is_no_record(share: float, tmp_path: Path) -> None:
    whole = json.dumps(RECORD)
    (tmp_path / "train.json").write_text(whole[: int(share * len(whole))])
    assert read_record(tmp_path / "train.json", "abc") is None


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"[1, 2]", b'"done"'])
def test_other_content_is_no_record(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "train.json").write_bytes(content)
    assert read_record(tmp_path / "train.json") is None


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path / "train.json") is None


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("ne")
        assert path.read_text() == "old"
        beside.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"old": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"new": float("nan")})
    with pytest.raises(UnicodeEncodeError), replacing(path) as beside:
        beside.write_text("half\ud800", encoding="utf-8")
    assert json.loads(path.read_text()) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_killed_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, RECORD)
    program = (
        "import os, signal; from pathlib import Path; from gtpt_bench.files import replacing\n"
        f"with replacing(Path({str(path)!r})) as beside:\n"
        "    beside.write_text('half of it')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == -9
    assert read_record(path, "abc") == RECORD


def test_what_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file.json").mkdir()
    (tmp_path / "file.json" / "in the way").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*file\.json") as caught:
        write_json(tmp_path / "file.json", {})
    assert "\n" not in str(caught.value)


@given(content=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4))
@SAME_FOLDER
def test_packed_files_hold_the_same_and_equal_content_is_equal_bytes(
    content: dict[str, object], tmp_path: Path
) -> None:
    one, other = tmp_path / "one.json.gz", tmp_path / "other.json.gz"
    write_json(one, content)
    write_json(other, content)
    assert json.loads(read_text(one)) == content
    assert one.read_bytes() == other.read_bytes()
