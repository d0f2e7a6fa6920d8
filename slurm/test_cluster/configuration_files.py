"""Write the configuration, the key and the empty database into the cluster's folder."""

from __future__ import annotations

import secrets
from pathlib import Path

from configuration import cgroup_conf, database_conf, gres_conf, slurm_conf, slurmdbd_conf
from daemons import run
from folder import Folder
from record import Record
from settings import Settings

MUNGE_KEY_BYTES = 128


def write_configuration(record: Record, folder: Folder) -> None:
    """Write all configuration files, and a key if there is none yet."""
    _write(folder.slurm_conf, slurm_conf(record, folder))
    _write(folder.gres_conf, gres_conf(record.settings, folder))
    _write(folder.database_conf, database_conf(folder))
    _write(folder.slurmdbd_conf, slurmdbd_conf(record, folder), mode=0o600)  # slurmdbd insists
    if record.memory_cgroup is not None:
        _write(folder.cgroup_conf, cgroup_conf(folder))
    for node in record.settings.node_names:
        (folder.spool / node).mkdir(exist_ok=True)
    _make_gpus(record.settings, folder)
    if not folder.munge_key.exists():
        folder.munge_key.touch(mode=0o400)
        folder.munge_key.write_bytes(secrets.token_bytes(MUNGE_KEY_BYTES))


def prepare_database(folder: Folder) -> None:
    """An empty database, unless there is one."""
    if (folder.database / "mysql").is_dir():
        return
    run(
        folder,
        "mariadb-install-db",
        f"--defaults-file={folder.database_conf}",
        "--auth-root-authentication-method=normal",  # root without password: the socket lies in a private folder
        "--skip-test-db",
        "--skip-name-resolve",
    )


def _make_gpus(settings: Settings, folder: Folder) -> None:
    """What stands for GPUs: SLURM wants character devices, and never opens them."""
    for number in range(settings.gpus):
        gpu = folder.gpus / f"gpu{number}"
        gpu.unlink(missing_ok=True)
        gpu.symlink_to("/dev/null")


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    path.touch(mode=mode)
    path.write_text(text, encoding="utf-8")
