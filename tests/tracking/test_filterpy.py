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
assert not {"scipy", "numpy.f2py"} & set(sys.modules)

import filterpy.kalman, filterpy.stats, filterpy.discrete_bayes, numpy as np
assert abs(filterpy.stats.logpdf(1.0, 0.0, 2.0) + 1.5155121) < 1e-6
assert abs(filterpy.stats.norm_cdf((-1, 1), 0, 1) - 0.6826895) < 1e-6
assert np.allclose(filterpy.stats.mahalanobis(3.0, 1.0, 4.0), 1.0)
assert np.allclose(filterpy.discrete_bayes.predict([0.0, 1.0, 0.0], 1, [0.0, 1.0, 0.0]), [0.0, 0.0, 1.0])

assert np.allclose(filterpy.stats.covariance_ellipse(np.diag([4.0, 1.0]))[1:], (2.0, 1.0))
point = filterpy.kalman.ExtendedKalmanFilter(dim_x=1, dim_z=1)
point.update(np.ones((1, 1)), lambda x: np.eye(1), lambda x: x)
assert np.allclose(point.x, 0.5)

import scipy.linalg, scipy.ndimage, scipy.sparse.linalg, scipy.stats
assert np.allclose(scipy.linalg.inv(np.eye(2)), np.eye(2))
assert scipy.sparse.linalg.norm(scipy.sparse.eye_array(4)) == 2.0
assert scipy.stats.norm.cdf(0) == 0.5 and isinstance(scipy.stats.norm, scipy.stats.rv_continuous)
assert scipy.ndimage.shift([1.0, 2.0], 1).tolist() == [0.0, 1.0]
"""


def test_nothing_slow_is_imported_until_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
