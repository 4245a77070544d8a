# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods of connections that come to nothing, bounded, from one terminal or from many.

usage: flood.py syn DESTINATION PORT COUNT RATE SOURCE...   COUNT SYNs, RATE a second, from all ports of each source in turn
       flood.py half DESTINATION PORT COUNT SECONDS SOURCE  COUNT connections that say half a hello, and then wait
Prints what was sent, and how long that took.
"""
import os
import resource
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rawtcp import SYN, client_hello


def syn(destination, port, count, rate, sources):
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    far = socket.inet_aton(destination)
    pseudo = [(near, sum(struct.unpack("!4H", near + far)) + 6 + 20) for near in map(socket.inet_aton, sources)]
    head = {near: struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, near, far) for near, _ in pseudo}
    start, sent = time.monotonic(), 0
    while sent < count:
        near, total = pseudo[sent % len(pseudo)]
        sport, seq = 1024 + sent // len(pseudo) % 64000, sent * 2654435761 % (1 << 32)
        total += sport + port + (seq >> 16) + (seq & 0xFFFF) + 0x5000 + SYN + 64240
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        out.sendto(head[near] + struct.pack("!HHIIBBHHH", sport, port, seq, 0, 0x50, SYN, 64240, ~total & 0xFFFF, 0),
                   (destination, 0))
        sent += 1
        if sent % 64 == 0:
            ahead = sent / rate - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)
    print(f"sent {sent} in {time.monotonic() - start:.2f} s", flush=True)


def half(destination, port, count, seconds, source):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 64, count + 64))
    start, flows, said = time.monotonic(), [], 0
    for _ in range(count):
        flow = socket.socket()
        flow.setblocking(False)
        flow.bind((source, 0))
        flow.connect_ex((destination, port))
        flows.append(flow)
    waiting = select.poll()
    by_fd = {flow.fileno(): flow for flow in flows}
    for fd in by_fd:
        waiting.register(fd, select.POLLOUT)
    piece = client_hello("half.example", post_quantum=True)[:1000]
    while by_fd and (found := waiting.poll(1000)):
        for fd, _ in found:
            waiting.unregister(fd)
            try:
                by_fd.pop(fd).send(piece)
                said += 1
            except OSError:
                pass  # refused
    print(f"said {said} halves in {time.monotonic() - start:.2f} s", flush=True)
    time.sleep(seconds)


def main():
    what, destination, port, count, much, *sources = sys.argv[1:]
    if what == "syn":
        syn(destination, int(port), int(count), float(much), sources)
    elif what == "half":
        half(destination, int(port), int(count), float(much), sources[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
