"""The number of faults that the documentation states is what the tests have noted, not what somebody counted."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.cluster.faults import FAULT, Injects, faults_of, summary


def report(
    name: str,
    *kinds: str,
    outcome: Literal["passed", "failed"] = "passed",
    when: Literal["setup", "call", "teardown"] = "call",
) -> pytest.TestReport:
    noted: list[tuple[str, object]] = [("seconds", 3), *((FAULT, kind) for kind in kinds)]
    return pytest.TestReport(name, ("file", 1, name), {}, outcome, None, when, user_properties=noted)


def test_what_a_test_injects_stands_in_its_report(request: pytest.FixtureRequest, injects: Injects) -> None:
    injects("node down")
    injects("node down")
    assert request.node.user_properties == 2 * [(FAULT, "node down")]
    request.node.user_properties.clear()  # nothing was hurt


def test_faults_of_all_tests_are_counted_once_by_kind() -> None:
    found = summary(
        [
            report("a", "node down", "worker killed"),
            report("a", "node down", "worker killed", when="teardown"),
            report("b", "worker killed"),
            report("c"),
        ]
    )
    assert found == ["faults injected: 3, tests that did: 2; lost: nothing", "  2 worker killed", "  1 node down"]


@pytest.mark.parametrize(
    "of_b",
    [
        [report("b", "node down", outcome="failed")],
        [report("b", "node down"), report("b", "node down", outcome="failed", when="teardown")],
    ],
)
def test_a_test_that_failed_is_what_was_lost(of_b: list[pytest.TestReport]) -> None:
    assert summary([report("a", "node down"), *of_b])[0] == "faults injected: 2, tests that did: 2; lost: see b"


@pytest.mark.parametrize("when", ["setup", "???"])
def test_so_is_one_that_never_came_to_its_faults(when: Any) -> None:
    """Its process crashed, as xdist tells it, or what it needs did not come about."""
    found = summary([report("a", "node down"), report("b", outcome="failed", when=when)])
    assert found[0] == "faults injected: 1, tests that did: 1; lost: see b"


def test_a_session_without_faults_says_nothing_of_them() -> None:
    assert summary([report("a"), report("b", outcome="failed")]) == []
    assert faults_of(report("a")) == []
