"""Which webcam is meant, by number, name or path; and which one it is when it comes back under another number."""

from pathlib import Path

from realtime_pose.sources.webcams import Camera


def chosen(wanted: int | str, found: tuple[Camera, ...]) -> Camera:
    """The webcam that is meant; one of unknown name where only its number is known.

    Raises:
        FileNotFoundError: There is none of this name or path.
    """
    if isinstance(wanted, int):
        return next((camera for camera in found if camera.index == wanted), Camera(wanted, "", ""))
    real = str(Path(wanted).resolve()) if wanted.startswith("/") else ""
    for camera in found:
        if wanted in (camera.name, camera.path) or (real and camera.path and str(Path(camera.path).resolve()) == real):
            return camera
    number = real.removeprefix("/dev/video")
    if real.startswith("/dev/video") and number.isdecimal():
        return Camera(int(number), "", real)
    raise FileNotFoundError("is not there: no webcam has this name or path")


def again(camera: Camera, found: tuple[Camera, ...]) -> Camera:
    """The same webcam under its number of now; as it was where it is not listed."""
    for same in (
        [now for now in found if camera.path and now.path == camera.path and now.name == camera.name],
        [now for now in found if camera.name and now.name == camera.name],
    ):
        if same:
            return same[0]
    return camera


def name_of(wanted: int | str, found: tuple[Camera, ...]) -> str:
    """What the webcam that is meant is called: its number and the maker's name, as far as they are known."""
    try:
        camera = chosen(wanted, found)
    except FileNotFoundError:
        return f"webcam {wanted}"
    return f"webcam {camera.index}" + (f" ({camera.name})" if camera.name else "")


def refusal(name: str, reason: str, found: tuple[Camera, ...]) -> str:
    """What to say of a webcam that does not open."""
    names = ", ".join(f"{camera.index} ({camera.name})" for camera in found) or "none"
    return f"{name} {reason}. Webcams found: {names}. Give one of them, a video file, or demo for the shipped clip."
