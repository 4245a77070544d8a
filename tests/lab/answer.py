# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers on the given ports (tcp/N, udp/N) with the name of the host, so that a test knows who was reached."""
import selectors
import socket
import sys

name, ports = sys.argv[1], sys.argv[2:]
greeting = f"I am {name}\n".encode()
selector = selectors.DefaultSelector()
for port in ports:
    protocol, number = port.split("/")
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    if kind == socket.SOCK_DGRAM:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    sock.bind(("::", int(number)))
    if kind == socket.SOCK_STREAM:
        sock.listen(64)
    selector.register(sock, selectors.EVENT_READ, (kind, number))
print(f"{name} answers on {' '.join(ports)}", flush=True)

while True:
    for key, _ in selector.select():
        if key.data == "open":
            try:
                data = key.fileobj.recv(65536)
            except OSError:
                data = b""
            if data:
                print(f"{name} got {data[:60]!r}", flush=True)
                try:
                    key.fileobj.sendall(greeting)
                    continue
                except OSError:
                    pass
            selector.unregister(key.fileobj)
            key.fileobj.close()
        elif key.data[0] == socket.SOCK_STREAM:
            peer, address = key.fileobj.accept()
            print(f"{name} tcp/{key.data[1]} from {address[0]}", flush=True)
            selector.register(peer, selectors.EVENT_READ, "open")
        else:
            # The packet information given back makes the answer leave from the address that was asked.
            data, info, _, address = key.fileobj.recvmsg(65536, 256)
            print(f"{name} udp/{key.data[1]} from {address[0]} {data[:40]!r}", flush=True)
            key.fileobj.sendmsg([greeting], info, 0, address)
