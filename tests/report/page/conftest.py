"""A real Chromium, Debian's, driven by Playwright; in CI its absence is a failure, elsewhere a reason to skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

READY = "html[data-ready=charts]"


@dataclass
class Visit:
    """A page that was opened, and what it has said since.

    Attributes:
        complaints: errors and warnings of its console, errors of its scripts.
        requests: to anywhere but the file itself.
    """

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        content: str = self.page.locator(selector).first.inner_text()
        return content

    def names(self) -> list[str]:
        """Of the rows that the results show."""
        names: list[str] = self.page.locator("#results tbody th button").all_inner_texts()
        return names

    def column(self, key: str) -> list[str]:
        texts: list[str] = self.page.locator(f'#results tbody td[data-key="{key}"]').all_inner_texts()
        return texts

    def until(self, selector: str, number: int) -> None:
        """Wait until there are so many elements."""
        from playwright.sync_api import expect

        expect(self.page.locator(selector)).to_have_count(number)


Open = Callable[..., Visit]


def missing(reason: str) -> None:
    if os.environ.get("GTPT_BENCH_REAL_PARTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium")
    if program is None:
        missing("chromium is not installed (Debian: chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed (pip install 'gtpt-bench[test]')")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # root has none
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """Opens a file as a person does; whatever it complained of, or asked the network for, fails the test."""
    visits: list[Visit] = []

    def opened(file: Path, *, width: int = 1440, scheme: str = "light", ready: str = READY) -> Visit:
        visit = Visit(
            browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
        )
        visits.append(visit)
        visit.page.on("console", lambda said: said.type in ("error", "warning") and visit.complaints.append(said.text))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on(
            "request", lambda sent: sent.url.startswith(("file:", "data:", "blob:")) or visit.requests.append(sent.url)
        )
        visit.page.goto(file.as_uri())
        visit.page.wait_for_selector(ready, timeout=60_000)
        return visit

    yield opened
    for visit in visits:
        visit.page.close()
        assert visit.complaints == []
        assert visit.requests == []
