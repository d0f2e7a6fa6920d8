"""The account that users of the cluster submit from, with its limits."""

from __future__ import annotations

from configuration import ACCOUNT, CLUSTER
from daemons import run
from folder import Folder
from settings import Settings

NO_LIMIT = -1


def add_account(settings: Settings, folder: Folder) -> None:
    """Make the cluster, its account and user root known to slurmdbd; if they are known, only the limit is set."""
    limit = f"MaxSubmitJobs={settings.max_submit_jobs or NO_LIMIT}"
    shown = ("--noheader", "--parsable2", "show", "associations", "format=cluster,account,user")
    if f"{CLUSTER}|{ACCOUNT}|root" in run(folder, "sacctmgr", *shown).splitlines():
        run(folder, "sacctmgr", "--immediate", "modify", "user", "root", "set", limit)
        return
    run(folder, "sacctmgr", "--immediate", "add", "cluster", CLUSTER)
    run(folder, "sacctmgr", "--immediate", "add", "account", ACCOUNT, f"Cluster={CLUSTER}")
    user = ("root", f"Account={ACCOUNT}", f"DefaultAccount={ACCOUNT}")
    run(folder, "sacctmgr", "--immediate", "add", "user", *user, limit)
