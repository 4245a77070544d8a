# SPDX-License-Identifier: GPL-2.0-or-later
"""Random HTTP requests, as hostile as they come: whatever our reader lets go, no server may take for another host.

usage: http-differential.py READ_BYTES [--streams N] [--seed N]

Each stream is a client's bytes of one connection. Our reader tells the requests in it and how far it would let them go;
each server gets just that, and says for which host it took each request. These must be the same hosts in the same order;
a server may stop earlier. The whole stream is sent as well, past where we refuse: how often a server then takes a request
for a host that we did not name shows that the streams are worth something."""
import argparse
import concurrent.futures
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile

import http_servers

GOOD, EVIL = "good.example", "evil.example"
ANSWER = re.compile(rb"HTTP/1\.[01] (200|410) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
SEEN = re.compile(rb"^X-Seen: *([^\r\n]*)\r$", re.M | re.I)

HOSTS = [GOOD, GOOD.upper(), GOOD + ".", GOOD + ":80", GOOD + ":", GOOD + ":8080", EVIL, f"{GOOD},{EVIL}", f"{GOOD} {EVIL}",
         f"{GOOD}\t{EVIL}", f"{EVIL}@{GOOD}", f"{GOOD}/{EVIL}", f"{GOOD}#{EVIL}", f"{GOOD}\0.{EVIL}", f"{GOOD}:80@{EVIL}",
         f"{GOOD}\\{EVIL}", f"{GOOD}%2e{EVIL}", "", "192.0.2.1", "[::1]", f"{GOOD};{EVIL}", f"\x0b{GOOD}", f"{GOOD}\x0c", f"{GOOD}\xa0"]
TARGETS = ["/", "/x", "*", f"http://{GOOD}/", f"http://{EVIL}/", f"HTTP://{GOOD}:80/", f"http://{EVIL}@{GOOD}/", f"//{EVIL}/",
           f"http://{GOOD}\\@{EVIL}/", f"https://{EVIL}/", f"http:{EVIL}", f"{EVIL}:80", f"http:///{EVIL}/", f"/ http://{EVIL}/",
           f"http://{GOOD}?@{EVIL}/", f"http://{GOOD}#@{EVIL}/", f"/\thttp://{EVIL}/"]
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "get", "TRACE", "CONNECT", "PRI", "X-Y", "PATCH"]
VERSIONS = ["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", "HTTP/01.1", "", "HTTP/1.10"]
FIELDS = ["Connection: close", "Connection: keep-alive", "Connection: Host", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
          "Upgrade: websocket\r\nConnection: Upgrade", "Expect: 100-continue", "Expect: x", "X: y", "X:", "X : y", " folded", "\tfolded",
          f"Host : {EVIL}", f" Host: {EVIL}", f"Host\t: {EVIL}", f"X: y\r{{lf}}Host: {EVIL}", f"X: y\rHost: {EVIL}", f"Host\0: {EVIL}",
          f"X-Forwarded-Host: {EVIL}", f"host: {EVIL}", f"Host: {EVIL}", f"Host: {GOOD}", "TE: trailers", "Trailer: Host", "\x80: y", ": y", "y"]
LENGTHS = ["{n}", "0{n}", "+{n}", "{n}, {n}", " {n} ", "-{n}", "0x{n}", "{n}.0", "{n} 0", "{n}\r\nContent-Length: {n}",
           "0\r\nContent-Length: {n}", "{n}\r\nContent-Length: 0", "9{n}", "", "99999999999999999999{n}", "{n};", "\x0b{n}"]
CODINGS = ["chunked", "Chunked", "chunked, chunked", "identity, chunked", "chunked;x=y", "xchunked", "identity", "chunked ,", " chunked",
           "\x0bchunked", "chunked\0", "gzip", "chunked\r\nTransfer-Encoding: identity", "identity\r\nTransfer-Encoding: chunked", "\"chunked\""]
CODING_NAMES = ["Transfer-Encoding"] * 6 + ["Transfer-Encoding ", "Transfer_Encoding", " Transfer-Encoding", "transfer-encoding", "X\nTransfer-Encoding"]
SIZES = ["{n:x}"] * 6 + ["{n:X}", "0{n:x}", "{n:x} ", " {n:x}", "{n:x};a=b", "{n:x};a=\"b;c\\\"\"", "{n:x} ;a", "{n:x};a\n", "0x{n:x}", "+{n:x}",
                         "{n:x}\t", "{n:x};", "{n:x}\r", "1000000000000000{n:x}", "{n:x}_", "{n:x};a=\"b"]
TRAILERS = [""] * 6 + ["X: y\r\n", f"Host: {EVIL}\r\n", "Content-Length: 5\r\n", " folded\r\n", "X : y\r\n", "X: y\n", "Transfer-Encoding: chunked\r\n"]
ENDS = ["\r\n"] * 30 + ["\n", "\r", "\r\r\n", "\n\r\n", "\t\r\n", "\0\r\n"]
BYTES = "\r\n\t \0\x0b\x0c:;,\"\\/@?#%=_\x7f\x80\xa0\xff0a"


