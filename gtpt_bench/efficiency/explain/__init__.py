"""Why a model takes the time it takes: machine rates, a roofline a stage, waiting for launches, one sentence.

`explanation.explain` measures; everything that decides (attribution, roofline, launch, sentence) is pure.
"""
