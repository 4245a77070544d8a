# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes down what clients say first, connection by connection, and says nothing: port 443 until a whole ClientHello is there,
port 80 until a head ends.

usage: record.py FOLDER     FOLDER/tls-N, FOLDER/http-N"""
import os
import selectors
import socket
import sys

folder = sys.argv[1]
selector = selectors.DefaultSelector()
said, count = {}, 0


def is_whole(port, data):
    if port == 80:
        return b"\r\n\r\n" in data
    joined, at = b"", 0
    while len(data) - at >= 5:
        size = int.from_bytes(data[at + 3:at + 5], "big")
        joined += data[at + 5:at + 5 + size]
        at += 5 + size
    return at <= len(data) and len(joined) >= 4 and len(joined) >= 4 + int.from_bytes(joined[1:4], "big")


for port in (80, 443):
    listener = socket.create_server(("", port), backlog=64)
    selector.register(listener, selectors.EVENT_READ, port)
print("recording", flush=True)
while True:
    for key, _ in selector.select():
        sock = key.fileobj
        if sock not in said:
            peer, _ = sock.accept()
            said[peer] = b""
            selector.register(peer, selectors.EVENT_READ, key.data)
            continue
        try:
            data = sock.recv(65536)
        except OSError:
            data = b""
        said[sock] += data
        if is_whole(key.data, said[sock]):
            path = f"{folder}/{'http' if key.data == 80 else 'tls'}-{count:03}"
            with open(path + ".new", "wb") as out:
                out.write(said[sock])
            os.rename(path + ".new", path)
            count += 1
        elif data:
            continue
        selector.unregister(sock)
        del said[sock]
        sock.close()
