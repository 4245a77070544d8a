# SPDX-License-Identifier: GPL-2.0-or-later
"""An ICMP error by hand: "port unreachable" from SOURCE to DESTINATION, about a TCP segment that DESTINATION is said to have
sent from PORT to PEER's PEER_PORT, with TAG in what it quotes.

usage: rawicmp.py SOURCE DESTINATION PORT PEER PEER_PORT TAG
"""
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, destination, protocol, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0x4000, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def main():
    source, destination, port, peer, peer_port, tag = sys.argv[1:]
    quoted = ip(destination, peer, 6, struct.pack("!HHIIBBHHH", int(port), int(peer_port), 1, 1, 0x50, 16, 64240, 0, 0) +
                tag.encode().ljust(64, b"."))
    error = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    out.sendto(ip(source, destination, 1, error), (destination, 0))


main()
