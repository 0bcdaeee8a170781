"""Plot the angle of each person's left knee over time; needs pandas and matplotlib.

python examples/knee_angle.py [SOURCE] [OUTPUT.png]
"""

import sys

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt

import realtime_pose as rp

mpl.use("Agg")  # no window


def main(source: str, output: str) -> None:
    """Save the plot, and print the smallest angle of each person."""
    table = pd.concat(people.angles_to_pandas() for people in rp.track(source, preset="fast"))
    seen = table[table["left_knee_score"] > 0.3]
    angles = seen.pivot_table(index="time_s", columns="track_id", values="left_knee_deg")
    axes = angles.plot(xlabel="time in s", ylabel="left knee in degrees, 180 is straight")
    axes.legend(title="person")
    plt.savefig(output)
    for track_id, angle in angles.min().items():
        print(f"person {track_id}: bent to {angle:.0f} degrees")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo", sys.argv[2] if len(sys.argv) > 2 else "knee.png")
