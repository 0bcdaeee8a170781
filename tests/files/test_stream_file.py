"""Pipes: all text arrives in order, and a reader that has stopped reading keeps nobody waiting at the end."""

import os
import threading
import time
from pathlib import Path

import pytest

from realtime_pose.errors import ReaderGoneError, SinkError
from realtime_pose.files.stream_file import StreamFile, open_pipe, open_standard_output

DEADLINE_S = 2.0


def pipe() -> tuple[int, StreamFile]:
    """The reading end of a pipe, and a file that writes to it."""
    reader, writer = os.pipe()
    return reader, StreamFile(writer, "pipe")


def test_more_text_than_a_pipe_holds_arrives_in_order() -> None:
    reader, file = pipe()
    texts = [f"{index:06}" * 5000 for index in range(10)]  # 300 kB

    def write() -> None:
        file.begin("header\n")
        for text in texts:
            file.append(text)
        file.close()

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as received:
        assert received.read().decode() == "header\n" + "".join(texts)
    thread.join()
    assert file.has_results


def test_a_header_is_no_result() -> None:
    reader, file = pipe()
    file.begin("header\n")
    assert not file.has_results
    file.close()
    os.close(reader)


def test_a_reader_that_has_ended() -> None:
    reader, file = pipe()
    os.close(reader)
    for _ in range(2):
        with pytest.raises(ReaderGoneError, match="the program that read the poses has ended"):
            file.append("text")
    file.close()


def test_an_interrupt_ends_the_wait_for_a_reader_that_has_stopped_reading() -> None:
    reader, file = pipe()
    failures: list[SinkError] = []

    def write() -> None:
        try:
            while True:
                file.append("x" * 10_000)
        except SinkError as error:
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    start_s = time.monotonic()
    file.interrupt()
    thread.join(timeout=DEADLINE_S)
    assert not thread.is_alive()
    assert time.monotonic() - start_s < DEADLINE_S
    assert "nobody read it before the run ended" in str(failures[0])
    file.close()
    os.close(reader)


def test_a_closed_pipe_takes_no_more() -> None:
    reader, file = pipe()
    file.close()
    file.close()
    file.interrupt()
    with pytest.raises(SinkError, match="closed"):
        file.append("text")
    os.close(reader)


def test_a_footer_is_refused() -> None:
    reader, file = pipe()
    with pytest.raises(SinkError, match="would have to be replaced"):
        file.begin("[", footer="]")
    file.close()
    os.close(reader)


def test_a_pipe_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        open_pipe(tmp_path)


@pytest.mark.process
def test_standard_output_is_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(1, b"before\n")
    output = open_standard_output()
    os.write(1, b"of a library\n")
    output.append("poses\n")
    output.close()
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("before\nposes\nafter\n", "of a library\n")
