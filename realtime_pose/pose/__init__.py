"""Pose estimators: a frame and its boxes to poses; parametric pose NMS."""
