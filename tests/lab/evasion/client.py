# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalogue: each technique shows the firewall the permitted name, and wants the server to read another.

usage: client.py run|list FIRST_PORT [CASE...]
Raw sockets only: the caller keeps this host's kernel from answering. A case's forbidden name bears the case's own name,
so that the server's log tells which one got through. HIDDEN is a hop limit that the firewall's next hop ends."""
import multiprocessing
import os
import random
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from rawtcp import ACK, FIN, PSH, RST, SYN, Tcp, checksum, client_hello, in_records  # noqa: E402

CLIENT, CLIENT6 = "192.168.10.12", "2001:db8:10::12"
SERVER, RETRY, SERVER6 = "198.51.100.150", "198.51.100.151", "2001:db8:c10d::130"
PATIENT = "198.51.100.154"  # as RETRY, and it passes over any early data
GOOD = os.environ.get("GOOD", "reiji-city.sharepoint.com")
HIDDEN = 2
FILL = 0xDADA  # an extension that nobody knows (RFC 8701)
DATA = PSH | ACK
MD5 = b"\x13\x12" + bytes(16)
SECRET = b"\x17\x03\x03\x00\x20" + bytes(32)
CCS = b"\x14\x03\x03\x00\x01\x01"
PAUSE = 0.05

CASES = {}


def case(function):
    CASES[function.__name__.strip("_").replace("_", "-")] = function
    return function


class Try:
    """One connection and the two hellos: of one length, so that they can stand in each other's place."""

    def __init__(self, name, port, server=SERVER, dport=443, options=b"", **hello):
        self.bad_name = f"qqqq-{name}.sharepoint.com"
        self.good, self.bad = (client_hello(n, **hello) for n in (GOOD, self.bad_name))
        size = max(len(self.good), len(self.bad)) + 4
        pad = [dict(hello, extra=hello.get("extra", b"") + struct.pack("!HH", FILL, size - len(h)) + bytes(size - len(h)))
               for h in (self.good, self.bad)]
        self.good, self.bad = (client_hello(n, **p) for n, p in zip((GOOD, self.bad_name), pad))
        self.tcp = Tcp(CLIENT, server, dport, sport=port)
        self.state = self.tcp.connect(2, options=options)

    def send(self, data, at=0, flags=DATA, pause=PAUSE, **how):
        self.tcp.send(flags, data, seq=self.tcp.seq + at, **how)
        time.sleep(pause)

    def hide(self, data, at=0, **how):
        """Shown to the firewall; the server never gets it."""
        self.send(data, at, ttl=HIDDEN, **how)

    def name_at(self):
        return self.bad.index(b"qqqq")


def http(name, more=""):
    return f"GET / HTTP/1.1\r\nHost: {name}\r\n{more}\r\n".encode()


def padded(*texts):
    """Heads of one length."""
    size = max(map(len, texts))
    return [t[:-2] + b"X: " + b"x" * (size - len(t)) + b"\r\n\r\n" for t in texts]


# --- a decoy that the server does not take, then the real thing ---------------------------------------------------------

def decoy(**how):
    def run(name, port):
        t = Try(name, port)
        t.send(t.good, **how)
        t.send(t.bad)
        t.send(t.bad)
    return run


CASES["fake-ttl"] = decoy(ttl=HIDDEN)
CASES["fake-checksum"] = decoy(bad_checksum=True)
CASES["fake-md5"] = decoy(options=MD5)
CASES["fake-no-ack"] = decoy(flags=PSH)
CASES["fake-syn"] = decoy(flags=SYN | ACK | PSH)
CASES["fake-fin"] = decoy(flags=FIN | ACK | PSH, ttl=HIDDEN)
CASES["fake-rst"] = decoy(flags=RST | ACK, ttl=HIDDEN)
CASES["fake-sequence-before"] = decoy(at=-10000)
CASES["fake-sequence-just-before"] = decoy(at=-1, ttl=HIDDEN)
CASES["fake-sequence-ahead"] = decoy(at=200000)
CASES["fake-ttl-and-md5"] = decoy(options=MD5, ttl=HIDDEN)


@case
def fake_ack(name, port):
    t = Try(name, port)
    t.send(t.good, ack=t.tcp.ack - 66000)
    t.send(t.bad)
    t.send(t.bad)


