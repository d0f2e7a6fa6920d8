"""Faults that tests inject into studies on a real SLURM: counted where they happen, told at the end of the session.

A plugin of pytest that tests/conftest.py loads. What a test notes stands in its report, and so comes from the processes
of xdist to the one that tells. A study that lost something fails its test, so the tests that failed are the losses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

import pytest

FAULT = "fault"

Injects = Callable[[str], None]
"""Called with the kind of a fault, once for each, beside the line that brings it about."""


@pytest.fixture
def injects(record_property: Callable[[str, object], None]) -> Injects:
    return partial(record_property, FAULT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [report for reports in terminalreporter.stats.values() for report in reports]
    lines = summary(report for report in told if isinstance(report, pytest.TestReport))
    if lines:
        terminalreporter.section("faults injected into studies on a real SLURM")
        for line in lines:
            terminalreporter.line(line)


def summary(reports: Iterable[pytest.TestReport]) -> list[str]:
    """How many faults of which kinds there were, and what was lost; nothing if there were none."""
    all_reports = list(reports)
    ran = [report for report in all_reports if report.when == "call"]  # others of the same test repeat its faults
    by_test = {report.nodeid: kinds for report in ran if (kinds := faults_of(report))}
    if not by_test:
        return []
    kinds = Counter(kind for of_one in by_test.values() for kind in of_one)
    failed = sorted({report.nodeid for report in all_reports if report.failed})  # one that crashed noted nothing
    lost = f"see {', '.join(failed)}" if failed else "nothing"
    return [
        f"faults injected: {kinds.total()}, tests that did: {len(by_test)}; lost: {lost}",
        *(f"{number:3d} {kind}" for kind, number in kinds.most_common()),
    ]


def faults_of(report: pytest.TestReport) -> list[str]:
    return [str(kind) for name, kind in report.user_properties if name == FAULT]
