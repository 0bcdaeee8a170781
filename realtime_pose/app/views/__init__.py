"""The widgets of the window: the picture, what lies over it, and the bars around it."""
