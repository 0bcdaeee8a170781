"""How different colours are, also for colour-blind people.

CIEDE2000 (Sharma, Wu, Dalal, 2005) after a simulation of dichromacy (Machado, Oliveira, Fernandes, 2009, severity 1).
"""

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def seen_as(rgb: Real, vision: str) -> Real:
    """CIELAB (N, 3) of colours (N, 3) in sRGB from 0 to 255, as somebody with this vision sees them."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ VISION[vision].T, 0, 1) @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = root.T
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def differences(lab: Real) -> Real:
    """(N, N) CIEDE2000 between colours (N, 3) in CIELAB."""
    lightness, a, b = lab.T
    chroma = np.hypot(a, b)
    mean7 = ((chroma[:, None] + chroma) / 2) ** 7
    stretched = 1 + 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25.0**7)))  # of a, for each pair
    first, second = stretched * a[:, None], stretched * a
    chromas = np.hypot(first, b[:, None]), np.hypot(second, b)
    hues = np.degrees(np.arctan2(b[:, None], first)) % 360, np.degrees(np.arctan2(b, second)) % 360
    turn = (hues[1] - hues[0] + 180) % 360 - 180
    lightness_mean, chroma_mean = (lightness[:, None] + lightness) / 2, (chromas[0] + chromas[1]) / 2
    hue_mean = np.radians((hues[0] + turn / 2) % 360)
    weight = (
        1
        - 0.17 * np.cos(hue_mean - np.radians(30))
        + 0.24 * np.cos(2 * hue_mean)
        + 0.32 * np.cos(3 * hue_mean + np.radians(6))
        - 0.20 * np.cos(4 * hue_mean - np.radians(63))
    )
    offset2 = (lightness_mean - 50) ** 2
    steps = (
        (lightness - lightness[:, None]) / (1 + 0.015 * offset2 / np.sqrt(20 + offset2)),
        (chromas[1] - chromas[0]) / (1 + 0.045 * chroma_mean),
        2 * np.sqrt(chromas[0] * chromas[1]) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma_mean * weight),
    )
    around_blue = 60 * np.exp(-(((np.degrees(hue_mean) - 275) / 25) ** 2))
    turned = -2 * np.sqrt(chroma_mean**7 / (chroma_mean**7 + 25.0**7)) * np.sin(np.radians(around_blue))
    squared = steps[0] ** 2 + steps[1] ** 2 + steps[2] ** 2 + turned * steps[1] * steps[2]
    return np.asarray(np.sqrt(np.maximum(squared, 0)))
