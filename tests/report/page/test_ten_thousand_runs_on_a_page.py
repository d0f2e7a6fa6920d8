"""A page of 10,000 runs opens and sorts while one waits, and stays a file that can be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.report.contents import contents
from gtpt_bench.report.page.write import write_page
from tests.report.page.conftest import Open
from tests.study.conftest import _finished  # noqa: F401 - a fixture
from tests.study.fabricated import Template, fabricate, opened, write_study
from tests.study.small_study import Workplace

pytestmark = pytest.mark.long

MOST_BYTES = 8_000_000
MOST_MS = 2000

SORTED_MS = """() => {
  const before = performance.now();
  document.querySelector('#results th[data-key="ap"] button').click();
  document.body.getBoundingClientRect();
  return performance.now() - before;
}"""


@pytest.fixture(scope="module", params=[(2000, 5), (100, 100)], ids=["2,000 variants", "100 seeds"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _finished: Workplace) -> Path:  # noqa: F811
    num_variants, num_seeds = request.param
    file = write_study(tmp_path_factory.mktemp("many"), num_variants=num_variants, num_seeds=num_seeds)
    session = opened(file)
    fabricate(session.plan, session.folder, Template.of(_finished))
    return write_page(session.plan, session.folder, contents(session.plan, session.folder))


def test_it_can_be_sent(page: Path) -> None:
    assert page.stat().st_size < MOST_BYTES


def test_it_opens_and_sorts_in_two_seconds(page: Path, visit: Open) -> None:
    seen = visit(page, ready="html[data-ready]")
    assert seen.page.evaluate("performance.getEntriesByName('table')[0].startTime") < MOST_MS
    seen.page.wait_for_selector("html[data-ready=charts]", timeout=60_000)
    assert seen.page.evaluate(SORTED_MS) < MOST_MS
    shown = [float(text.split()[0]) for text in seen.column("ap")]
    assert shown == sorted(shown)