@case
def fake_timestamp(name, port):
    def stamp(ago=0):
        return b"\x01\x01\x08\x0a" + struct.pack("!II", 5000000 - ago, 0)
    t = Try(name, port, options=b"\x02\x04\x05\xb4" + stamp())
    t.send(t.good, options=stamp(600000))
    t.send(t.bad, options=stamp())
    t.send(t.bad, options=stamp())


@case
def fake_one_byte_at_a_time(name, port):
    t = Try(name, port)
    t.hide(t.good)
    for i in range(0, len(t.bad)):
        t.send(t.bad[i:i + 1], i, pause=0)


# --- the other name alone, cut up ---------------------------------------------------------------------------------------

@case
def split(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    t.send(t.bad[:cut])
    t.send(t.bad[cut:], cut)


@case
def split_after_one_byte(name, port):
    t = Try(name, port)
    t.send(t.bad[:1])
    t.send(t.bad[1:], 1)


@case
def disorder(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    t.send(t.bad[cut:], cut)
    t.send(t.bad[:cut])


@case
def disorder_by_loss(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    t.hide(t.bad[:cut])
    t.send(t.bad[cut:], cut)
    t.send(t.bad[:cut])


@case
def split_with_fakes(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    t.hide(t.good[:cut])
    t.send(t.bad[:cut])
    t.hide(t.good[cut:], cut)
    t.send(t.bad[cut:], cut)


@case
def disorder_with_fakes(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    for at, part in ((cut, slice(cut, None)), (0, slice(0, cut))):
        t.hide(t.good[part], at)
        t.send(t.bad[part], at)
        t.hide(t.good[part], at)


@case
def fake_host_split(name, port):
    t = Try(name, port)
    at, end = t.name_at(), t.name_at() + len(t.bad_name)
    t.send(t.bad[:at])
    t.hide(t.good[at:end], at)
    t.send(t.bad[at:end], at)
    t.hide(t.good[at:end], at)
    t.send(t.bad[end:], end)


@case
def overlap_prefix(name, port):
    """The second part first, with a decoy in front of it that the first part then replaces."""
    t = Try(name, port)
    cut = t.name_at() + 40
    t.send(t.good[1:cut] + t.bad[cut:], 1)
    t.send(t.bad[:cut])
    t.send(t.bad)


@case
def overlap_left_of_window(name, port):
    t = Try(name, port)
    t.send(t.good[:100] + t.bad, -100)
    t.send(t.bad)


@case
def overlap_behind(name, port):
    t = Try(name, port)
    cut = t.name_at() + 3
    t.send(t.bad[:cut])
    t.send(t.good[t.name_at() - 5:], t.name_at() - 5)
    t.send(t.bad[cut:], cut)


@case
def records(name, port):
    t = Try(name, port)
    t.send(in_records(t.bad, t.name_at() - 2))


@case
def records_of_one_byte(name, port):
    t = Try(name, port)
    cut = in_records(t.bad, 1)
    for i in range(0, len(cut), 1400):
        t.send(cut[i:i + 1400], i)


@case
def records_and_segments(name, port):
    t = Try(name, port)
    cut = in_records(t.bad, 50)
    parts = range(0, len(cut), 60)
    for i in reversed(parts):
        t.send(cut[i:i + 60], i, pause=0.01)


# --- after the decision -------------------------------------------------------------------------------------------------

@case
def after_the_decision(name, port):
    t = Try(name, port)
    t.hide(t.good)
    t.hide(CCS + SECRET, len(t.good))
    t.send(t.bad)
    t.send(t.bad)


@case
def after_a_forged_acknowledgement(name, port):
    """The client says on the server's behalf that the decoy has arrived: to the address the server knows, and to its own."""
    t = Try(name, port)
    t.hide(t.good)
    t.hide(CCS + SECRET, len(t.good))
    for back in (CLIENT, "192.0.2.10"):
        forged = Tcp(SERVER, back, port, sport=443)
        forged.send(ACK, seq=t.tcp.ack, ack=t.tcp.seq + len(t.good) + 60)
    time.sleep(PAUSE)
    t.send(t.bad)
    t.send(t.bad)


@case
def after_a_hidden_reset(name, port):
    t = Try(name, port)
    t.hide(t.good)
    t.hide(b"", flags=RST)
    t.send(t.bad)
    t.send(t.bad)


@case
def after_a_hidden_reset_and_another_beginning(name, port):
    t = Try(name, port)
    t.hide(t.good)
    t.hide(b"", flags=RST)
    t.hide(b"", at=-1, flags=SYN)
    t.hide(t.good)
    t.send(t.bad)
    t.send(t.bad)


@case
def after_a_hidden_end(name, port):
    t = Try(name, port)
    t.hide(t.good)
    t.hide(b"", at=len(t.good), flags=FIN | ACK)
    t.send(t.bad)


@case
def hole_behind_the_hello(name, port):
    """What waits behind a hole waits in the queue: not for ever."""
    t = Try(name, port)
    t.send(t.good)
    t.send(t.bad, len(t.good) + 1)


# --- a server that asks for another hello ---------------------------------------------------------------------------------

def p384():
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-outform", "DER"],
                          capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=made,
                            capture_output=True, check=True).stdout
    return 24, public[-97:]


class Retry(Try):
    """second: what the server goes by, when it has answered with a HelloRetryRequest."""

    def __init__(self, name, port, server=RETRY, **hello):
        session = os.urandom(32)
        super().__init__(name, port, server=server, session=session, groups=(29, 24), **hello)
        share = p384()
        same, other = (client_hello(n, session=session, groups=(29, 24), share=share) for n in (GOOD, self.bad_name))
        size = max(len(same), len(other)) + 4
        self.same, self.other = (
            client_hello(n, session=session, groups=(29, 24), share=share,
                         extra=struct.pack("!HH", FILL, size - len(h)) + bytes(size - len(h)))
            for n, h in ((GOOD, same), (self.bad_name, other)))

    def first(self):
        self.send(self.good)
        answer = self.tcp.outcome(1)
        return len(self.good), answer


@case
def second_hello(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.send(t.other, at)


@case
def second_hello_behind_a_ccs(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.send(CCS + t.other, at)


@case
def second_hello_in_small_pieces(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    cut = in_records(t.other, 100)
    for i in range(0, len(cut), 3):
        t.send(cut[i:i + 3], at + i, pause=0)


@case
def second_hello_after_a_decoy(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.hide(t.same, at)
    t.send(t.other, at)
    t.send(t.other, at)


@case
def second_hello_after_a_decoy_of_data(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.hide(SECRET, at)
    t.send(t.other, at)
    t.send(t.other, at)


@case
def second_hello_after_a_decoy_of_one_byte(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.hide(SECRET[:1], at)
    t.send(t.other[:1], at)
    t.send(t.other[1:], at + 1)
    t.send(t.other, at)


@case
def second_hello_after_far_decoy(name, port):
    t = Retry(name, port)
    at, _ = t.first()
    t.send(SECRET, at + 1)
    t.hide(SECRET[:1], at)
    t.send(t.other, at)


EARLY = struct.pack("!HH", 42, 0)


@case
def second_hello_behind_early_data(name, port):
    t = Retry(name, port, extra=EARLY)
    at, _ = t.first()
    t.send(SECRET + t.other, at)


@case
def second_hello_behind_much_early_data(name, port):
    """More than the firewall remembers, all of it between the server's wish for another hello and that."""
    t = Retry(name, port, server=PATIENT, extra=EARLY)
    at, _ = t.first()
    data = (b"\x17\x03\x03\x40\x00" + bytes(16384)) * 6
    for i in range(0, len(data), 1400):
        t.send(data[i:i + 1400], at + i, pause=0.005)
    time.sleep(0.3)
    for _ in range(2):
        t.send(t.other, at + len(data))


@case
def second_hello_behind_a_syn_among_early_data(name, port):
    """A record of early data that the server steps over, and in it a beginning that only the firewall believes in."""
    t = Retry(name, port, extra=EARLY)
    fill = client_hello(GOOD) + CCS + SECRET
    first = t.good + b"\x17\x03\x03" + struct.pack("!H", 1000)
    packets = [t.tcp.segment(DATA, first[:1])] * 200  # so that the engine has something else to do meanwhile
    packets += [t.tcp.segment(DATA, first), t.tcp.segment(SYN, seq=t.tcp.seq + len(first) - 1)]
    for packet in packets:
        t.tcp.send_ip(packet)
    time.sleep(0.3)
    t.send(fill, at=len(first), pause=0.3)
    for _ in range(2):
        t.send(bytes(1000 - len(fill)) + t.other, at=len(first) + len(fill), pause=0.2)


# --- HTTP -------------------------------------------------------------------------------------------------------------------

def web(name, port):
    t = Try(name, port, dport=80)
    return t, *padded(http(GOOD), http(t.bad_name))


@case
def http_second_request(name, port):
    t, good, bad = web(name, port)
    t.send(good)
    t.send(bad, len(good))


@case
def http_second_request_in_one_packet(name, port):
    t, good, bad = web(name, port)
    t.send(good + bad)


@case
def http_second_host(name, port):
    t = Try(name, port, dport=80)
    t.send(f"GET / HTTP/1.1\r\nHost: {GOOD}\r\nHost: {t.bad_name}\r\n\r\n".encode())


@case
def http_absolute_target(name, port):
    t = Try(name, port, dport=80)
    t.send(f"GET http://{t.bad_name}/ HTTP/1.1\r\nHost: {GOOD}\r\n\r\n".encode())


@case
def http_space_before_colon(name, port):
    t = Try(name, port, dport=80)
    t.send(f"GET / HTTP/1.1\r\nHost : {t.bad_name}\r\nHost: {GOOD}\r\n\r\n".encode())


@case
def http_bare_line_feeds(name, port):
    t = Try(name, port, dport=80)
    t.send(f"GET / HTTP/1.1\nHost: {t.bad_name}\n\n".encode())


@case
def http_head_replaced(name, port):
    t, good, bad = web(name, port)
    t.hide(good)
    t.send(bad)
    t.send(bad)


@case
def http_later_head_replaced(name, port):
    t, good, bad = web(name, port)
    t.send(good)
    t.hide(good, len(good))
    t.send(bad, len(good))
    t.send(bad, len(good))


@case
def http_length_and_chunks(name, port):
    t = Try(name, port, dport=80)
    t.send(f"POST / HTTP/1.1\r\nHost: {GOOD}\r\nContent-Length: 400\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode() +
           http(t.bad_name))


@case
def http_chunk_size_replaced(name, port):
    t = Try(name, port, dport=80)
    head = f"POST / HTTP/1.1\r\nHost: {GOOD}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    t.send(head)
    t.hide(b"8000\r\n" + bytes(1000), len(head))
    t.send(b"0\r\n\r\n" + http(t.bad_name), len(head))
    t.send(b"0\r\n\r\n" + http(t.bad_name), len(head))


# --- IP -----------------------------------------------------------------------------------------------------------------------

def fragments(t, data, order, hidden=()):
    segment = t.tcp.segment(DATA, data)
    size = (len(segment) // 3 // 8) * 8
    edges = [0, size, 2 * size, len(segment)]
    ident = random.randrange(65536)
    for i in order:
        t.tcp.send_ip(segment[edges[i]:edges[i + 1]], ttl=HIDDEN if i in hidden else 64,
                      fragment=(0x2000 if i < 2 else 0) | edges[i] // 8, ident=ident)
    time.sleep(PAUSE)


@case
def fragments_of_ipv4(name, port):
    t = Try(name, port)
    fragments(t, t.bad, (0, 1, 2))


@case
def fragments_of_ipv4_reversed(name, port):
    t = Try(name, port)
    fragments(t, t.bad, (2, 1, 0))


@case
def fragments_of_ipv4_after_a_decoy(name, port):
    t = Try(name, port)
    fragments(t, t.good, (0, 1, 2), hidden=(0, 1, 2))
    fragments(t, t.bad, (0, 1, 2))
    t.send(t.bad)


class Tcp6(Tcp):
    def __init__(self, port):
        super().__init__(CLIENT, SERVER, 443, sport=port)
        self.out.close()
        self.back.close()
        self.out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 1)
        self.back = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_TCP)

    def segment6(self, flags, data=b"", seq=None):
        seq = self.seq if seq is None else seq % (1 << 32)
        head = struct.pack("!HHIIBBHHH", self.sport, self.port, seq, self.ack if flags & ACK else 0, 5 << 4, flags, 64240, 0, 0)
        pseudo = (socket.inet_pton(socket.AF_INET6, CLIENT6) + socket.inet_pton(socket.AF_INET6, SERVER6) +
                  struct.pack("!II", len(head) + len(data), 6))
        return head[:16] + struct.pack("!H", checksum(pseudo + head + data)) + head[18:] + data

    def send_ip6(self, payload, following=6, hops=64):
        ip = (struct.pack("!IHBB", 6 << 28, len(payload), following, hops) + socket.inet_pton(socket.AF_INET6, CLIENT6) +
              socket.inet_pton(socket.AF_INET6, SERVER6))
        self.out.sendto(ip + payload, (SERVER6, 0))

    def send6(self, flags, data=b"", seq=None, extensions=(), hops=64):
        """extensions: kinds (0 hop-by-hop, 60 destination options) of 8 bytes of padding each."""
        chain = [*extensions, 6]
        payload = b"".join(bytes([chain[i + 1], 0, 1, 4, 0, 0, 0, 0]) for i in range(len(extensions)))
        self.send_ip6(payload + self.segment6(flags, data, seq), chain[0], hops)

    def receive(self, seconds):
        end = time.monotonic() + seconds
        self.back.settimeout(max(seconds, 0.01))
        while time.monotonic() < end:
            try:
                head = self.back.recvfrom(65536)[0]
            except TimeoutError:
                return None
            sport, dport, seq, ack, doff, flags = struct.unpack("!HHIIBB", head[:14])
            if (sport, dport) == (self.port, self.sport):
                return flags, seq, ack, head[(doff >> 4) * 4:]
        return None

    def connect6(self):
        self.send6(SYN)
        answer = self.receive(2)
        if answer and answer[0] & SYN and answer[0] & ACK:
            self.seq, self.ack = answer[2], (answer[1] + 1) % (1 << 32)
            self.send6(ACK)


class Try6(Try):
    def __init__(self, name, port):
        self.bad_name = f"qqqq-{name}.sharepoint.com"
        self.good, self.bad = client_hello(GOOD), client_hello(self.bad_name)
        self.tcp = Tcp6(port)
        self.tcp.connect6()

    def send6(self, data, **how):
        self.tcp.send6(DATA, data, **how)
        time.sleep(PAUSE)


def extended(*extensions, fake=()):
    def run(name, port):
        t = Try6(name, port)
        if fake:
            t.send6(t.good, hops=HIDDEN, extensions=fake)
        t.send6(t.bad, extensions=extensions)
        t.send6(t.bad)
    return run


CASES["ipv6-plain"] = extended()
CASES["ipv6-hop-by-hop"] = extended(0)
CASES["ipv6-destination-options"] = extended(60)
CASES["ipv6-many-options"] = extended(0, 60, 60)
CASES["ipv6-decoy"] = extended(fake=(60,))
CASES["ipv6-decoy-hop-by-hop"] = extended(60, fake=(0,))


def fragmented6(atomic):
    def run(name, port):
        t = Try6(name, port)
        segment = t.tcp.segment6(DATA, t.bad)
        cut = len(segment) if atomic else len(segment) // 2 // 8 * 8
        ident = random.randrange(1 << 32)
        for start, part, more in ((0, segment[:cut], not atomic), (cut, segment[cut:], False)):
            if part:
                t.tcp.send_ip6(struct.pack("!BBHI", 6, 0, start | more, ident) + part, 44)
        time.sleep(PAUSE)
    return run


CASES["ipv6-fragments"] = fragmented6(False)
CASES["ipv6-atomic-fragment"] = fragmented6(True)


def run(job):
    name, port = job
    random.seed(f"{name} {port}")
    try:
        CASES[name](name, port)
    except Exception as error:  # a case that breaks must not pass for one that was refused
        return f"broken {name}: {error!r}"
    return f"done {name}"


def main():
    import published  # which needs what is above
    CASES.update(published.CASES)
    what, port, *names = sys.argv[1:]
    names = names or sorted(CASES)
    if what == "list":
        print("\n".join(names))
        return
    with multiprocessing.Pool(10) as pool:
        for line in pool.imap(run, [(name, int(port) + i) for i, name in enumerate(names)], chunksize=1):
            print(line, flush=True)


if __name__ == "__main__":
    main()
