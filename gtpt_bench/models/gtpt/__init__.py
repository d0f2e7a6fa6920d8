"""GTPT: group-based token pruning transformer, taken apart.

`config.py` puts the parts together, `schedule.py` says how many tokens each layer sees, `closed_form.py` what it
all costs; these are torch-free. `model.py` is the network; files that end in `_net.py` hold its modules.
"""
