# SPDX-License-Identifier: GPL-2.0-or-later
"""The modes of the published tools, by what their documentation says of them; written here anew on raw sockets.

nfqws (zapret): every mode that sends decoys, with every way of keeping the decoy from the server ("fooling"), and the ones
without; byedpi, GoodbyeDPI, SpoofDPI; strategies found by Geneva. All are turned round, since here a name must be shown that
is permitted: the decoy bears it. What is left out changes nothing of what the firewall decides by: modes of the server's side
(synack-split, wsize), and those for UDP alone (udplen, tamper)."""
import os
import struct

from client import (ACK, CCS, CLIENT, DATA, FIN, HIDDEN, MD5, PSH, RST, SECRET, SERVER, SYN, Try, Try6, extended, fragments, http,
                    web)
from rawtcp import Tcp, in_records

URG = 32
CASES = {}
SEGMENT = 1300  # of the part of a hello that one packet takes
MSS = b"\x02\x04\x05\xb4"
FAST_OPEN = b"\x22\x0a" + b"cookie!!"


def stamp(ago=0):
    return b"\x01\x01\x08\x0a" + struct.pack("!II", 5000000 - ago, 0)


FOOLINGS = {
    "ttl": {"ttl": HIDDEN},
    "md5sig": {"options": MD5},
    "badsum": {"bad_checksum": True},
    "badseq": {"shift": -10000},
    "badseq-far": {"shift": 0x80000000},
    "badack": {"back": -66000},
    "datanoack": {"flags": PSH},
    "ts": {"options": stamp(600000)},
}


class Mode(Try):
    """A connection whose decoys are sent in one way, and the real thing as a kernel would."""

    def __init__(self, name, port, fooling="ttl", **how):
        self.options = stamp() if fooling == "ts" else b""
        super().__init__(name, port, options=MSS + self.options, **how)
        self.fooling = dict(FOOLINGS[fooling])
        self.shift = self.fooling.pop("shift", 0)
        self.back = self.fooling.pop("back", None)

    def fake(self, data, at=0, **how):
        how = {**self.fooling, **how}
        if self.back is not None:
            how["ack"] = self.tcp.ack + self.back
        self.send(data, at + self.shift, pause=0.01, **how)

    def real(self, data, at=0, **how):
        self.send(data, at, options=self.options, **how)

    def finally_bad(self):
        """A kernel sends again what was not acknowledged."""
        self.real(self.bad)
        self.real(self.bad)


def fake(t):
    t.fake(t.good)
    t.finally_bad()


def fake_repeated(t):
    for _ in range(6):
        t.fake(t.good)
    t.finally_bad()


def fake_and_more(t):
    """The decoy goes on as a client does whose hello was accepted."""
    t.fake(t.good)
    t.fake(CCS + SECRET, len(t.good))
    t.finally_bad()


def fakedsplit(t):
    cut = t.name_at() + 3
    for at, part in ((0, slice(0, cut)), (cut, slice(cut, None))):
        t.fake(t.good[part], at)
        t.real(t.bad[part], at)
        t.fake(t.good[part], at)


def fakeddisorder(t):
    cut = t.name_at() + 3
    for at, part in ((cut, slice(cut, None)), (0, slice(0, cut))):
        t.fake(t.good[part], at)
        t.real(t.bad[part], at)
        t.fake(t.good[part], at)


def hostfakesplit(t):
    at, end = t.name_at(), t.name_at() + len(t.bad_name)
    middle = at + len(t.bad_name) // 2
    t.real(t.bad[:at])
    t.fake(t.good[at:end], at)
    t.real(t.bad[at:middle], at)
    t.real(t.bad[middle:end], middle)
    t.fake(t.good[at:end], at)
    t.real(t.bad[end:], end)


def fake_multidisorder(t):
    t.fake(t.good)
    cuts = [0, 1, t.name_at(), t.name_at() + 6, len(t.bad)]
    for first, last in reversed(list(zip(cuts, cuts[1:]))):
        t.real(t.bad[first:last], first)


def fake_multisplit(t):
    t.fake(t.good)
    cuts = [0, 1, t.name_at(), t.name_at() + 6, len(t.bad)]
    for first, last in zip(cuts, cuts[1:]):
        t.real(t.bad[first:last], first)


def rst(t):
    t.fake(b"", flags=RST)
    fake(t)


