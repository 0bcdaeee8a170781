"""The outputs by which each family is recognized, in words, for the message about a graph of no known family."""

from collections.abc import Mapping

FAMILY_SIGNATURES: Mapping[str, str] = {
    "nanodet": "nanodet: scores (N, P), distances (N, P, 4)",
    "dets": "dets: (N, P, 5 or 6), optionally labels (N, P)",
    "yolox": "yolox: (N, P, 5 + classes), P cells of strides 8, 16, 32",
    "yolo": "yolo: (N, 4 + classes, P)",
    "yolo-pose": "yolo-pose: (N, 5 + 3 K, P), or as the metadata kpt_shape says",
    "picodet": "picodet: boxes (N, P, 4), scores (N, classes, P)",
    "detr": "detr: labels (N, P), boxes (N, P, 4), scores (N, P), and a second input (N, 2)",
    "ssd": "ssd: the same outputs, without the second input",
    "rtmo": "rtmo: dets (N, P, 5), and keypoints (N, P, K, 3)",
    "movenet-multipose": "movenet-multipose: (N, P, 56)",
    "movenet": "movenet: heatmap, center, regress, offset",
    "heatmap": "heatmap: (N, K, h, w)",
    "simcc": "simcc: (N, K, 2 W) and (N, K, 2 H)",
    "blazepose": "blazepose: (N, 195)",
    "embedding": "embedding: (N, D), of an image two or three times as high as wide",
    "theta": "theta: (N, 2, 3)",
}
