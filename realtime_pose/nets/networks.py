"""The networks by name: what makes each of them, and the name of its last layer."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import nn

from realtime_pose.nets.fastpose import FastPose
from realtime_pose.nets.simplepose import SimplePose
from realtime_pose.nets.small import SmallPose


class NetworkKind(NamedTuple):
    """One kind of network.

    Attributes:
        make: The network with a number of keypoints, with random parameters.
        last_layer: Name of the convolution whose output are the heatmaps; it alone depends on the number of keypoints.
    """

    make: Callable[[int], nn.Module]
    last_layer: str = "conv_out"


NETWORKS: Mapping[str, NetworkKind] = {
    "small": NetworkKind(SmallPose),
    "simplepose-r50": NetworkKind(SimplePose, "final_layer"),
    "fastpose-r50": NetworkKind(FastPose),
    "fastpose-r101": NetworkKind(lambda num_keypoints: FastPose(num_keypoints, depths=(3, 4, 23, 3))),
    "fastpose-r152": NetworkKind(lambda num_keypoints: FastPose(num_keypoints, depths=(3, 8, 36, 3))),
    "fastpose-r50-dcn": NetworkKind(lambda num_keypoints: FastPose(num_keypoints, is_deformable=True)),
}
