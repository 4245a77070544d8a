# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP client by hand on a raw socket, for segments that no kernel would send: any cut, any order, any header.

usage: rawtcp.py SOURCE DESTINATION PORT SCRIPT
The kernel of this host must not answer for SOURCE (the caller drops its resets). SCRIPT is one of the names at
the end of this file; it prints what came back: "data HEX…", "reset", "silence", one line an outcome.
"""
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def client_hello(name, post_quantum=False, extra=b"", share=None, session=None, groups=(29, 23)):
    """A TLS 1.3 ClientHello record for name; post_quantum adds a key share of 1,216 bytes, as browsers do.
    share: (group, key) instead of a made-up X25519 one; session: the session id, where two hellos must share it."""
    def ext(kind, body):
        return struct.pack("!HH", kind, len(body)) + body
    extensions = b""
    if name is not None:
        host = name.encode()
        entry = struct.pack("!BH", 0, len(host)) + host
        extensions += ext(0, struct.pack("!H", len(entry)) + entry)
    group, key = share or (29, os.urandom(32))
    shares = struct.pack("!HH", group, len(key)) + key
    groups = list(groups)
    if post_quantum:
        shares = struct.pack("!HH", 0x11EC, 1216) + os.urandom(1216) + shares
        groups.insert(0, 0x11EC)
    extensions += ext(51, struct.pack("!H", len(shares)) + shares)
    extensions += ext(10, struct.pack(f"!H{len(groups)}H", 2 * len(groups), *groups))
    extensions += ext(13, struct.pack("!HHHHH", 8, 0x0403, 0x0804, 0x0401, 0x0807))
    if post_quantum:
        extensions += ext(21, bytes(360))  # as much again as a browser's other extensions take
    extensions += ext(43, b"\x04\x03\x04\x03\x03") + ext(45, b"\x01\x01") + ext(11, b"\x01\x00") + extra
    body = (b"\x03\x03" + os.urandom(32) + b"\x20" + (session or os.urandom(32)) +
            struct.pack("!HHHHH", 8, 0x1301, 0x1302, 0xC02B, 0xC02F) + b"\x01\x00" +
            struct.pack("!H", len(extensions)) + extensions)
    handshake = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake


def in_records(record, size):
    """The handshake bytes of one record again, in records of size bytes."""
    body = record[5:]
    return b"".join(b"\x16\x03\x01" + struct.pack("!H", len(body[i:i + size])) + body[i:i + size]
                    for i in range(0, len(body), size))


class Tcp:
    next_port = None

    def __init__(self, source, destination, port, sport=None):
        self.source, self.destination, self.port = source, destination, port
        # one after the other, so that no port comes back while conntrack remembers it
        Tcp.next_port = (Tcp.next_port or random.randrange(20000, 50000)) + 1
        self.sport = sport or Tcp.next_port
        self.seq, self.ack = random.randrange(1 << 32), 0
        self.window = 64240
        self.out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 1)  # tells our segments from the kernel's
        self.back = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)

    def segment(self, flags, data=b"", seq=None, options=b"", bad_checksum=False, ack=None, urgent=0):
        """The TCP segment, as it goes behind an IP header."""
        seq = self.seq if seq is None else seq % (1 << 32)
        options += b"\x01" * (-len(options) % 4)
        head = struct.pack("!HHIIBBHHH", self.sport, self.port, seq,
                           (self.ack if ack is None else ack % (1 << 32)) if flags & ACK else 0,
                           (5 + len(options) // 4) << 4, flags, self.window, 0, urgent) + options
        pseudo = (socket.inet_aton(self.source) + socket.inet_aton(self.destination) +
                  struct.pack("!BBH", 0, 6, len(head) + len(data)))
        total = checksum(pseudo + head + data) ^ (0x5555 if bad_checksum else 0)
        return head[:16] + struct.pack("!H", total) + head[18:] + data

    def send_ip(self, payload, ttl=64, fragment=0x4000, ident=None, options=b""):
        """fragment: the flags and the offset in units of 8 bytes."""
        ip = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload),
                         random.randrange(65536) if ident is None else ident,
                         fragment, ttl, 6, 0, socket.inet_aton(self.source), socket.inet_aton(self.destination)) + options
        self.out.sendto(ip + payload, (self.destination, 0))

    def send(self, flags, data=b"", seq=None, ttl=64, options=b"", bad_checksum=False, ack=None, urgent=0):
        self.send_ip(self.segment(flags, data, seq, options, bad_checksum, ack, urgent), ttl)

    def receive(self, seconds):
        """Next segment for this connection: (flags, seq, ack, data), or None when the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.back], [], [], left)[0]:
                return None
            packet = self.back.recv(65536)
            head = packet[(packet[0] & 15) * 4:]
            sport, dport, seq, ack, doff, flags = struct.unpack("!HHIIBB", head[:14])
            if (sport, dport) == (self.port, self.sport) and packet[12:16] == socket.inet_aton(self.destination):
                return flags, seq, ack, head[(doff >> 4) * 4:]
        return None

    def connect(self, seconds=3, data=b"", options=b""):
        self.send(SYN, data, options=options)
        end = time.monotonic() + seconds
        while answer := self.receive(end - time.monotonic()):
            flags, seq, ack, _ = answer
            if flags & RST:
                return "reset"
            if flags & SYN and flags & ACK:
                self.seq, self.ack = ack, (seq + 1) % (1 << 32)
                self.send(ACK)
                return "open"
        return "silence"

    def outcome(self, seconds=3):
        """"data HEX" for the first payload that comes back, "reset", or "silence"."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            answer = self.receive(left)
            if answer is None:
                break
            if answer[0] & RST:
                return "reset"
            if answer[3]:
                return "data " + answer[3][:5].hex()
        return "silence"

    def close(self):
        self.send(RST | ACK)
        self.out.close()
        self.back.close()


def pieces(tcp, data, cuts, order):
    """Sends data cut at cuts (offsets), the pieces in the given order."""
    edges = [0, *cuts, len(data)]
    parts = [(edges[i], data[edges[i]:edges[i + 1]]) for i in range(len(edges) - 1)]
    for i in order:
        offset, part = parts[i]
        tcp.send(ACK | PSH, part, seq=tcp.seq + offset)


def attempt(where, data, cuts=(), order=None, seconds=3, sport=None, isn=None):
    tcp = Tcp(*where, sport=sport)
    tcp.seq = tcp.seq if isn is None else isn
    state = tcp.connect()
    if state == "open":
        pieces(tcp, data, cuts, order or range(len(cuts) + 1))
        state = tcp.outcome(seconds)
        tcp.seq = (tcp.seq + len(data)) % (1 << 32)
    tcp.close()
    return state


def reopen(tcp, data):
    """Begins anew on the ports of a connection that the other end may still have."""
    tcp.seq, tcp.ack = random.randrange(1 << 32), 0
    steps = []
    for _ in range(5):
        tcp.send(SYN)
        end = time.monotonic() + 1
        while (answer := tcp.receive(max(0, end - time.monotonic()))) and answer[3]:
            pass  # data of the old connection
        if answer is None:
            steps.append("silence")
        elif answer[0] & RST:
            steps.append("reset")
        elif answer[0] & SYN and answer[2] == (tcp.seq + 1) % (1 << 32):
            tcp.seq, tcp.ack = answer[2], (answer[1] + 1) % (1 << 32)
            tcp.send(ACK)
            tcp.send(ACK | PSH, data)
            return " ".join([*steps, "open", tcp.outcome()[:10]])
        else:  # it asks whether that was meant: as a client that knows of no such connection answers
            steps.append("asked")
            tcp.send(RST, seq=answer[2])
            time.sleep(0.2)
    return " ".join(steps)


def main():
    source, destination, port, script, *rest = sys.argv[1:]
    where = (source, destination, int(port))
    name = rest[0] if rest else None
    seed = int(os.environ.get("SEED", "0")) or random.randrange(1, 1 << 31)
    print(f"seed {seed}", file=sys.stderr)
    random.seed(seed)
    if script == "hello":
        print(attempt(where, client_hello(name)))
    elif script == "pq":  # NAME CUT ORDER: a post-quantum hello in two segments
        hello = client_hello(name, post_quantum=True)
        print(attempt(where, hello, [int(rest[1])], [1, 0] if rest[2] == "reversed" else [0, 1]))
    elif script == "pq-cuts":  # NAME STEP: in two segments cut at every STEPth byte, in both orders
        hello, bad = client_hello(name, post_quantum=True), 0
        for cut in range(1, len(hello), int(rest[1])):
            for order in ([0, 1], [1, 0]):
                if len(hello) - cut > 1460 or cut > 1460:
                    continue
                result = attempt(where, hello, [cut], order)
                if not result.startswith("data 16030"):
                    bad += 1
                    print(f"cut at {cut}, order {order}: {result}")
        print(f"{bad} differ, hello of {len(hello)} bytes")
    elif script == "records":  # NAME SIZE: TLS records of SIZE bytes
        print(attempt(where, in_records(client_hello(name), int(rest[1]))))
    elif script == "raw":  # TEXT: these bytes as the client's first
        print(attempt(where, name.encode().decode("unicode_escape").encode("latin-1")))
    elif script == "midstream":  # NAME: a hello on a connection that was never opened
        tcp = Tcp(*where)
        tcp.ack = 12345
        tcp.send(ACK | PSH, client_hello(name))
        print(tcp.outcome())
    elif script == "again":  # NAME OTHER: a permitted flow, reset, then the same ports at once for another name
        sport = random.randrange(20000, 60000)
        print(attempt(where, client_hello(name), sport=sport))
        print(attempt(where, client_hello(rest[1]), sport=sport))
    elif script == "same-isn":  # NAME OTHER: as "again", and the second begins with the first one's sequence number
        sport, isn = random.randrange(20000, 60000), random.randrange(1 << 32)
        print(attempt(where, client_hello(name), sport=sport, isn=isn))
        print(attempt(where, client_hello(rest[1]), sport=sport, isn=isn))
    elif script == "syn-on-open":  # NAME: a permitted flow, and on it a SYN that would begin another
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            hello = client_hello(name)
            tcp.send(ACK | PSH, hello)
            print(tcp.outcome())
            tcp.back.close()
            tcp.back = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
            tcp.send(SYN, seq=tcp.seq + 50000)
            end = time.monotonic() + 1.5
            while (answer := tcp.receive(end - time.monotonic())) and not answer[0] & SYN:
                pass
            print("answered" if answer else "silence")
            tcp.seq += len(hello)
        tcp.close()
    elif script == "reopen":  # NAME OTHER [COMMAND]: a permitted flow; COMMAND; the same ports begin anew, for another name
        tcp = Tcp(*where)
        print(tcp.connect())
        tcp.send(ACK | PSH, client_hello(name))
        print(tcp.outcome()[:10], flush=True)
        if len(rest) > 2:
            subprocess.run(rest[2].replace("PORT", str(tcp.sport)), shell=True, check=True)
        print(reopen(tcp, client_hello(rest[1])))
        tcp.close()
    elif script == "wrap":  # NAME: the hello's bytes go over the end of the sequence numbers
        print(attempt(where, client_hello(name), [150], isn=(1 << 32) - 100))
    elif script == "fin":  # NAME: the hello's segment ends the stream as well
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            tcp.send(ACK | PSH | FIN, client_hello(name))
            print(tcp.outcome())
        tcp.close()
    elif script == "fragments":  # NAME: the hello in IP fragments, the last one first
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            whole = tcp.segment(ACK | PSH, client_hello(name))
            for at in reversed(range(0, len(whole), 96)):
                more = 0x2000 if at + 96 < len(whole) else 0
                tcp.send_ip(whole[at:at + 96], fragment=more | at // 8, ident=4711)
            print(tcp.outcome())
        tcp.close()
    elif script == "probe":  # TEXT: asks by a byte of garbage whether the connection lives, before TEXT and after its answer
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            tcp.send(ACK, b"\0", seq=tcp.seq - 1)
            answer = tcp.receive(2)
            print("before: " + ("silence" if answer is None else "reset" if answer[0] & RST else "answered"))
            text = name.encode().decode("unicode_escape").encode("latin-1")
            for _ in range(2):
                tcp.send(ACK | PSH, text)
                end, got = time.monotonic() + 2, 0
                while (answer := tcp.receive(end - time.monotonic())) and not answer[0] & RST:
                    if answer[3]:
                        tcp.ack = (answer[1] + len(answer[3])) % (1 << 32)
                        got += len(answer[3])
                        tcp.send(ACK, seq=tcp.seq + len(text))
                        end = time.monotonic() + 0.3
                print("data" if got else "silence")
                tcp.seq = (tcp.seq + len(text)) % (1 << 32)
                tcp.send(ACK, b"\0", seq=tcp.seq - 1)
        tcp.close()
    elif script == "scan":  # COUNT: connections that are reset as soon as they are open
        flows = [Tcp(*where) for _ in range(int(name))]
        print(sum(tcp.connect() == "open" for tcp in flows))
        for tcp in flows:
            tcp.close()
    elif script == "reset-first":  # NAME: a reset, and then the hello
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            tcp.send(RST, seq=tcp.seq)
            tcp.send(ACK | PSH, client_hello(name))
            print(tcp.outcome(1.5))
        tcp.close()
    elif script == "urgent":  # NAME: an urgent pointer in a segment without payload, then a hello
        tcp = Tcp(*where)
        if tcp.connect() == "open":
            tcp.send(ACK | URG, urgent=3)
            tcp.send(ACK | PSH, client_hello(name))
            print(tcp.outcome())
        tcp.close()
    elif script == "stray":  # one ACK on a connection that was never opened
        tcp = Tcp(*where)
        tcp.ack = 777
        tcp.send(ACK)
        print(tcp.outcome(1.5))
    elif script == "syn":  # one SYN: is there an answer?
        tcp = Tcp(*where)
        print(tcp.connect(seconds=1.5))
    elif script == "hold":  # FLOWS SEGMENTS: that many connections, each with a hole first and then one-byte segments
        flows = [Tcp(*where) for _ in range(int(name))]
        opened = [tcp for tcp in flows if tcp.connect() == "open"]
        for i in range(int(rest[1])):
            for tcp in opened:
                tcp.send(ACK | PSH, b"\x16", seq=tcp.seq + 2 + i)
            time.sleep(0.01)  # what fills the queue shall be what is held, not what is not read yet
        print(f"holding {len(opened)}", flush=True)
        time.sleep(5)
        for tcp in flows:
            tcp.close()
    elif script == "overlap":  # NAME OTHER: a decoy name's bytes first, then other bytes at the same place
        first, second = client_hello(name), client_hello(rest[1])
        tcp = Tcp(*where)
        state = tcp.connect()
        if state == "open":
            tcp.send(ACK | PSH, first[:200], seq=tcp.seq)
            tcp.send(ACK | PSH, second, seq=tcp.seq)
            state = tcp.outcome()
        tcp.close()
        print(state)
    else:
        sys.exit(f"no script {script}")


if __name__ == "__main__":
    main()