def rstack(t):
    t.fake(b"", flags=RST | ACK)
    fake(t)


def dup(t):
    """Every packet is doubled, and the double fooled."""
    t.fake(t.bad)
    t.fake(t.good)
    t.finally_bad()


def register(label, fooling, steps):
    def run(name, port):
        steps(Mode(name, port, fooling))
    CASES[label] = run


for mode in (fake, fake_and_more, fakedsplit, fakeddisorder, hostfakesplit, fake_multisplit, fake_multidisorder):
    for way in FOOLINGS:
        register(f"nfqws-{mode.__name__}-{way}".replace("_", "-"), way, mode)
for mode in (fake_repeated, rst, rstack, dup):
    for way in ("ttl", "badsum", "md5sig", "badseq"):
        register(f"nfqws-{mode.__name__}-{way}".replace("_", "-"), way, mode)


def case(function):
    CASES[function.__name__.strip("_").replace("_", "-")] = function
    return function


# --- nfqws: without decoys, or with others --------------------------------------------------------------------------------

@case
def nfqws_fake_of_the_same_session(name, port):
    """dupsid: the decoy bears the session id of the real hello."""
    fake_and_more(Mode(name, port, session=os.urandom(32)))


@case
def nfqws_fake_of_another_length(name, port):
    """padencap: the decoy is longer, and swallows what comes."""
    t = Mode(name, port)
    t.fake(t.good + b"\x16\x03\x03" + struct.pack("!H", 2000) + b"\x02" + bytes(600))
    t.finally_bad()


@case
def nfqws_fake_unknown(name, port):
    """Zeros first, as with --dpi-desync-any-protocol."""
    t = Mode(name, port)
    t.fake(bytes(256))
    t.finally_bad()


@case
def nfqws_fake_post_quantum(name, port):
    """The hello takes two segments; a decoy for each."""
    t = Mode(name, port, post_quantum=True)
    for at in (0, SEGMENT):
        t.fake(t.good[at:at + SEGMENT], at)
        t.real(t.bad[at:at + SEGMENT], at)


@case
def nfqws_syndata(name, port):
    t = Mode(name, port)
    tcp = Tcp(CLIENT, SERVER, 443, sport=port + 1000)
    if tcp.connect(1, data=t.good) != "open":
        tcp.connect(1)
    t.tcp = tcp
    t.finally_bad()


@case
def nfqws_synack(name, port):
    """The client answers a beginning that nobody made, so that the ends seem swapped."""
    tcp = Tcp(CLIENT, SERVER, 443, sport=port + 1000)
    tcp.send(SYN | ACK, ttl=HIDDEN, ack=12345)
    t = Mode(name, port)
    tcp.connect(1)
    t.tcp = tcp
    fake(t)


@case
def nfqws_wssize(name, port):
    """A tiny window, so that the server's answer comes in pieces."""
    t = Mode(name, port)
    t.tcp.window = 64
    fake(t)


@case
def nfqws_multisplit_overlap(name, port):
    """seqovl: the decoy lies left of the window, and the real part behind it in the same segment."""
    t = Mode(name, port)
    cut = t.name_at() + 3
    t.real(t.good + t.bad[:cut], -len(t.good))
    t.real(t.bad[cut:], cut)
    t.finally_bad()


