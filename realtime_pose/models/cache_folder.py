"""The folder of downloaded weights: the one that REALTIME_POSE_WEIGHTS names, or the user's cache folder."""

import os
from pathlib import Path

import platformdirs

from realtime_pose.errors import MissingWeightsError
from realtime_pose.system.home import expand_home, home_folder

FOLDER_VARIABLE = "REALTIME_POSE_WEIGHTS"


def cache_folder() -> Path:
    """The folder of downloaded files; it may not exist yet.

    Raises:
        MissingWeightsError: This user has no home folder, and no other folder was chosen.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return expand_home(Path(chosen)).absolute()
    if home_folder() is None and not os.environ.get("XDG_CACHE_HOME"):
        raise MissingWeightsError(
            "expected a folder for downloaded models, but this user has no home folder", f"set {FOLDER_VARIABLE}=FOLDER"
        )
    return platformdirs.user_cache_path("realtime-pose", appauthor=False) / "weights"
