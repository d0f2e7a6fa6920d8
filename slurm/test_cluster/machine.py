"""What the machine must have before a cluster can start."""

from __future__ import annotations

import os
import shutil

from errors import ClusterError

PACKAGES = ("slurm-wlm", "munge", "mariadb-server", "slurmdbd")
PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sacctmgr", "sinfo")
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian puts daemons; not every user's PATH has them."""


def check_machine() -> None:
    """Refuse what cannot work.

    Raises:
        ClusterError: not root, or a program is missing; the message names the command that installs it.
    """
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        raise ClusterError(f"not installed: {', '.join(missing)} (Debian: apt-get install {' '.join(PACKAGES)})")
    if os.geteuid() != 0:
        raise ClusterError("a test cluster needs root: slurmd starts jobs as their users")


def search_path() -> str:
    """PATH with the folders of daemons."""
    return f"{os.environ.get('PATH', '/usr/bin:/bin')}:{SYSTEM_FOLDERS}"


def program(name: str) -> str | None:
    """Where a program is, if it is anywhere."""
    return shutil.which(name, path=search_path())