@case
def nfqws_split_at_every_marker(name, port):
    t = Mode(name, port)
    at = t.name_at()
    cuts = [0, 1, at - 9, at, at + 4, at + len(t.bad_name) // 2, at + len(t.bad_name) - 4, at + len(t.bad_name), len(t.bad)]
    for first, last in zip(cuts, cuts[1:]):
        t.real(t.bad[first:last], first)


@case
def nfqws_fragments_of_eight_bytes(name, port):
    """ipfrag2 where it lies by default: the ports in the first fragment, all else of TCP's header in the second."""
    t = Mode(name, port)
    segment = t.tcp.segment(DATA, t.bad)
    for order in ((0, 8), (8, 0)):
        for start in order:
            part = segment[:8] if start == 0 else segment[8:]
            t.tcp.send_ip(part, fragment=(0x2000 if start == 0 else 0) | start // 8, ident=(port + order[0]) % 65536)
    t.finally_bad()


@case
def nfqws_fragments_after_a_fake(name, port):
    t = Mode(name, port)
    t.fake(t.good)
    fragments(t, t.bad, (1, 2, 0))
    t.finally_bad()


CASES["nfqws-hopbyhop2"] = extended(fake=(0, 0))
CASES["nfqws-hopbyhop-and-destopt"] = extended(60, fake=(0, 60))


@case
def nfqws_ipfrag1(name, port):
    """The decoy in a fragment that is the whole packet, which ends on the way."""
    t = Try6(name, port)
    segment = t.tcp.segment6(DATA, t.good)
    t.tcp.send_ip6(struct.pack("!BBHI", 6, 0, 0, port) + segment, 44, HIDDEN)
    t.send6(t.bad)
    t.send6(t.bad)


# --- byedpi, GoodbyeDPI, SpoofDPI -----------------------------------------------------------------------------------------

def out_of_band(order):
    def run(name, port):
        t = Mode(name, port)
        cut = t.name_at() + 3
        parts = [lambda: t.real(t.bad[:cut] + b"a", flags=URG | DATA, urgent=cut + 1), lambda: t.real(t.bad[cut:], cut + 1)]
        for i in order:
            parts[i]()
    return run


CASES["byedpi-oob"] = out_of_band((0, 1))
CASES["byedpi-disoob"] = out_of_band((1, 0))


@case
def byedpi_oob_behind_a_fake(name, port):
    t = Mode(name, port)
    t.fake(t.good[:10] + b"a", flags=URG | DATA, urgent=11)
    t.fake(t.good[10:], 11)
    t.finally_bad()


@case
def byedpi_fake_then_rest(name, port):
    """--fake: a piece of the decoy, then what is behind it, then the piece."""
    t = Mode(name, port)
    cut = t.name_at() + len(t.bad_name)
    t.fake(t.good[:cut])
    t.real(t.bad[cut:], cut)
    t.real(t.bad[:cut])


@case
def byedpi_ip_options(name, port):
    t = Mode(name, port)
    segment = t.tcp.segment(DATA, t.good)
    t.tcp.send_ip(segment, ttl=HIDDEN, options=b"\x01\x01\x01\x00")
    t.finally_bad()


@case
def byedpi_tlsrec_and_disorder(name, port):
    t = Mode(name, port)
    cut = in_records(t.bad, t.name_at() + 3 - 5)
    middle = t.name_at() + 3
    t.real(cut[middle:], middle)
    t.real(cut[:middle])


@case
def byedpi_tls_minor(name, port):
    t = Mode(name, port)
    t.real(t.bad[:2] + b"\x05" + t.bad[3:])


@case
def byedpi_fast_open(name, port):
    """--tfo: what was said in the SYN was said."""
    t = Mode(name, port)
    tcp = Tcp(CLIENT, SERVER, 443, sport=port + 1000)
    if tcp.connect(1, data=t.bad, options=FAST_OPEN) != "open":
        tcp.connect(1, options=FAST_OPEN)
    t.tcp = tcp
    t.finally_bad()


@case
def goodbyedpi_fragments_of_two_bytes(name, port):
    t = Mode(name, port)
    for at in range(0, len(t.bad), 2):
        t.real(t.bad[at:at + 2], at, pause=0)


@case
def goodbyedpi_reversed_fragments(name, port):
    t = Mode(name, port)
    for at in range(len(t.bad) // 40 * 40, -1, -40):
        t.real(t.bad[at:at + 40], at, pause=0)


@case
def spoofdpi_one_byte_at_a_time(name, port):
    t = Mode(name, port)
    for at in range(len(t.bad)):
        t.real(t.bad[at:at + 1], at, pause=0.001)


@case
def spoofdpi_first_byte_alone_and_late(name, port):
    t = Mode(name, port)
    t.real(t.bad[:1], pause=0.5)
    t.real(t.bad[1:], 1)


# --- Geneva ---------------------------------------------------------------------------------------------------------------

def teardown(flags, **how):
    """The firewall is to believe that the connection is over, and then to take what comes for something else."""
    def run(name, port):
        t = Mode(name, port)
        t.fake(b"", flags=flags, **how)
        t.real(t.good, ttl=HIDDEN)
        t.fake(b"", len(t.good), flags=flags, **how)
        t.finally_bad()
    return run


CASES["geneva-teardown-by-rst"] = teardown(RST)
CASES["geneva-teardown-by-rst-ack"] = teardown(RST | ACK)
CASES["geneva-teardown-by-fin"] = teardown(FIN)
CASES["geneva-teardown-by-fin-ack"] = teardown(FIN | ACK)
CASES["geneva-teardown-by-bad-checksum"] = teardown(RST, bad_checksum=True, ttl=64)


def odd_flags(flags):
    def run(name, port):
        t = Mode(name, port)
        t.fake(t.good, flags=flags)
        t.finally_bad()
    return run


CASES["geneva-no-flags"] = odd_flags(0)
CASES["geneva-all-flags"] = odd_flags(FIN | SYN | RST | PSH | ACK | URG)
CASES["geneva-fin-with-payload"] = odd_flags(FIN | PSH | ACK)
CASES["geneva-fin-and-urgent"] = odd_flags(FIN | URG)
CASES["geneva-syn-with-payload"] = odd_flags(SYN)
CASES["geneva-urgent-everything"] = odd_flags(URG | PSH | ACK)


@case
def geneva_data_offset(name, port):
    """A header that claims to be longer than it is."""
    t = Mode(name, port)
    segment = bytearray(t.tcp.segment(DATA, t.good))
    segment[12] = 0xA0
    t.tcp.send_ip(bytes(segment), ttl=HIDDEN)
    t.finally_bad()


@case
def geneva_odd_options(name, port):
    """User timeout, alternate checksum, a scale after the beginning."""
    t = Mode(name, port)
    t.fake(t.good, options=b"\x1c\x04\x80\x01" + b"\x0e\x03\x02" + b"\x03\x03\x0a")
    t.finally_bad()


@case
def geneva_hidden_beginning_again(name, port):
    """A second SYN with another number, in whose stream the decoy lies."""
    t = Mode(name, port)
    t.fake(b"", 5000, flags=SYN)
    t.fake(t.good, 5001)
    t.finally_bad()


@case
def geneva_segments_of_eight_bytes_in_disorder(name, port):
    t = Mode(name, port)
    order = list(range(0, len(t.bad), 8))
    for at in order[1::2] + order[::2]:
        t.real(t.bad[at:at + 8], at, pause=0)


# --- HTTP in the clear ------------------------------------------------------------------------------------------------------

def changed(change):
    """Tools change how the request is written; no decoy: the name is forbidden however it is written."""
    def run(name, port):
        t = Try(name, port, dport=80)
        t.send(change(t.bad_name))
    return run


def get(line):
    return lambda name: f"GET / HTTP/1.1\r\n{line.format(name)}\r\nConnection: close\r\n\r\n".encode()


CASES["http-host-in-other-case"] = changed(get("hoSt: {}"))
CASES["http-host-without-space"] = changed(get("Host:{}"))
CASES["http-host-with-tab"] = changed(get("Host:\t{}"))
CASES["http-host-with-tab-behind"] = changed(get("Host:{}\t"))
CASES["http-host-with-dot"] = changed(get("Host: {}."))
CASES["http-host-with-port"] = changed(get("Host: {}:80"))
CASES["http-name-in-other-case"] = changed(lambda name: get("Host: {}")(name.replace("sharepoint", "ShArEpOiNt")))
CASES["http-two-spaces-behind-the-method"] = changed(lambda name: get("Host: {}")(name).replace(b"GET /", b"GET  /"))
CASES["http-empty-lines-first"] = changed(lambda name: b"\r\n\n" + get("Host: {}")(name))
CASES["http-padded"] = changed(lambda name: get("X-Pad: " + "x" * 1000 + "\r\nHost: {}")(name))
CASES["http-folded-host"] = changed(get("Host:\r\n {}"))
CASES["http-old-version"] = changed(lambda name: get("Host: {}")(name).replace(b"HTTP/1.1", b"HTTP/1.0"))


def web_decoy(fooling):
    def run(name, port):
        t = Mode(name, port, fooling, dport=80)
        _, good, bad = web(name, port + 1000)
        t.fake(good)
        t.real(bad)
        t.real(bad)
    return run


for way in FOOLINGS:
    CASES[f"nfqws-http-fake-{way}"] = web_decoy(way)


@case
def nfqws_http_split_in_the_method(name, port):
    t = Mode(name, port, dport=80)
    bad = http(t.bad_name)
    t.real(bad[:2])
    t.real(bad[2:], 2)
