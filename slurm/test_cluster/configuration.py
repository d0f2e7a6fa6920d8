"""The texts of the configuration files. Pure: from a cluster's record and folder to text.

An empty value (`SlurmctldParameters=`) is a parse error in SLURM, so no line is without one.
"""

from __future__ import annotations

import socket

from folder import Folder
from record import Record
from settings import Settings

CLUSTER = "test"
ACCOUNT = "lab"
LOW, HIGH = "low", "high"


def slurm_conf(record: Record, folder: Folder) -> str:
    """The configuration that daemons and commands share."""
    parts = [
        _who_and_where(record, folder),
        _accounting(record, folder),
        _memory_limit(record),
        _jobs(record.settings),
        _rhythm(),
        _nodes(record),
        _partitions(record.settings),
    ]
    return "".join(f"{line}\n" for part in parts for line in part)


def gres_conf(settings: Settings, folder: Folder) -> str:
    """The GPUs of every node. Each has a device file, so that jobs are given numbers (CUDA_VISIBLE_DEVICES=0,1)."""
    if not settings.gpus:
        return ""
    return f"AutoDetect=off\nName=gpu Type={settings.gpu_type} File={folder.gpus}/gpu[0-{settings.gpus - 1}]\n"


def cgroup_conf(folder: Folder) -> str:
    """How task/cgroup limits memory."""
    return f"""\
CgroupPlugin=cgroup/v1
CgroupMountpoint={folder.cgroups}
ConstrainRAMSpace=yes
"""


def slurmdbd_conf(record: Record, folder: Folder) -> str:
    """The accounting daemon. It finds the database's socket by MYSQL_UNIX_PORT in its environment."""
    return f"""\
AuthType=auth/munge
AuthInfo=socket={folder.munge_socket}
DbdHost=localhost
DbdPort={record.ports.slurmdbd}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_accounting
PidFile={folder.path}/slurmdbd.pid
LogFile={folder.log("slurmdbd")}
CommitDelay=1
"""


def database_conf(folder: Folder) -> str:
    """A small MariaDB that listens on its socket alone and does not wait for the disk: it is gone after the test."""
    return f"""\
[mysqld]
user=root
datadir={folder.database}
socket={folder.database_socket}
pid-file={folder.path}/mariadb.pid
skip-networking
skip-name-resolve
performance-schema=off
innodb-buffer-pool-size=32M
innodb-data-file-path=ibdata1:4M:autoextend
innodb-log-file-size=8M
innodb-flush-log-at-trx-commit=0
innodb-flush-method=nosync
innodb-doublewrite=off
innodb-use-native-aio=off
innodb-lock-wait-timeout=900
"""


def _who_and_where(record: Record, folder: Folder) -> list[str]:
    return [
        f"ClusterName={CLUSTER}",
        f"SlurmctldHost={_host()}(127.0.0.1)",
        f"SlurmctldPort={record.ports.slurmctld}",
        "SlurmUser=root",
        "SlurmdUser=root",
        "AuthType=auth/munge",
        f"AuthInfo=socket={folder.munge_socket},cred_expire=5",  # a job that is requeued waits as many seconds
        "CredType=cred/munge",
        f"StateSaveLocation={folder.controller_state}",
        f"SlurmdSpoolDir={folder.spool}/%n",
        f"SlurmctldPidFile={folder.path}/slurmctld.pid",
        f"SlurmdPidFile={folder.path}/%n.pid",
        f"SlurmctldLogFile={folder.log('slurmctld')}",
        f"SlurmdLogFile={folder.log('%n')}",
    ]


def _accounting(record: Record, folder: Folder) -> list[str]:
    return [
        "AccountingStorageType=accounting_storage/slurmdbd",
        "AccountingStorageHost=localhost",
        f"AccountingStoragePort={record.ports.slurmdbd}",
        f"AccountingStoragePass={folder.munge_socket}",
        "AccountingStorageTRES=gres/gpu",
        "AccountingStorageEnforce=associations,limits,qos",
        "JobAcctGatherType=jobacct_gather/linux",
        "JobAcctGatherFrequency=task=1",
    ]


def _memory_limit(record: Record) -> list[str]:
    if record.memory_cgroup is not None:
        return ["TaskPlugin=task/cgroup"]
    return ["TaskPlugin=task/none", "JobAcctGatherParams=OverMemoryKill"]


def _jobs(settings: Settings) -> list[str]:
    """What jobs may have, and how they end."""
    return [
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core_Memory",
        f"DefMemPerCPU={max(1, settings.memory_mb // settings.cpus)}",
        "GresTypes=gpu",
        "ProctrackType=proctrack/linuxproc",
        "MpiDefault=none",
        f"MaxArraySize={settings.max_array_size}",
        f"MaxJobCount={max(20_000, 2 * settings.max_array_size)}",
        "JobRequeue=1",
        f"KillWait={settings.kill_wait_s}",
        "PreemptType=preempt/partition_prio",
        "PreemptMode=REQUEUE",
        "SlurmctldParameters=preempt_send_user_signal",
        "SlurmdParameters=config_overrides",  # believe this file, not the machine
    ]


def _rhythm() -> list[str]:
    """A job starts within a second, a dead node is noticed within twenty, and a finished job is forgotten after ten."""
    return [
        "SchedulerType=sched/backfill",
        "SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1,bf_continue,default_queue_depth=1000",
        "PriorityType=priority/basic",
        "MinJobAge=10",  # so that who asks must ask sacct, as after a night on a real cluster
        "SlurmctldTimeout=5",
        "SlurmdTimeout=5",
        "MessageTimeout=5",
        "TCPTimeout=1",
        "InactiveLimit=0",
        "ReturnToService=1",  # a node that died comes back by itself, one that was set down does not
    ]


def _nodes(record: Record) -> list[str]:
    settings = record.settings
    gpus = f" Gres=gpu:{settings.gpu_type}:{settings.gpus}" if settings.gpus else ""
    shape = f"CPUs={settings.cpus} RealMemory={settings.memory_mb}{gpus} State=UNKNOWN"
    return [
        f"NodeName={name} NodeHostname={_host()} NodeAddr=127.0.0.1 Port={port} {shape}"
        for name, port in zip(settings.node_names, record.ports.slurmd, strict=True)
    ]


def _partitions(settings: Settings) -> list[str]:
    everywhere = f"Nodes={','.join(settings.node_names)} DefaultTime=10 MaxTime=INFINITE State=UP"
    return [
        f"PartitionName={LOW} Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime={settings.grace_s} {everywhere}",
        f"PartitionName={HIGH} PriorityTier=10 PreemptMode=OFF {everywhere}",
    ]


def _host() -> str:
    """This machine's short name, by which slurmctld and slurmd recognise that they are meant."""
    return socket.gethostname().partition(".")[0]
