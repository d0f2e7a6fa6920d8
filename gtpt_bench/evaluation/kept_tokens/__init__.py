"""What a model keeps: which image tokens survive pruning, counted while it is evaluated and kept beside the record.

Watching the network is in watched.py, counting in counts.py, the file in record.py; recorder.py puts them together.
Only watched.py and recorder.py need torch: reports read the record (report/tokens.py) without it.
"""
