"""What becomes of image tokens that are not kept. One file a fate; each is a config that knows its MACs.

`spare` says how many of the kept slots it needs for itself, `closed` completes the kept tokens.
"""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.blocks.pruning.dropped.fuse import Fuse
from gtpt_bench.models.blocks.pruning.dropped.leave_out import LeaveOut
from gtpt_bench.models.blocks.pruning.dropped.merge import Merge

Dropped = Annotated[LeaveOut | Fuse | Merge, Field(discriminator="kind"), BY_NAME]

__all__ = ["Dropped", "Fuse", "LeaveOut", "Merge"]
