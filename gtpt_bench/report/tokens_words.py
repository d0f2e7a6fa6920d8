"""What captions say of kept tokens: what was counted, from which evaluations, and who is missing."""

from __future__ import annotations

from gtpt_bench.report.plots.words import from_runs, joined, listed
from gtpt_bench.report.tokens import MOST_VARIANTS, StudyTokens, VariantTokens

COUNTED = (
    "A keypoint counts where it is labelled and lies inside the crop; its token is the one that holds it, in the "
    "tokens of its own group. Seen is the pass over the crop itself, not the mirrored one of the flip test."
)


def origin(tokens: StudyTokens) -> str:
    """The runs that figures are from, and what is not among them."""
    folders = [run.found.file.partition("/")[0] for own in tokens.variants.values() for run in own.runs]
    more = f"Of {len(tokens.variants) + tokens.num_more:,} variants the {MOST_VARIANTS} of highest AP are shown."
    missing = "evaluated before tokens were recorded; remove evaluate-*.json of its run and run again to have it"
    return joined(
        from_runs(folders),
        more if tokens.num_more else "",
        f"Not recorded: {listed(tokens.not_recorded)} ({missing})." if tokens.not_recorded else "",
    )


def labels_of_groups(own: VariantTokens) -> str:
    """How many keypoints stand behind the figures of each group."""
    return ", ".join(f"{own.num_labelled(group):,} of {group.name}" for group in own.stages.groups)
