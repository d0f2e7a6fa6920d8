"""GTPT's inference form: the same outputs and module paths, for speed. Made by `GTPT.deploy()`."""
