"""Errors that a user may meet: one line that says what is wrong, where, and what to do.

Each carries the exit code of the command line (design: 0 done, 1 some runs failed, 2 wrong usage or input).
"""


class GtptBenchError(Exception):
    """Base of all errors shown to people without a traceback."""

    exit_code = 2


class InputError(GtptBenchError):
    """A file, an argument or a value that the user gave cannot be used."""


class StudyError(InputError):
    """A study or config file is wrong; the message names the file, the line and the key."""


class DataError(InputError):
    """Annotations, images or detections are missing or broken; the message names the file."""


class BrokenImage(DataError):
    """An image file is there but is no image, or ends before the image does; the message names the file."""


class WeightsError(InputError):
    """A weight file does not fit the model or is not safe to load."""


class RunFailed(GtptBenchError):
    """A run ended without its result; the message names the log."""

    exit_code = 1


class Diverged(RunFailed):
    """A loss or gradient is no longer a number, or has exploded; the message names the batch."""


class TeamBroken(RunFailed):
    """Another process of a run ended or does not answer; this one cannot go on."""


class RunInterrupted(GtptBenchError):
    """A run was asked to stop and has saved its state; running again continues it."""

    exit_code = 130


class MeasurementRejected(GtptBenchError):
    """A number was measured but cannot be trusted; the message names the check that failed."""

    exit_code = 1
