"""`gtpt-study compare A B`: two models, runs or studies: what differs, cost, time and accuracy with verdicts.

sides.py says what A and B are; cost.py, time.py and accuracy.py compare; run.py puts them together.
"""