class Maker:
    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.heat = 1  # how much of a stream is odd

    def one(self, usual, others, odds):
        return self.pick.choice(others) if self.pick.random() < odds * self.heat else usual

    def body(self, inner):
        """A body, and the fields that frame it. Inside may be what another reader takes for a request."""
        n = len(inner)
        kind = self.pick.random()
        if kind < 0.35:
            return [], ""
        length = "Content-Length: " + self.one("{n}", LENGTHS, 0.3).replace("{n}", str(n))
        if kind < 0.6:
            return [length], inner
        coding = self.one("Transfer-Encoding", CODING_NAMES, 0.15) + ": " + self.one("chunked", CODINGS, 0.3)
        cut = self.pick.randrange(n + 1)
        text = ""
        for part in (inner[:cut], inner[cut:]):
            if part:
                text += self.one("{n:x}", SIZES, 0.3).format(n=len(part)) + self.one("\r\n", ENDS, 0.1) + part + \
                    self.one("\r\n", ENDS, 0.1)
        text += self.one("0", ["00", "0;a", "0 ", "-0", "", "0x0"], 0.15) + self.one("\r\n", ENDS, 0.05)
        text += self.one("", TRAILERS, 0.5) + "\r\n"
        fields = [coding]
        if self.pick.random() < 0.2 * self.heat:
            fields.insert(self.pick.randrange(2), length)
        return fields, text

    def request(self, depth=0):
        pick = self.pick
        inner = self.request(1) if depth == 0 and pick.random() < 0.6 else "x" * pick.randrange(12)
        fields, body = self.body(inner)
        method = self.one("POST" if fields else "GET", METHODS, 0.15)
        host = EVIL if depth else self.one(GOOD, HOSTS, 0.25)
        if pick.random() < 1 - 0.05 * self.heat:
            fields.insert(pick.randrange(len(fields) + 1), self.one("Host", ["host", "HOST", "Host ", " Host", "Ho st"], 0.1) + ": " + host)
        while pick.random() < 0.5 * self.heat:
            fields.insert(pick.randrange(len(fields) + 1), pick.choice(FIELDS).replace("{lf}", "\n"))
        line = method + self.one(" ", ["  ", "\t", ""], 0.05) + self.one("/", TARGETS, 0.2) + self.one(" ", ["  ", "\t", ""], 0.05) + \
            self.one("HTTP/1.1", VERSIONS, 0.3)
        text = self.one("", ["\r\n", "\n", " ", "\r", "\r\n\r\n", "\0"], 0.1)
        for part in [line] + fields:
            text += part + self.one("\r\n", ENDS, 0.3)
        return text + self.one("\r\n", ENDS, 0.05) + body

    def stream(self):
        self.heat = self.pick.choice([0.05, 0.2, 0.5, 1])
        text = "".join(self.request() for _ in range(self.pick.choice([1, 1, 2, 3])))
        while self.pick.random() < 0.3 * self.heat:
            at = self.pick.randrange(len(text))
            change = self.pick.random()
            if change < 0.4:
                text = text[:at] + self.pick.choice(BYTES) + text[at:]
            elif change < 0.7:
                text = text[:at] + self.pick.choice(BYTES) + text[at + 1:]
            else:
                text = text[:at] + text[at + 1:]
        return text.encode("latin-1") + f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n".encode() * self.pick.randrange(2)


class Reader:
    """Our own."""
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # pylint: disable=consider-using-with

    def read(self, data):
        self.process.stdin.write(b"h" + struct.pack("!I", len(data)) + data)
        self.process.stdin.flush()
        *requests, end = re.findall(r"(\S+)@(\d+)", self.process.stdout.readline().decode())
        return [name for name, _ in requests], int(end[1]), end[0]


def ask(server, data):
    """The hosts that a server took the requests in data for."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
            sock.settimeout(1)
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(65536):
                answer += part
    except OSError:
        pass
    hosts = []
    for found in ANSWER.finditer(answer):
        seen = SEEN.search(found.group(2) + b"\r\n")
        if seen:
            host = seen.group(1).decode("latin-1").replace("%3A", ":").lower()
            hosts.append(re.sub(r":\d*$", "", host))
    return hosts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reader")
    parser.add_argument("--streams", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    maker, reader = Maker(seed), Reader(options.reader)
    wrong, danger, same, read = 0, 0, {}, 0
    print(f"# seed {seed}, {options.streams} streams")
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(8) as pool:
        servers = [s for i, name in enumerate(("node", "nginx", "h11", "apache", "go", "java"))
                   if (s := http_servers.Server(name, folder, 18080 + i)).start()]
        print("# servers:", ", ".join(s.name for s in servers))
        try:
            for number in range(options.streams):
                data = maker.stream()
                names, passed, end = reader.read(data)
                read += len(names)
                jobs = [(s, pool.submit(ask, s, data[:passed]), pool.submit(ask, s, data)) for s in servers]
                for server, job, whole in jobs:
                    hosts = job.result()
                    same[server.name] = same.get(server.name, 0) + len(hosts)
                    danger += [h for h in whole.result() if h != names[0]] != [] if names else whole.result() != []
                    if hosts != names[:len(hosts)]:
                        wrong += 1
                        if wrong <= 10:
                            print(f"# stream {number}: {server.name} read {hosts}, we {names} ({end}) in {data[:passed]!r}")
        finally:
            for server in servers:
                server.stop()
    print(f"# requests that we read: {read}; that servers did:", ", ".join(f"{k} {v}" for k, v in same.items()))
    print(f"# whole streams of which a server takes a request for another host: {danger}")
    enough = len(servers) >= 2 and read > options.streams // 4 and all(v > read // 4 for v in same.values()) and danger > 0
    print("1..2")
    print("ok 1 - no server reads another host than we do" if not wrong else f"not ok 1 - {wrong} times a server reads another host")
    print(("ok" if enough else "not ok") + " 2 - two servers at least read much of it, and some would be fooled")
    sys.exit(1 if wrong or not enough else 0)


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    main()
