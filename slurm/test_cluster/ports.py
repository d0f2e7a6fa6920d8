"""TCP ports that nobody listens on."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass

from errors import ClusterError

BELOW_OUTGOING = range(20_000, 32_000)
"""Outgoing connections take their ports from 32768 upwards (Linux' default), so none of these is taken by chance."""


@dataclass(frozen=True)
class Ports:
    """The TCP ports of a cluster."""

    slurmctld: int
    slurmdbd: int
    slurmd: list[int]
    """One for each node."""


def choose_ports(nodes: int) -> Ports:
    """Ports that are free now, different for every daemon.

    Raises:
        ClusterError: there are not as many.
    """
    slurmctld, slurmdbd, *slurmd = _free_ports(2 + nodes)
    return Ports(slurmctld, slurmdbd, slurmd)


def _free_ports(number: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(BELOW_OUTGOING, len(BELOW_OUTGOING)):
        if len(found) == number:
            return found
        if _is_free(port):
            found.append(port)
    raise ClusterError(f"no {number} free TCP ports between {BELOW_OUTGOING.start} and {BELOW_OUTGOING.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
