"""Token reduction for any network with keypoint tokens and image tokens: GTPT, TokenPose, PPT.

What ranks image tokens (score/), which are kept (selection/) and what becomes of the others (dropped/); cut_net.py puts
the three together at each place that prunes. How many are kept, and where, is each network's own: GTPT's by stages
(models/gtpt/pruning), that of networks with one sequence of tokens here (config.py, schedule.py).
"""
