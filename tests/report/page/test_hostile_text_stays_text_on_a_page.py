"""Whatever somebody else has written reaches the page as text: no markup, no script, no formula, no colour codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gtpt_bench.report.page.failures import clean, end_of_log
from gtpt_bench.report.page.gallery import gallery
from gtpt_bench.report.page.html import as_script_data
from tests.report.made import Made
from tests.report.page.made_page import HOSTILE, document_in, page_of, study_with_everything


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return study_with_everything(tmp_path_factory.mktemp("hostile"), text=HOSTILE)


@given(text=st.text(max_size=40))
@example(text="</script><script>alert(1)</script>")
@example(text="<!--<script>")
@example(text="]]>&lt;\u2028\u2029\ud800"[:-1])
def test_json_in_a_script_element_cannot_end_it_and_reads_back(text: str) -> None:
    written = as_script_data({text: [text]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {text: [text]}


def test_no_markup_of_a_study_reaches_the_page(made: Made) -> None:
    page = page_of(made)
    elements = re.findall(r"<(script|img)\b", page.partition("function el(")[0])
    assert elements == ["script"] * 3
    assert "window.broken=1</script>" not in page


def test_the_document_has_the_words_as_they_were(made: Made) -> None:
    document = document_in(page_of(made))
    (failure,) = document["failures"]
    assert document["title"] == HOSTILE
    assert document["question"] == f"What of {HOSTILE}?"
    assert failure["reason"] == f"the loss is no number {HOSTILE}"
    assert failure["log"].endswith(f"the end {HOSTILE}")
    assert document["tokens"]["pictures"][0]["caption"] == f"Tokens that survive {HOSTILE}"
    assert f"Their net {HOSTILE} dense" in document["tables"]["results"]["names"]


def test_a_log_ends_with_its_last_lines_without_colours_or_overwritten_progress(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"first\n" + b"x" * 7000 + b"\nstep 1\rstep 2\r\n\x1b[31mred\x1b[0m \x00\xff end\n")
    assert end_of_log(log) == "step 2\nred � end"
    assert end_of_log(tmp_path / "absent.txt") == ""


def test_a_log_of_one_endless_line_shows_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("x" * 20_000 + "the end")
    assert end_of_log(log).endswith("xthe end")


def test_a_log_shows_forty_lines(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("".join(f"line {n}\n" for n in range(100)), encoding="utf-8")
    assert end_of_log(log).splitlines() == [f"line {n}" for n in range(60, 100)]


@given(text=st.text(max_size=60))
def test_clean_text_has_no_control_signs_left(text: str) -> None:
    assert not [sign for sign in clean(text) if ord(sign) < 32 and sign not in "\n\t"]


def test_pictures_that_have_no_room_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"small")
    (folder / "b.png").write_bytes(bytes(4_000_000))
    shown = gallery(tmp_path)
    assert shown is not None
    assert [picture["name"] for picture in shown["pictures"]] == ["a.png"]
    assert shown["left_out"] == ["tokens/b.png"]


def test_no_pictures_no_gallery(tmp_path: Path) -> None:
    assert gallery(tmp_path) is None
