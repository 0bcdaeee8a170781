"""How the run of a pipeline ended: the phase that the window enters then, and the reason of a failure."""

import logging

from realtime_pose.app.live_pipeline import LivePipeline, Phase
from realtime_pose.app.player import Player
from realtime_pose.errors import RealtimePoseError, StageError, describe_unexpected
from realtime_pose.redaction import redact_text

_log = logging.getLogger(__name__)


class RunEnd:
    """What became of a run.

    Attributes:
        phase: RUNNING, ENDED or FAILED.
        error: Why it failed; "" if it did not.
    """

    def __init__(self) -> None:
        # A failure, until `check` knows better: the phase also changes if ``wait`` raises an unexpected exception.
        self.phase, self.error = Phase.FAILED, ""

    def check(self, pipeline: LivePipeline, player: Player) -> None:
        """Ask whether the pipeline has ended or failed; an unexpected exception goes on to sys.excepthook."""
        try:
            has_ended = pipeline.wait(0) and (player.replay is None or player.playback.has_ended)
            self.phase = Phase.ENDED if has_ended else Phase.RUNNING
        except (RealtimePoseError, OSError) as error:
            self.error = redact_text(str(error))
            if isinstance(error, StageError):
                _log.error("a stage failed", exc_info=error)
        except Exception as error:  # any: it is raised again, but the window must not show an empty message
            self.error = redact_text(describe_unexpected(error))
            raise
