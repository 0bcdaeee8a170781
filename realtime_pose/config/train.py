"""Settings of the training of a pose estimator."""

import re
from dataclasses import dataclass
from typing import Annotated

import tyro

from realtime_pose.config.choices import one_of
from realtime_pose.config.units import check_range
from realtime_pose.errors import ConfigError

LOSSES = ("heatmap", "integral")
SSTN_KINDS = ("off", "stn18", "tiny")
SCHEDULES = ("cosine", "step")
_STRIDE_PX = 32  # of the deepest features of every network


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """The network that is trained, and how."""

    net: Annotated[str, tyro.conf.arg(metavar="NAME")] = "small"
    """small, fastpose-r50, -r101, -r152, -r50-dcn, or simplepose-r50."""
    skeleton: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Keypoints of the network: coco17, halpe26 or mpii16; without it, those of the annotations."""
    crop: Annotated[str, tyro.conf.arg(metavar="WxH")] = "192x256"
    """Width and height of the crops in pixels, multiples of 32."""
    loss: Annotated[str, one_of(LOSSES)] = LOSSES[0]
    """heatmap: squared error of the maps; integral: error of the mean position, with a symmetric gradient (SIKR)."""
    epochs: int = 140
    """Passes through all persons."""
    batch: int = 32
    """Persons of one step, over all processes together."""
    rate: float = 1e-3
    """Learning rate after the warm-up."""
    schedule: Annotated[str, one_of(SCHEDULES)] = SCHEDULES[0]
    """cosine: the rate falls to 0 along a cosine; step: to a tenth at 2/3 and at 5/6 of the steps."""
    warmup: int = 500
    """Steps in which the rate rises; at most a tenth of all steps."""
    ema: float = 0.999
    """Weight of the past in the moving average of the parameters, which is validated and exported; 0: no average."""
    augment: bool = True
    """Change scale, rotation, side, colour and the visible half of the persons at random."""
    amp: bool = True
    """Mixed precision on CUDA."""
    freeze: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME")] = ()
    """Parameters whose names begin so stay as they are, such as backbone or preact.layer1."""
    freeze_statistics: bool = False
    """The statistics of batch norm stay as they are: for a few pictures, or very small batches."""
    sstn: Annotated[str, one_of(SSTN_KINDS)] = SSTN_KINDS[0]
    """In the last third of the epochs a spatial transformer centres the persons before the network sees them. It comes
    from stn18, a ResNet-18, or from a tiny network for live use, which sees the crops at 64 px."""
    parallel: bool = True
    """With --sstn: a second, frozen network shows the spatial transformer where a person is not centred."""
    seed: int = 0
    """Seed of the random numbers."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.loss not in LOSSES:
            raise ConfigError(f"loss: expected {' or '.join(LOSSES)}, got {self.loss!r}")
        if self.schedule not in SCHEDULES:
            raise ConfigError(f"schedule: expected {' or '.join(SCHEDULES)}, got {self.schedule!r}")
        if not re.fullmatch(r"[1-9]\d{1,3}x[1-9]\d{1,3}", self.crop) or any(side % _STRIDE_PX for side in self.crop_wh):
            raise ConfigError(f"crop: expected WxH with multiples of {_STRIDE_PX}, such as 192x256, got {self.crop!r}")
        self._check_sstn()
        check_range(self.epochs, 1, 1_000_000, "epochs")
        check_range(self.batch, 1, 1_000_000, "batch")
        check_range(self.warmup, 0, 1_000_000_000, "warmup")
        check_range(self.rate, 1e-9, 10, "rate")
        check_range(self.ema, 0, 0.999999, "ema")
        check_range(self.seed, 0, 2**31, "seed")

    def _check_sstn(self) -> None:
        if self.sstn not in SSTN_KINDS:
            raise ConfigError(f"sstn: expected one of {', '.join(SSTN_KINDS)}, got {self.sstn!r}")
        if not self.has_sstn:
            if not self.parallel:
                raise ConfigError("no-parallel: expected --sstn, since only its training has a parallel network")
            return
        if self.loss != "heatmap":
            raise ConfigError(f"sstn: expected --loss heatmap, since both branches compare maps, got {self.loss}")
        if self.epochs < 2:
            raise ConfigError(f"epochs: expected at least 2 with --sstn, one for each phase, got {self.epochs}")

    @property
    def has_sstn(self) -> bool:
        """Whether a spatial transformer is trained too."""
        return self.sstn != SSTN_KINDS[0]

    @property
    def crop_wh(self) -> tuple[int, int]:
        """Width and height of the crops."""
        width, height = map(int, self.crop.split("x"))
        return width, height
