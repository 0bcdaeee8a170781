"""A torch network to an ONNX graph for any number of crops."""

import copy
import gc
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

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
    with warnings.catch_warnings(), torch.no_grad(), _no_garbage_collection():  # quicker without gradients
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


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """The exporter makes millions of objects; to search them for cycles again and again takes a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
