"""Every setting and its default; no other module holds a default. Import all names from here."""

from realtime_pose.config.config import Config, to_toml
from realtime_pose.config.given import given_names
from realtime_pose.config.models import LOW_SCORE, SIZES, DetectConfig, DeviceConfig, PoseConfig, PoseNmsConfig
from realtime_pose.config.part import PartConfig, Region, make_part
from realtime_pose.config.people_view import PeopleView
from realtime_pose.config.presets import BALANCED, PRESET_NAMES, PRESETS, load, load_given
from realtime_pose.config.publish import PublishConfig
from realtime_pose.config.record import RECORDED_IMAGES, X264_PRESETS, RecordConfig
from realtime_pose.config.render import LiveSettings, RenderConfig, Viewport
from realtime_pose.config.source import SourceConfig
from realtime_pose.config.track import SmoothConfig, TrackConfig
from realtime_pose.config.train import TrainConfig

__all__ = [
    "BALANCED",
    "LOW_SCORE",
    "PRESETS",
    "PRESET_NAMES",
    "RECORDED_IMAGES",
    "SIZES",
    "X264_PRESETS",
    "Config",
    "DetectConfig",
    "DeviceConfig",
    "LiveSettings",
    "PartConfig",
    "PeopleView",
    "PoseConfig",
    "PoseNmsConfig",
    "PublishConfig",
    "RecordConfig",
    "Region",
    "RenderConfig",
    "SmoothConfig",
    "SourceConfig",
    "TrackConfig",
    "TrainConfig",
    "Viewport",
    "given_names",
    "load",
    "load_given",
    "make_part",
    "to_toml",
]
