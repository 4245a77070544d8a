# SPDX-License-Identifier: GPL-2.0-or-later
"""Random TLS hellos, as hostile as they come: whatever our reader finds a name in, no server may answer for another.

usage: tls-differential.py READ_BYTES [--hellos N] [--seed N]

Each hello goes to each server as it is. Where our reader says a name, a server must answer with that name's certificate (with
the default one if it does not know the name), or not at all. How often a server answers what we refuse is only counted."""
import argparse
import concurrent.futures
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile

import tls_servers

GOOD, EVIL, DEFAULT = "good.example", "evil.example", "default.example"
NAMES = [DEFAULT, GOOD, EVIL]
ODD_NAMES = [b"GOOD.Example", b"good.example.", b"good.example\0", b"good.example\0evil.example", b"evil.example\0good.example", b"", b".",
             b"192.0.2.1", b"2001:db8::1", b"[::1]", b"good_.example", b"g\xc3\xbcd.example", b"xn--gd-hka.example", b" good.example",
             b"good.example ", b"good..example", b"-good.example", b"*.example", b"good.example:443", b"other.example", b"good", b"a" * 254,
             b"a." * 130 + b"example", b"good.example/", b"good,evil.example", b"evil.example", b"good.example\n", b"0x7f.1", b"a_b.example"]
GREASE = [0x0A0A + 0x1010 * i for i in range(16)]


def prefixed(size, body):
    return len(body).to_bytes(size, "big") + body


def extension(kind, body):
    return struct.pack("!H", kind) + prefixed(2, body)


def entry(name, kind=0):
    return bytes([kind]) + prefixed(2, name)


class Maker:
    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.heat = 1

    def odd(self, odds):
        return self.pick.random() < odds * self.heat

    def bytes(self, count):
        return bytes(self.pick.randrange(256) for _ in range(count))

    def name(self):
        return self.pick.choice(ODD_NAMES) if self.odd(0.3) else self.pick.choice([GOOD, EVIL]).encode()

    def server_name(self):
        pick = self.pick
        entries = [entry(self.name(), pick.choice([1, 2, 255]) if self.odd(0.08) else 0)]
        while self.odd(0.12):
            entries.insert(pick.randrange(len(entries) + 1), entry(self.name(), pick.choice([0, 0, 1, 3, 255])))
        if self.odd(0.03):
            entries = []
        body = b"".join(entries)
        body = prefixed(2, body) if not self.odd(0.08) else struct.pack("!H", max(0, len(body) + pick.choice([-1, 1, -2, 300]))) + body
        if self.odd(0.05):
            body += self.bytes(pick.randrange(1, 5))
        if self.odd(0.02):
            body = b""
        return extension(0, body)

    def extensions(self):
        pick = self.pick
        some = [extension(10, prefixed(2, b"\x00\x1d\x00\x17\x00\x18")), extension(11, b"\x01\x00"),
                extension(13, prefixed(2, bytes.fromhex("0403080404010503080505010806060102010203")))]
        more = [extension(0xFF01, b"\0"), extension(23, b""), extension(35, b""), extension(16, prefixed(2, b"\x02h2\x08http/1.1")),
                extension(5, b"\x01\0\0\0\0"), extension(43, b"\x02\x03\x03"), extension(43, b"\x04\x03\x04\x03\x03"), extension(18, b""),
                extension(51, prefixed(2, b"")), extension(45, b"\x01\x01"), extension(21, bytes(pick.randrange(600))), extension(42, b""),
                extension(0xFE0D, b"\0\0\x01\0\x01\x07" + prefixed(2, self.bytes(32)) + prefixed(2, self.bytes(144))),
                extension(pick.choice(GREASE), self.bytes(pick.randrange(2))), extension(0x4469, self.bytes(8)), extension(28, b"\x40\x01")]
        pick.shuffle(more)
        some += more[:pick.randrange(8)]
        if not self.odd(0.05):
            some.insert(pick.randrange(len(some) + 1), self.server_name())
        if self.odd(0.12):
            some.insert(pick.randrange(len(some) + 1), self.server_name())
        if self.odd(0.08):
            some.insert(pick.randrange(len(some) + 1), pick.choice(some))
        if self.odd(0.05):
            some.insert(pick.randrange(len(some) + 1), extension(41, prefixed(2, prefixed(2, self.bytes(32)) + bytes(4)) +
                                                                 prefixed(2, prefixed(1, self.bytes(32)))))
        body = b"".join(some)
        if self.odd(0.04):
            return struct.pack("!H", len(body) + pick.choice([-3, -1, 1, 4])) + body
        return prefixed(2, body)

    def hello(self):
        pick = self.pick
        version = pick.choice([0x0303] * 6 + [0x0301, 0x0302]) if not self.odd(0.15) else pick.choice([0x0300, 0x0304, 0x03FF, 0x0200, 0x0400])
        suites = b"\xc0\x2f\xc0\x30\x00\x9c\x00\x9d\xc0\x13\xc0\x14\x00\x2f\x00\x35\x00\xff" + (b"\x13\x01\x13\x02" if pick.random() < 0.3 else b"")
        body = struct.pack("!H", version) + self.bytes(32)
        body += prefixed(1, self.bytes(pick.choice([0, 32, 32]) if not self.odd(0.08) else pick.choice([1, 31, 33, 64])))
        body += prefixed(2, suites if not self.odd(0.03) else suites[:-1])
        body += prefixed(1, b"\0" if not self.odd(0.08) else pick.choice([b"\1\0", b"\0\1", b"\1", b"", b"\x40\0"]))
        if not self.odd(0.03):
            body += self.extensions()
        if self.odd(0.04):
            body += self.bytes(pick.randrange(1, 6))
        if self.odd(0.04):
            return b"\x01" + (len(body) + pick.choice([-2, -1, 1, 0x10000])).to_bytes(3, "big") + body
        return bytes([pick.choice([0, 2, 16, 20, 4])] if self.odd(0.03) else b"\x01") + prefixed(3, body)

    def records(self, message):
        """The message in records, with what does not belong there now and then."""
        pick = self.pick
        size = pick.choice([len(message)] * 5 + [1, 2, 7, 64, 200, 511])
        out, at = b"", 0
        while at < len(message):
            if self.odd(0.03 if size > 60 else 0.001):
                out += pick.choice([b"\x14\x03\x01\x00\x01\x01", b"\x15\x03\x01\x00\x02\x01\x00", b"\x16\x03\x01\x00\x00",
                                    b"\x15\x03\x01\x00\x02\x01\x5a", b"\x16\x03\x01\x00\x04\x00\x00\x00\x00", b"\x17\x03\x03\x00\x01x"])
            part = message[at:at + size]
            out += b"\x16" + struct.pack("!H", 0x0301 if not self.odd(0.1) else pick.choice([0x0300, 0x0303, 0x0304, 0x03FF, 0x0200, 0xFEFD]))
            out += prefixed(2, part) if not self.odd(0.01) else struct.pack("!H", len(part) + pick.choice([-1, 1, 5, 16380])) + part
            at += size
        return out

    def old(self):
        """SSLv2's way to say hello."""
        body = b"\x01\x03\x03" + struct.pack("!HHH", 6, 0, 16) + b"\x00\x00\x2f\x00\x00\x35" + self.bytes(16)
        return struct.pack("!H", 0x8000 | len(body)) + body

    def stream(self):
        pick = self.pick
        self.heat = pick.choice([0.05, 0.3, 1, 1])
        if self.odd(0.01):
            return self.old()
        message = self.hello()
        if self.odd(0.05):
            message += pick.choice([self.hello(), b"\x10\0\0\0", self.bytes(3)])
        if self.odd(0.04):
            message = pick.choice([b"\0\0\0\0", self.hello(), b"\x02\0\0\0"]) + message
        data = bytearray(self.records(message))
        if self.odd(0.05):
            data += self.records(self.hello())
        while self.odd(0.15):
            data[pick.randrange(min(len(data), 400))] = pick.choice([0, 1, 255, 46, pick.randrange(256)])
        return bytes(data)


