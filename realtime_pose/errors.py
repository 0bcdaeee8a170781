"""The exceptions of realtime_pose. Each is also the built-in exception that other code would catch.

    RealtimePoseError
    ├── ConfigError (ValueError)
    ├── SourceError
    │   └── SourceOpenError (OSError)
    ├── WeightsError
    │   ├── MissingWeightsError (FileNotFoundError)
    │   └── ChecksumError (ValueError)
    ├── ModelError (ValueError)
    │   ├── EngineError
    │   └── NotFiniteError
    ├── SinkError (OSError)
    │   ├── WriteError
    │   ├── LostPictureError
    │   └── ReaderGoneError (BrokenPipeError)
    ├── StageError (RuntimeError)
    ├── DatasetError (ValueError)
    ├── MissingPackageError (ImportError)
    ├── MissingLibraryError (ImportError)
    └── ChannelClosedError (EOFError)

A message says what was expected, what came instead, and what to do.
"""


class RealtimePoseError(Exception):
    """Any failure that realtime_pose raises on purpose."""


class ConfigError(RealtimePoseError, ValueError):
    """A setting is unknown or out of range."""


class SourceError(RealtimePoseError):
    """A source of frames failed."""


class SourceOpenError(SourceError, OSError):
    """A source could not be opened."""


class WeightsError(RealtimePoseError):
    """A weights file cannot be used.

    Attributes:
        problem: What is wrong.
        fix: What to do; "" if the problem says it.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}; {fix}" if fix else problem)
        self.problem, self.fix = problem, fix


class MissingWeightsError(WeightsError, FileNotFoundError):
    """A weights file is missing; the message holds the command that downloads it."""


class ChecksumError(WeightsError, ValueError):
    """The checksum of a weights file differs from the manifest."""


class ModelError(RealtimePoseError, ValueError):
    """A network does not match its manifest entry, or cannot run with these settings."""


class EngineError(ModelError):
    """An engine cannot load or run this graph; another engine may be able to."""


class NotFiniteError(ModelError):
    """A network returned NaN or infinite values for one frame; the frame is dropped."""


class SinkError(RealtimePoseError, OSError):
    """Results could not be written."""


class WriteError(SinkError):
    """A file was opened, but writing to it failed later.

    Attributes:
        reason: Why.
        advice: What to do.
    """

    def __init__(self, problem: str, *, reason: str, advice: str) -> None:
        super().__init__(f"{problem}; {advice}")
        self.reason, self.advice = reason, advice


class LostPictureError(SinkError):
    """One picture cannot be written in its format; those after it can."""


class ReaderGoneError(SinkError, BrokenPipeError):
    """The program that read a pipe has ended."""


class StageError(RealtimePoseError, RuntimeError):
    """A stage of the pipeline failed with an exception that nobody foresaw; ``__cause__`` is this exception.

    Args:
        stage: Name of the stage.
        cause: The exception.
    """

    def __init__(self, stage: str, cause: Exception) -> None:
        super().__init__(f"the stage {stage!r} failed: {describe_unexpected(cause)}")
        self.__cause__ = cause


class DatasetError(RealtimePoseError, ValueError):
    """A data set with ground truth is missing, or has another format."""


class MissingPackageError(RealtimePoseError, ImportError):
    """A package of an extra is not installed; the message holds the command that installs it."""


class MissingLibraryError(RealtimePoseError, ImportError):
    """A library of the system is not installed; the message holds the command that installs it."""


class ChannelClosedError(RealtimePoseError, EOFError):
    """The channel is closed: it gives and takes no more values."""


def describe_unexpected(error: BaseException) -> str:
    """An exception that nobody foresaw, in words, with what the user can do.

    >>> describe_unexpected(ValueError("31 is not a valid Type"))
    'unexpected ValueError: 31 is not a valid Type; report it with what is printed with --debug'
    """
    if isinstance(error, MemoryError):
        return "there is not enough memory; close other programs, or take smaller models and images"
    text = str(error)
    problem = f"unexpected {type(error).__name__}" + (f": {text}" if text else "")
    return f"{problem}; report it with what is printed with --debug"
