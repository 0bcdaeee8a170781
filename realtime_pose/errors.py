"""The exceptions of realtime_pose, each also the built-in that a stranger would catch.

::

    RealtimePoseError
    ├── ConfigError (ValueError)
    ├── SourceError
    │   ├── SourceOpenError (OSError)
    │   └── SourceLostError (ConnectionError)
    ├── WeightsError
    │   ├── MissingWeightsError (FileNotFoundError)
    │   └── ChecksumError (ValueError)
    ├── ModelError (ValueError)
    │   └── NotFiniteError
    ├── SinkError (OSError)
    ├── DatasetError (ValueError)
    ├── MissingPackageError (ImportError)
    └── ChannelClosedError (EOFError)

A message says what was expected, what came and what to do.
"""


class RealtimePoseError(Exception):
    """Any failure that realtime_pose raises on purpose."""


class ConfigError(RealtimePoseError, ValueError):
    """A setting is unknown or out of its range."""


class SourceError(RealtimePoseError):
    """A source of frames failed."""


class SourceOpenError(SourceError, OSError):
    """A source could not be opened."""


class SourceLostError(SourceError, ConnectionError):
    """A source that had been open was lost."""


class WeightsError(RealtimePoseError):
    """A file of weights cannot be used."""


class MissingWeightsError(WeightsError, FileNotFoundError):
    """A file of weights is not there; the message holds the command that fetches it."""


class ChecksumError(WeightsError, ValueError):
    """A file of weights is not the one of the manifest."""


class ModelError(RealtimePoseError, ValueError):
    """A network is not what its manifest entry says, or cannot run as asked."""


class NotFiniteError(ModelError):
    """A network gave NaN or infinite values for one frame, which is dropped."""


class SinkError(RealtimePoseError, OSError):
    """Results could not be written."""


class DatasetError(RealtimePoseError, ValueError):
    """A data set with ground truth is not there, or is not in its format."""


class MissingPackageError(RealtimePoseError, ImportError):
    """A package of an extra is not installed; the message holds the command that installs it."""


class ChannelClosedError(RealtimePoseError, EOFError):
    """Nothing more comes out of, or goes into, this channel."""
