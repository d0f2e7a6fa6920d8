"""A real SLURM on this one machine, for tests: `python slurm/test_cluster start | stop | status --folder DIR`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from cluster import start, status, stop, stop_daemon
from errors import ClusterError
from folder import Folder
from settings import Settings, option


def main() -> int:
    """Do what the command line says; 0 if it was done."""
    arguments = parser().parse_args()
    try:
        arguments.command(arguments)
    except ClusterError as error:
        print(f"test_cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line; every field of `Settings` is an option of `start`."""
    result = argparse.ArgumentParser(prog="test_cluster", description=__doc__)
    commands = result.add_subparsers(required=True, metavar="start | stop | status")

    starting = commands.add_parser("start", help="start a cluster, or what does not run of it")
    starting.set_defaults(command=_start)
    for field in dataclasses.fields(Settings):
        kind = str if isinstance(field.default, str) else int
        given_only = argparse.SUPPRESS  # what is not given stays as it is in the folder's cluster
        starting.add_argument(
            option(field.name), type=kind, default=given_only, metavar=kind.__name__, help=f"default: {field.default}"
        )

    stopping = commands.add_parser("stop", help="end exactly what was started, jobs included; files stay")
    stopping.set_defaults(command=_stop)
    stopping.add_argument("--only", metavar="DAEMON", help="one daemon alone: munged, slurmdbd, slurmctld, node1, ...")

    showing = commands.add_parser("status", help="say which daemons run and what the nodes do")
    showing.set_defaults(command=_status)
    showing.add_argument("--json", action="store_true", help="for programs")

    for command in (starting, stopping, showing):
        command.add_argument("--folder", type=Path, required=True, help="where the cluster keeps everything")
    return result


def _start(arguments: argparse.Namespace) -> None:
    folder = _folder(arguments)
    names = {field.name for field in dataclasses.fields(Settings)}
    start(folder, {name: value for name, value in vars(arguments).items() if name in names})
    print(f"export SLURM_CONF={folder.slurm_conf}")


def _stop(arguments: argparse.Namespace) -> None:
    folder = _folder(arguments)
    ended = stop(folder) if arguments.only is None else stop_daemon(folder, arguments.only)
    print(f"ended: {', '.join(ended)}" if ended else "nothing ran")


def _status(arguments: argparse.Namespace) -> None:
    found = status(_folder(arguments))
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['state']}: {found['folder']}")
    if "memory_limit" in found:
        print(f"  memory is limited by {found['memory_limit']}")
    for part in ("daemons", "nodes"):
        for name, value in found.get(part, {}).items():
            print(f"  {name}: {'does not run' if value is None else value}")


def _folder(arguments: argparse.Namespace) -> Folder:
    return Folder(arguments.folder.resolve())


if __name__ == "__main__":
    sys.exit(main())
