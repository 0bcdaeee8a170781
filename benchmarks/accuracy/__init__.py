"""COCO accuracy of variants, networks and input sizes."""
