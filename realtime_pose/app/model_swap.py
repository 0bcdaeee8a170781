"""Takes other models in a running window: downloads and loads them aside, while the video and a recording go on."""

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.preferences import with_models
from realtime_pose.app.translation import tr
from realtime_pose.config import Config
from realtime_pose.models.download import Progress
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pipeline.model_exchange import LoadedModels, ModelExchange, model_specs
from realtime_pose.scene import Frame

Fetch = Callable[[ModelSpec, Progress], Path]
OnEnd = Callable[[str], None]


class ModelSwap(QObject):
    """One change of models at a time, for the GUI thread; the newest wish waits until the one before has ended.

    Args:
        bridge: Has the configuration and the pipeline.
        fetch: Downloads a model; None for the real one.

    Attributes:
        changed: Emitted when something begins or ends.
        loaded: Emitted with models that were loaded.
        is_busy: Whether something is being loaded.
        share: How much of a download has come, from 0 to 1; negative while that is unknown.
    """

    changed = pyqtSignal()
    loaded = pyqtSignal(object)

    def __init__(self, bridge: Bridge, fetch: Fetch | None = None) -> None:
        super().__init__(bridge)
        self._bridge, self._fetch = bridge, fetch
        self.is_busy, self.share = False, -1.0
        self._doing = ""  # set by the thread that loads, read by the GUI
        self._next: tuple[Config, OnEnd] | None = None

    @property
    def text(self) -> str:
        """What is being done, in a few words; "" for nothing."""
        if not self.is_busy:
            return ""
        return self._doing + (f" {self.share:.0%}" if self.share >= 0 else "")

    def request(self, config: Config, on_end: OnEnd) -> None:
        """Run the models of this configuration.

        Args:
            config: All settings.
            on_end: Gets "" when they run, or else why not; the old ones then go on.
        """
        if self.is_busy:
            before = self._next
            self._next = config, on_end if before is None else _both(before[1], on_end)
            return
        self.is_busy, self.share, self._doing = True, -1.0, tr("Loading the models …")
        exchange, scene, run = self._bridge.exchange, self._bridge.scene, self._bridge.run
        frame = None if scene is None else scene.frame

        def load() -> LoadedModels | None:
            return self._load(config, exchange, frame)

        def finish(error: str) -> None:
            self.is_busy = False
            on_end(error)
            self.changed.emit()
            following, self._next = self._next, None
            if following is not None:
                self.request(*following)

        def take(models: LoadedModels | None) -> None:
            finish(self._take(config, models, run))

        self._bridge.tasks.start(load, on_done=take, on_failed=finish)
        self.changed.emit()

    def _load(self, config: Config, exchange: ModelExchange | None, frame: Frame | None) -> LoadedModels | None:
        """Download and load the models; None if no source runs, which loads them when it is opened."""
        for spec in model_specs(config):
            self._doing = tr("Loading {model} …").format(model=spec.name)
            self._download(spec)
            self.share = -1.0
        return None if exchange is None else exchange.load(config, frame)

    def _download(self, spec: ModelSpec) -> None:
        from realtime_pose.models.fetch import fetch  # its HTTP library takes a tenth of a second to import

        def show(received: int, total: int) -> None:
            self.share = received / total if 0 < received < total else -1.0

        (self._fetch or fetch)(spec, show)

    def _take(self, config: Config, models: LoadedModels | None, run: int) -> str:
        """Run the models; "" or why that cannot be."""
        bridge = self._bridge
        if bridge.phase in {Phase.CLOSING, Phase.CLOSED}:
            return ""
        config, exchange = with_models(bridge.config, config), bridge.exchange
        can_go_on = run == bridge.run and bridge.phase in {Phase.RUNNING, Phase.ENDED} and not bridge.is_analysed
        if can_go_on and exchange is not None and models is not None and models.fits:
            exchange.use(models)
            bridge.config = config
            self.loaded.emit(models)
            return ""
        if bridge.recorder.is_started:
            return tr(
                "These models need a new start of the source, and it is being recorded: finish the recording first"
            )
        bridge.config = config
        bridge.open(bridge.uri)
        if models is not None:
            self.loaded.emit(models)  # kept by its receiver until the source has them
        return ""


def _both(first: OnEnd, second: OnEnd) -> OnEnd:
    """Tell two how it ended: the newer wish holds the older one."""

    def tell(error: str) -> None:
        first(error)
        second(error)

    return tell
