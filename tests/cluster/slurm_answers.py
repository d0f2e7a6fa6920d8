"""What SLURM prints, of several versions, shortened.

22.05 was recorded on slurm/test_cluster. The others are public: 20 from a centre's documentation (nodes of two of its
machines), 23.11 from pages of two universities, 25.11 from a cluster of containers.
"""

from __future__ import annotations

CONFIG_22 = """\
Configuration data as of 2026-11-21T17:05:10
AccountingStorageEnforce = associations,limits,qos
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = test
JobRequeue              = 1
KillWait                = 5 sec
MaxArraySize            = 1001
MaxJobCount             = 20000
PreemptMode             = REQUEUE
PreemptParameters       = (null)
PreemptType             = preempt/partition_prio
SlurmctldHost[0]        = vm(127.0.0.1)
SlurmctldParameters     = preempt_send_user_signal
SLURM_VERSION           = 22.05.8

Slurmctld(primary) at vm is UP
"""

CONFIG_25 = """\
Configuration data as of 2026-04-21T06:19:30
AccountingStorageEnforce = none
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = linux
JobRequeue              = 1
KillWait                = 30 sec
MaxArraySize            = 1001
MaxJobCount             = 10000
PreemptMode             = OFF
PreemptParameters       = (null)
PreemptType             = (null)
PriorityFlags           = \n\
SlurmctldHost[0]        = slurmctld
SlurmctldParameters     = (null)
TaskPluginParam         = (null type)
SLURM_VERSION           = 25.11.4

Slurmctld(primary) at slurmctld is UP
"""

PARTITIONS_22 = """\
PartitionName=low AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=YES QoS=N/A \
DefaultTime=00:10:00 DisableRootJobs=NO ExclusiveUser=NO GraceTime=20 Hidden=NO MaxNodes=UNLIMITED MaxTime=UNLIMITED \
MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED Nodes=node[1-2] PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO \
OverSubscribe=NO OverTimeLimit=NONE PreemptMode=REQUEUE State=UP TotalCPUs=8 TotalNodes=2 SelectTypeParameters=NONE \
JobDefaults=(null) DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED TRES=cpu=8,mem=16000M,node=2,billing=8,gres/gpu=4
PartitionName=high AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=NO QoS=N/A \
DefaultTime=00:10:00 DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO MaxNodes=UNLIMITED MaxTime=UNLIMITED \
MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED Nodes=node[1-2] PriorityJobFactor=1 PriorityTier=10 RootOnly=NO ReqResv=NO \
OverSubscribe=NO OverTimeLimit=NONE PreemptMode=OFF State=UP TotalCPUs=8 TotalNodes=2 SelectTypeParameters=NONE \
JobDefaults=(null) DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED TRES=cpu=8,mem=16000M,node=2,billing=8,gres/gpu=4
"""

NODES_22 = """\
high|idle|4|8000|gpu:fake:2|(null)|node1
low|idle|4|8000|gpu:fake:2|(null)|node1
high|idle|4|8000|gpu:fake:2|(null)|node2
low|idle|4|8000|gpu:fake:2|(null)|node2
"""

ASSOCIATIONS_22 = "lab|lab||normal|||\nlab|root||normal|||\n"
QOS_22 = "normal||\n"

PARTITIONS_20 = """\
PartitionName=test AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=NO QoS=N/A \
DefaultTime=00:05:00 GraceTime=0 MaxNodes=2 MaxTime=00:15:00 MinNodes=0 MaxCPUsPerNode=UNLIMITED PreemptMode=OFF \
State=UP TotalCPUs=240 TotalNodes=6 DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED
PartitionName=gpu AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=NO QoS=gputres_accrue \
DefaultTime=00:10:00 GraceTime=0 MaxNodes=20 MaxTime=3-00:00:00 MinNodes=0 MaxCPUsPerNode=UNLIMITED PreemptMode=OFF \
State=UP TotalCPUs=3120 TotalNodes=78 DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED
PartitionName=interactive AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=NO QoS=interactive \
DefaultTime=1-00:00:00 GraceTime=0 MaxNodes=1 MaxTime=7-00:00:00 MinNodes=0 MaxCPUsPerNode=UNLIMITED PreemptMode=OFF \
State=DOWN TotalCPUs=2048 TotalNodes=8 DefMemPerCPU=1875 MaxMemPerCPU=1875 TRES=cpu=2048,mem=1875G,node=8,billing=2048
"""

NODES_20 = """\
test|idle|40|190000|(null)|type_s|cpu1
gpu|mixed|40|382000|gpu:v100:4(S:0-1),nvme:3600|type_gpu|gpu1
gpu|drained|40|382000|gpu:v100:4(S:0-1),nvme:3600|type_gpu|gpu2
gpu|allocated+|128|490000+|gpu:a100:4(S:0-1),nvme:3500|type_gpu,a100|gpu3
"""

PARTITIONS_23 = """\
PartitionName=normal
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=YES QoS=normal
   DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO ExclusiveTopo=NO GraceTime=0 Hidden=NO
   MaxNodes=UNLIMITED MaxTime=12:00:00 MinNodes=1 LLN=NO MaxCPUsPerNode=UNLIMITED MaxCPUsPerSocket=UNLIMITED
   Nodes=node[1600-1619,1622-1625,2704-2705,3103-3114,3303-3314]
   OverTimeLimit=NONE PreemptMode=OFF
   State=UP TotalCPUs=5120 TotalNodes=50 SelectTypeParameters=NONE
   JobDefaults=(null)
   DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED
   TRES=cpu=5120,mem=23515231M,node=50,billing=5120

PartitionName=h100
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=NO QoS=juno
   DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO
   MaxNodes=UNLIMITED MaxTime=2-00:00:00 MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED
   OverTimeLimit=NONE PreemptMode=REQUEUE
   State=UP TotalCPUs=192 TotalNodes=3
   TRES=cpu=192,mem=1500G,node=3,billing=192,gres/gpu=7,gres/gpu:nvidia_h100_80gb_hbm3=4,gres/gpu:nvidia_h100_nvl=3
"""

PARTITIONS_25 = """\
PartitionName=cpu
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=YES QoS=N/A
   DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO ExclusiveTopo=NO GraceTime=0 Hidden=NO
   MaxNodes=UNLIMITED MaxTime=UNLIMITED MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED MaxCPUsPerSocket=UNLIMITED
   NodeSets=cpu_nodes
   Nodes=c[1-2]
   OverTimeLimit=NONE PreemptMode=OFF
   State=UP TotalCPUs=24 TotalNodes=2 SelectTypeParameters=NONE
   DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED
   TRES=cpu=24,mem=15674M,node=2,billing=24
PartitionName=gpu
   AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
   AllocNodes=ALL Default=NO QoS=N/A
   Nodes=(null)
   OverTimeLimit=NONE PreemptMode=OFF
   State=UP TotalCPUs=0 TotalNodes=0 SelectTypeParameters=NONE
   TRES=(null)
"""

NODES_25 = "cpu|idle|12|7837|(null)|cpu|c1\ncpu|idle|12|7837|(null)|cpu|c2\n"
