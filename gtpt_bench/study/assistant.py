"""Another process of a run than its first, which starts it:
`python -m gtpt_bench.study.assistant FOLDER RANK SIZE PORT`.

It ends with the run, or when the first process does.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.store import JobFolder
from gtpt_bench.study.teamwork import assist
from gtpt_bench.study.worker import StopFlag
from gtpt_bench.training.meeting import local_team, others_store


def main() -> int:
    folder, (rank, size, port) = JobFolder(Path(sys.argv[1])), map(int, sys.argv[2:])
    stop = StopFlag()
    stop.listen()
    try:
        with local_team(rank, size, others_store(port, size)) as team:
            assist(folder, team, stop=stop)
    except GtptBenchError as error:
        print(f"process {rank + 1} of {size}: {type(error).__name__}: {error}", flush=True)
        return error.exit_code
    except Exception:
        print(f"process {rank + 1} of {size} failed: {traceback.format_exc()}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