class Reader:
    """Our own."""
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # pylint: disable=consider-using-with

    def read(self, data):
        self.process.stdin.write(b"t" + struct.pack("!I", len(data)) + data)
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().split()


def ask(server, data):
    """The name of the certificate that a server answers with, or None."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
            sock.settimeout(2)
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while b"\x16\x03" in answer[:2] or not answer:
                part = sock.recv(65536)
                answer += part
                if not part or re.search(rb"\x0e\0\0\0$|\x15\x03.\0\x02..$", answer, re.S):
                    break
    except OSError:
        pass
    found = {n for n in NAMES if n.encode() in answer}
    return found.pop() if len(found) == 1 else ("/".join(sorted(found)) or None)


def joined(data):
    """What the records hold, without their headers."""
    out, at = b"", 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at + 3:at + 5], "big")
        out += data[at + 5:at + 5 + length]
        at += 5 + length
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reader")
    parser.add_argument("--hellos", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    maker, reader = Maker(seed), Reader(options.reader)
    wrong, named, same, beyond = 0, 0, {}, {}
    print(f"# seed {seed}, {options.hellos} hellos", flush=True)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(24) as pool:
        tls_servers.make_keys(folder, NAMES)
        servers = [s for i, name in enumerate(("openssl", "nginx", "gnutls", "go", "java", "nss"))
                   if (s := tls_servers.Server(name, folder, 18440 + i, NAMES)).start()]
        print("# servers:", ", ".join(s.name for s in servers), flush=True)
        try:
            asked = []
            for number in range(options.hellos):
                data = maker.stream()
                word, *rest = reader.read(data)
                name = rest[0] if word == "name" else None
                named += name is not None
                if word != "more":
                    asked.append((number, data, name, [(s, pool.submit(ask, s, data)) for s in servers]))
            for number, data, name, jobs in asked:
                want = name if name in NAMES else DEFAULT
                for server, job in jobs:
                    got = job.result()
                    if name is None:
                        beyond[server.name] = beyond.get(server.name, 0) + (got is not None)
                        continue
                    same[server.name] = same.get(server.name, 0) + (got == want)
                    # GnuTLS takes capitals for another name, against RFC 6066 section 3
                    capitals = server.name == "gnutls" and got == DEFAULT and b"GOOD.Example" in joined(data)
                    if got not in (None, want) and not capitals:
                        wrong += 1
                        if wrong <= 10:
                            print(f"# hello {number}: {server.name} answers for {got}, we read {name}: {data.hex()}")
        finally:
            for server in servers:
                server.stop()
    print(f"# hellos with a name: {named}; that servers answered for it:", ", ".join(f"{k} {v}" for k, v in same.items()))
    print("# refused ones that servers answered:", ", ".join(f"{k} {v}" for k, v in beyond.items()))
    enough = len(servers) >= 2 and named > options.hellos // 8 and all(v > named // 4 for v in same.values()) and sum(beyond.values()) > 0
    print("1..2")
    print("ok 1 - no server answers for another name than we read" if not wrong else f"not ok 1 - {wrong} times a server answers for another name")
    print(("ok" if enough else "not ok") + " 2 - two servers at least answered much of it, and some of what is refused")
    sys.exit(1 if wrong or not enough else 0)


if __name__ == "__main__":
    main()
