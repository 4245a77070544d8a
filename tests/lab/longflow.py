# SPDX-License-Identifier: GPL-2.0-or-later
"""One TLS connection that asks the server again and again, each fifth time for 4 MB: counts in FILE.count, says in
FILE.failed if it broke, and its port in FILE.port.

usage: longflow.py ADDRESS NAME FILE     (ends when FILE.stop exists, or after two minutes)
"""
import os
import socket
import ssl
import sys
import time

address, name, path = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
count = 0
end = time.monotonic() + 120
try:
    with context.wrap_socket(socket.create_connection((address, 443), 5), server_hostname=name) as tls:
        tls.settimeout(5)
        with open(path + ".port", "w", encoding="ascii") as out:
            out.write(str(tls.getsockname()[1]))
        while not os.path.exists(path + ".stop") and time.monotonic() < end:
            big = count % 5 == 4
            wanted = 4000000 if big else len(f"I am {name}\n")
            tls.sendall(f"GET {'/big' if big else '/'} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            answer, body = b"", None
            while body is None or len(answer) - body < wanted:
                piece = tls.recv(65536)
                if not piece:
                    raise ConnectionError("closed by the other end")
                answer += piece
                if body is None and b"\r\n\r\n" in answer:
                    body = answer.index(b"\r\n\r\n") + 4
            count += 1
            with open(path + ".tmp", "w", encoding="ascii") as out:
                out.write(str(count))
            os.replace(path + ".tmp", path + ".count")
            time.sleep(0.02)
except OSError as error:
    with open(path + ".failed", "w", encoding="utf-8") as out:
        out.write(f"after {count}: {error}\n")
