"""A torch network to an ONNX graph for any number of crops."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

_OPSET = 18


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
    with warnings.catch_warnings():
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
