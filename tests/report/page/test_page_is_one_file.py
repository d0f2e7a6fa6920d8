"""The page works from disk, offline: nothing in it asks for anything, and only its own scripts may run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gtpt_bench.cli.main import app
from gtpt_bench.report.page import html as page_html_module
from tests.report.made import Made
from tests.report.page.made_page import document_in, document_of, page_of, study_with_everything

MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return study_with_everything(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return page_of(made)


def scripts(page: str) -> list[tuple[str, str]]:
    """Attributes and content of each script element."""
    return re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)


def test_it_is_small_enough_to_be_sent(page: str) -> None:
    assert len(page.encode()) < MOST_BYTES


def test_nothing_in_it_leads_elsewhere(page: str) -> None:
    assert not re.search(r"""(src|href)=(?!"#|"data:,)""", page.partition("<script")[0])
    assert not re.search(r"""@import|url\(|https?://""", page)


def test_its_policy_lets_its_own_scripts_run_and_nothing_else(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    allowed = html.unescape(policy)
    assert allowed.startswith("default-src 'none'; script-src 'sha256-")
    data, library, script = scripts(page)
    run = [script[1], gzip.decompress(base64.b64decode(library[1])).decode()]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in run}
    (script_part,) = re.findall(r"script-src ([^;]*);", allowed)
    assert set(script_part.split()) == hashes
    assert "application/json" in data[0]


def test_equal_records_give_equal_bytes(page: str, made: Made) -> None:
    assert page_of(made) == page


def test_large_documents_are_packed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_html_module, "LARGE", 100)
    packed = page_of(made)
    assert 'type="application/gzip" id="document"' in packed
    assert document_in(packed)["title"] == document_of(made)["title"]


def test_the_command_says_where_it_is(made: Made) -> None:
    results = str(made.folder.path.parent)
    answer = CliRunner().invoke(app, ["report", "made", "--results", results, "--html"])
    assert answer.exit_code == 0, answer.output
    (line,) = (line for line in answer.output.splitlines() if line.startswith("Page: "))
    assert Path(line.removeprefix("Page: ")).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_report_without_it_removes_the_page_of_an_earlier_one(made: Made) -> None:
    command = ["report", "made", "--results", str(made.folder.path.parent)]
    assert CliRunner().invoke(app, [*command, "--html"]).exit_code == 0
    (page,) = made.folder.path.rglob("page.html")
    assert CliRunner().invoke(app, command).exit_code == 0
    assert not page.exists()
