"""`gtpt-study measure`: cost and time of models in one session, with all that was asked beside them.

request.py says what, run.py does it, figures.py holds what was found, as_json.py and the tables show it.
"""
