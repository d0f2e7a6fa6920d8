"""How processes on several nodes reach the first of them: by its name, or as SLURM itself does. Torch-free."""

from __future__ import annotations

import re
import socket
import subprocess

from gtpt_bench.errors import InputError

ANSWER_WITHIN_S = 30.0


def address_of(node: str) -> str:
    """The name of a node where it can be looked up, or else the address by which SLURM reaches it (NodeAddr).

    Raises:
        InputError: there is neither.
    """
    if _is_known(node):
        return node
    if (address := _told_by_slurm(node)) and _is_known(address):
        return address
    raise InputError(
        f"the name of node {node} cannot be looked up from {socket.gethostname()}, and SLURM has no address for it; "
        "set MASTER_ADDR in environment.variables of the cluster's profile, or ask the administrators"
    )


def _is_known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _told_by_slurm(node: str) -> str:
    try:
        command = ("scontrol", "show", "node", node, "--oneliner")
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\bNodeAddr=(\S+)", answer.stdout)
    return found[1] if found else ""
