"""The near end of a terminal that a program of ours writes to."""
import os


def everything_from(master, seen=lambda output: None):
    """All that is written until the far end is closed, with plain line ends. `seen` is told what there is so far."""
    output = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        output += piece
        seen(output)
    return output.decode().replace("\r\n", "\n")
