"""A torch network to an ONNX graph for any number of crops."""

import copy
import logging
import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from realtime_pose.garbage_collection import no_garbage_collection

_OPSET = 18


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy of the network whose convolutions do the work of the batch norm behind them, for a quicker export.

    Args:
        network: In the state for inference. A batch norm that follows a convolution among the children of a module is
            called on its output.
    """
    folded = copy.deepcopy(network)
    for module in folded.modules():
        for (name, convolution), (next_name, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module.add_module(name, fuse_conv_bn_eval(convolution, norm))
                module.add_module(next_name, nn.Identity())
    return folded


def write_graph(
    network: nn.Module, path: Path, *, wh: tuple[int, int], input_name: str, outputs: Sequence[str]
) -> None:
    """Write the graph of a network from crops (N, 3, H, W).

    Args:
        network: In the mode in which it is used.
        path: The file.
        wh: Width and height of the crops.
        input_name: Of the graph.
        outputs: Names of the outputs, in their order.
    """
    width, height = wh
    example = torch.zeros(2, 3, height, width)  # not 1, which torch would take for a fixed size
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it names packages that this network does not need
    # Quicker without gradients. The exporter makes millions of objects, and to search them takes a fifth of its time.
    with warnings.catch_warnings(), torch.no_grad(), no_garbage_collection():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=[input_name],
            output_names=list(outputs),
            dynamic_shapes=({0: torch.export.Dim("N", min=1, max=4096)},),
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
