"""Token reduction of a network with one sequence of tokens: when, by which score, and what becomes of the dropped ones.

Torch-free. GTPT, whose tokens part into groups, has a config of its own (models/gtpt/pruning/config.py) with the same
scores, selections and fates. Source: spec/baselines.md §3.4.
"""

from __future__ import annotations

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.blocks.pruning.dropped import Dropped, LeaveOut
from gtpt_bench.models.blocks.pruning.schedule import AtLayers, Schedule
from gtpt_bench.models.blocks.pruning.score import AttentionMean, ScoreWithoutHuman
from gtpt_bench.models.blocks.pruning.selection import Selection, TopK


class TokenPruning(Frozen):
    """Nothing is pruned at first; with a schedule, the defaults are PPT's.

    PPT's score is the attention that an image token gets from all keypoint tokens, averaged over heads and summed over
    keypoints, which ranks as `attention_mean` does.
    """

    schedule: Schedule = AtLayers()
    """How many image tokens each layer leaves."""
    score: ScoreWithoutHuman = AttentionMean()
    """What ranks image tokens."""
    selection: Selection = TopK()
    """How the ranking becomes a choice."""
    dropped: Dropped = LeaveOut()
    """What becomes of the tokens that are not kept."""

    def check(self, num_tokens: int, depth: int) -> None:
        """Refuse what does not fit a network with so many image tokens and layers.

        Raises:
            ValueError: in one line, with values that would do.
        """
        self.schedule.check(depth)
        if self.selection.learns and not self.score.can_learn:
            raise ValueError(
                f"pruning.selection {self.selection.kind} learns through scores, but pruning.score "
                f"{self.score.kind} has none to learn; use another score, or selection topk"
            )
        for layer, left in enumerate(self.schedule.left(num_tokens, depth)):
            if left < 1:
                raise ValueError(
                    f"pruning.schedule leaves none of {num_tokens} image tokens after layer {layer}; keep more there, "
                    "or use an input_size that gives more image tokens"
                )
