# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as bytes, and the injector that sends them through the firewall of a lab."""

import ipaddress
import socket
import struct
import subprocess

TOKEN_SHIFT = 12  # as in inject.c
HOPS = 61
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIREWALL_MAC = "02:00:00:00:00:01"
FAR_MAC = "02:00:00:00:00:02"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


class Packet:
    """What the rules can see of a packet, and how to write it. Addresses are ipaddress objects."""

    def __init__(self, src, dst, proto, sport=0, dport=0, flags=SYN, payload=b"", icmp_type=8, icmp_code=0, options=b"",
                 mac=FAR_MAC, seq_add=0, ack=None, quoted=None, extension=0, ip_options=b""):
        self.src, self.dst, self.proto = src, dst, proto
        self.sport, self.dport, self.flags = sport, dport, flags
        self.payload, self.icmp_type, self.icmp_code = payload, icmp_type, icmp_code
        self.options = options  # of TCP, a multiple of four bytes
        self.mac = mac
        self.seq_add, self.ack = seq_add, ack
        self.quoted = quoted  # ICMP errors: the IP packet they are about
        self.ip_options = ip_options  # IPv4: a multiple of four bytes
        self.extension = extension  # IPv6: bytes of destination options before the upper header

    @property
    def family(self):
        return self.src.version

    def upper(self, token):
        """The upper header and what follows, without its checksum."""
        if self.proto == TCP:
            words = 5 + len(self.options) // 4
            ack = self.ack if self.ack is not None else token
            return struct.pack("!HHIIBBHHH", self.sport, self.dport, (token + self.seq_add) & 0xFFFFFFFF, ack,
                               words << 4, self.flags, 65000, 0, 0) + self.options + self.payload
        if self.proto == UDP:
            body = struct.pack("!I", token) + self.payload
            return struct.pack("!HHHH", self.sport, self.dport, 8 + len(body), 0) + body
        if self.proto in (ICMP, ICMP6):
            body = self.quoted if self.quoted is not None else self.payload
            return struct.pack("!BBHI", self.icmp_type, self.icmp_code, 0, token) + body
        # of GRE, the flags come first: none
        return struct.pack("!HHI", 0 if self.proto == 47 else self.sport, self.dport, token) + b"\0" * 12 + self.payload

    def ip(self, token):
        body = self.upper(token)
        if self.family == 4:
            words = 5 + len(self.ip_options) // 4
            head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, 4 * words + len(body), 0, 0, HOPS, self.proto, 0,
                               self.src.packed, self.dst.packed) + self.ip_options
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            between, following = b"", self.proto
            if self.extension:
                between = bytes([self.proto, 0, 1, 4, 0, 0, 0, 0])
                following = 60
            head = struct.pack("!IHBB16s16s", 6 << 28, len(body) + len(between), following, HOPS, self.src.packed,
                               self.dst.packed) + between
        where = {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}.get(self.proto)
        if where is not None and not (self.proto == ICMP and self.family == 6):
            pseudo = self.src.packed + self.dst.packed + struct.pack("!II", len(body), self.proto)
            total = checksum((b"" if self.proto == ICMP else pseudo) + body)
            if self.proto == UDP and not total:
                total = 0xFFFF
            body = body[:where] + struct.pack("!H", total) + body[where + 2:]
        return head + body

    def frame(self, number):
        kind = 0x0800 if self.family == 4 else 0x86DD
        return mac_bytes(FIREWALL_MAC) + mac_bytes(self.mac) + struct.pack("!H", kind) + self.ip(number << TOKEN_SHIFT)

    def length(self):
        """As the rules see it: "ip length", or "ip6 length" (without the fixed header)."""
        size = len(self.ip(0))
        return size if self.family == 4 else size - 40

    def words(self):
        return 5 + len(self.options) // 4 if self.proto == TCP else 0

    def __str__(self):
        name = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmpv6"}.get(self.proto, "protocol %d" % self.proto)
        text = "%s %s" % (name, self.src)
        if self.proto in (TCP, UDP):
            text += " port %d > %s port %d" % (self.sport, self.dst, self.dport)
        else:
            text += " > %s" % self.dst
        if self.proto == TCP:
            names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"]
            text += " flags " + (",".join(n for i, n in enumerate(names) if self.flags >> i & 1) or "none")
        elif self.proto in (ICMP, ICMP6):
            text += " type %d" % self.icmp_type
        if self.ip_options:
            text += " IP options %s" % self.ip_options.hex()
        if self.payload:
            text += " payload %d" % len(self.payload)
        if self.mac != FAR_MAC:
            text += " from %s" % self.mac
        return text


class Seen:
    """What became of one packet."""

    def __init__(self):
        self.out = []  # (place, IP packet)
        self.queue = []  # (number, packet mark)
        self.resets, self.icmp = [], []

    def __str__(self):
        words = ["out at %d" % place for place, _ in self.out]
        words += ["queue %d mark %#x" % q for q in self.queue]
        words += ["reset to %d" % place for place in self.resets]
        words += ["icmp type %d code %d to %d" % (t, c, place) for place, t, c in self.icmp]
        return ", ".join(words) or "nothing"


class Injector:
    """places: (netns, interface) of the far ends, by number."""

    def __init__(self, program, firewall, places, queues=(0, 0)):
        self.process = subprocess.Popen(
            [program, firewall, str(queues[0]), str(queues[1])] + ["%s/%s" % p for p in places],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 20)
        self.number = 0
        self.pending = []
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the injector did not start")

    def add(self, place, packet, mark="drop"):
        self.pending.append("send %d %d %s %s\n" % (self.number, place, mark, packet.frame(self.number).hex()))
        self.number += 1
        return self.number - 1

    def flush(self):
        self.process.stdin.write("flush\n")
        self.process.stdin.flush()

    def go(self):
        """{number: Seen} of the packets that were added since the last time."""
        first, self.pending, lines = self.number - len(self.pending), [], self.pending
        self.process.stdin.write("".join(lines) + "go\n")
        self.process.stdin.flush()
        seen = {number: Seen() for number in range(first, self.number)}
        for line in self.process.stdout:
            word = line.split()
            if word[0] == "end":
                if word[1] != "0":
                    raise RuntimeError("%s packets were lost on the way to the injector" % word[1])
                return seen
            of = seen.get(int(word[1]))
            if of is None:
                continue  # late, of a run before
            if word[0] == "out":
                of.out.append((int(word[2]), bytes.fromhex(word[3])))
            elif word[0] == "queue":
                of.queue.append((int(word[2]), int(word[3])))
            elif word[0] == "reset":
                of.resets.append(int(word[2]))
            elif word[0] == "icmp":
                of.icmp.append((int(word[2]), int(word[3]), int(word[4])))
        raise RuntimeError("the injector ended")

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=10)


def addresses_of(packet):
    """(source, destination) of an IP packet."""
    if packet[0] >> 4 == 4:
        return ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20])
    return ipaddress.ip_address(packet[8:24]), ipaddress.ip_address(packet[24:40])


def ports_of(packet):
    at = (packet[0] & 15) * 4
    if packet[0] >> 4 == 6:
        at = 48 if packet[6] == 60 else 40  # behind destination options, as ip() writes them
    return struct.unpack("!HH", packet[at:at + 4])


def run(*words, **options):
    """A command that must succeed; its output."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stderr.strip() or done.stdout.strip()))
    return done.stdout


assert socket.IPPROTO_TCP == TCP
