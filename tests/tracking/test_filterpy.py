"""filterpy, whose slow imports are put off: the tracker starts without them, and all of filterpy works."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import sys
from realtime_pose.tracking.tracker import PoseTracker
assert not {"scipy.stats", "scipy.ndimage"} & set(sys.modules)

import filterpy.stats, filterpy.discrete_bayes, numpy as np
assert abs(filterpy.stats.logpdf(1.0, 0.0, 2.0) + 1.5155121) < 1e-6
assert abs(filterpy.stats.norm_cdf((-1, 1), 0, 1) - 0.6826895) < 1e-6
assert np.allclose(filterpy.stats.mahalanobis(3.0, 1.0, 4.0), 1.0)
assert np.allclose(filterpy.discrete_bayes.predict([0.0, 1.0, 0.0], 1, [0.0, 1.0, 0.0]), [0.0, 0.0, 1.0])

import scipy.ndimage, scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5 and isinstance(scipy.stats.norm, scipy.stats.rv_continuous)
assert scipy.ndimage.shift([1.0, 2.0], 1).tolist() == [0.0, 1.0]
"""


def test_nothing_slow_is_imported_until_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
