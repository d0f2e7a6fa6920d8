"""What can go wrong, told to people in one line."""


class ClusterError(Exception):
    """The test cluster cannot do what was asked; the message says why and what to do."""
