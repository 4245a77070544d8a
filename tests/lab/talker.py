# SPDX-License-Identifier: GPL-2.0-or-later
"""One TCP connection that says something ten times a second and counts the answers in FILE.count; when the connection breaks,
FILE.ended says when (seconds since 1970) and why.

usage: talker.py ADDRESS PORT FILE     (gives up after a minute)
"""
import os
import socket
import sys
import time

address, port, path = sys.argv[1:]
count = 0
end = time.monotonic() + 60
why = "time is over"
try:
    with socket.create_connection((address, int(port)), 5) as talk:
        talk.settimeout(2)
        while time.monotonic() < end:
            talk.sendall(b"hello\n")
            if not talk.recv(4096):
                raise ConnectionError("closed by the other end")
            count += 1
            with open(path + ".tmp", "w", encoding="ascii") as out:
                out.write(str(count))
            os.replace(path + ".tmp", path + ".count")
            time.sleep(0.1)
except OSError as error:
    why = str(error)
with open(path + ".ended", "w", encoding="utf-8") as out:
    out.write(f"{time.time():.3f} {why}\n")
