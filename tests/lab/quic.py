# SPDX-License-Identifier: GPL-2.0-or-later
"""A QUIC client that sends what it likes, and a reader of what such clients sent.

usage: quic.py CASE ADDRESS PORT PERMITTED FORBIDDEN    sends; prints what came back: "answer", "nothing", or the error
       quic.py seen CAPTURE PORT                         prints the names in the Initial packets of a capture
"""

import hashlib
import hmac
import os
import socket
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

V1, V2 = 1, 0x6B3343CF
SALTS = {V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9"}
UDP_SEGMENT = 103  # of the socket level UDP: the kernel is given several datagrams at once


def expand(secret, label, length):
    info = struct.pack(">HB", length, len(label) + 6) + b"tls13 " + label + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:length]


def keys(version, connection):
    initial = hmac.new(bytes.fromhex(SALTS[version]), connection, hashlib.sha256).digest()
    client = expand(initial, b"client in", 32)
    word = b"quicv2 " if version == V2 else b"quic "
    return [expand(client, word + what, length) for what, length in ((b"key", 16), (b"iv", 12), (b"hp", 16))]


def mask_of(key, sample):
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(sample)


def number(value):
    return struct.pack(">H", 0x4000 | value) if value < 1 << 14 else struct.pack(">I", 0x80000000 | value)


def extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


def hello(name):
    """A ClientHello that a server of HTTP/3 would answer."""
    share = X25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = name.encode()
    parameters = b"".join(number(kind) + number(len(value)) + value for kind, value in (
        (1, number(10000)), (4, number(10000)), (5, number(5000)), (6, number(5000)), (7, number(5000)), (8, number(10)),
        (9, number(10)), (15, b"")))
    extensions = (
        extension(0, struct.pack(">HBH", len(name) + 3, 0, len(name)) + name) + extension(10, b"\0\2\0\x1d") +
        extension(13, b"\0\x08\4\3\x08\4\4\1\x08\7") + extension(16, b"\0\3\2h3") + extension(43, b"\2\3\4") +
        extension(45, b"\1\1") + extension(51, struct.pack(">HHH", len(share) + 4, 29, len(share)) + share) +
        extension(57, parameters))
    body = b"\3\3" + os.urandom(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    return b"\1" + len(body).to_bytes(3, "big") + body


def crypto(message, start=0, end=None):
    part = message[start:end]
    return b"\6" + number(start) + number(len(part)) + part


def long_header(version, kind, connection):
    kind = (kind + 1) & 3 if version == V2 else kind
    return bytes([0xC3 | kind << 4]) + struct.pack(">I", version) + bytes([len(connection)]) + connection + b"\0"


def initial(frames, connection, version=V1, packet=0, size=1200):
    """An Initial packet that fills size bytes."""
    key, iv, protection = keys(V2 if version == V2 else V1, connection)
    head = long_header(version, 0, connection) + b"\0"
    length = max(len(frames) + 4 + 16, size - len(head) - 2)
    head += struct.pack(">HI", 0x4000 | length, packet)
    frames += bytes(length - 4 - 16 - len(frames))
    nonce = bytes(a ^ b for a, b in zip(iv, packet.to_bytes(12, "big")))
    sealed = AESGCM(key).encrypt(nonce, frames, head)
    mask = mask_of(protection, sealed[:16])
    return bytes([head[0] ^ mask[0] & 15]) + head[1:-4] + bytes(a ^ b for a, b in zip(head[-4:], mask[1:])) + sealed


def handshake(connection, size):
    return long_header(V1, 2, connection) + struct.pack(">H", 0x4000 | size) + os.urandom(size)


class Client:
    def __init__(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect((address, port))
        self.refused = 0

    def send(self, *datagrams):
        """The kernel tells of an earlier one's refusal when the next is sent: that is for listen()."""
        for datagram in datagrams:
            try:
                self.socket.send(datagram)
            except OSError as error:
                self.refused = error.errno
                return

    def listen(self, seconds=1.5):
        """The first thing that comes back."""
        if self.refused:
            return os.strerror(self.refused)
        self.socket.settimeout(seconds)
        try:
            self.answer = self.socket.recv(65536)
            return "answer"
        except socket.timeout:
            return "nothing"
        except OSError as error:
            return os.strerror(error.errno)


# Connection ids: a server knows a connection by them, and so does the firewall.
A, B = os.urandom(8), os.urandom(8)


def case_plain(client, permitted, forbidden):
    client.send(initial(crypto(hello(permitted)), A))
    return client.listen()


def case_forbidden(client, permitted, forbidden):
    client.send(initial(crypto(hello(forbidden)), A))
    return client.listen()


def case_version2(client, permitted, forbidden):
    """The server does not speak it, and says so."""
    client.send(initial(crypto(hello(permitted)), A, V2))
    said = client.listen()
    return "negotiation" if said == "answer" and client.answer[1:5] == bytes(4) else said


def case_unknown_version(client, permitted, forbidden):
    client.send(initial(crypto(hello(permitted)), A, 0x1A2A3A4A))
    return client.listen()


def case_cut(client, permitted, forbidden):
    """Frames out of order, that overlap, in several datagrams."""
    message = hello(permitted)
    middle = len(message) // 2
    client.send(initial(crypto(message, middle - 20) + b"\1" + crypto(message, 40, 80), A))
    client.send(initial(crypto(message, 0, 60) + b"\1" + crypto(message, 50, middle + 7), A, packet=1))
    return client.listen()


def open_flow(client, permitted):
    client.send(initial(crypto(hello(permitted)), A))
    if client.listen() != "answer":
        sys.exit("the flow does not open")
    # what the server sends again for want of an acknowledgement is no answer to what follows
    while client.listen(0.3) == "answer":
        pass


def case_second_connection(client, permitted, forbidden):
    open_flow(client, permitted)
    client.send(initial(crypto(hello(forbidden)), B))
    return client.listen()


def case_second_hidden(client, permitted, forbidden):
    """Behind another packet of the same datagram."""
    open_flow(client, permitted)
    client.send(handshake(B, 40) + initial(crypto(hello(forbidden)), B))
    return client.listen()


def case_second_small(client, permitted, forbidden):
    open_flow(client, permitted)
    client.send(initial(crypto(hello(forbidden)), B, size=700))
    return client.listen()


def case_second_version2(client, permitted, forbidden):
    open_flow(client, permitted)
    client.send(initial(crypto(hello(forbidden)), B, V2))
    return client.listen()


def case_second_joined(client, permitted, forbidden):
    """Handed to the kernel together with a short header that goes before: the firewall gets both as one packet."""
    open_flow(client, permitted)
    client.socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1200)
    client.send(b"\x5a" * 1200 + initial(crypto(hello(forbidden)), B))
    return client.listen()


def case_same_id(client, permitted, forbidden):
    """The first copy may have been for the firewall alone."""
    client.send(initial(crypto(hello(permitted)), A))
    client.send(initial(crypto(hello(forbidden)), A, packet=1))
    return client.listen()


def case_same_id_later(client, permitted, forbidden):
    open_flow(client, permitted)
    client.send(initial(crypto(hello(forbidden)), A, packet=9))
    return client.listen()


def case_same_id_overlap(client, permitted, forbidden):
    """One hello's beginning, another's end."""
    right, wrong = hello(permitted), hello(forbidden)
    client.send(initial(crypto(right, 0, 60), A), initial(crypto(wrong, 40), A, packet=1),
                initial(crypto(right, 40), A, packet=2))
    return client.listen()


def case_same_id_elsewhere(client, permitted, forbidden):
    """From another port."""
    open_flow(client, permitted)
    other = Client(*client.socket.getpeername()[:2])
    other.send(initial(crypto(hello(forbidden)), A, packet=1))
    return other.listen()


def case_same_id_other_server(client, permitted, forbidden):
    """Towards another address, that may be the same server's."""
    open_flow(client, permitted)
    other = Client("198.51.100.131", client.socket.getpeername()[1])
    other.send(initial(crypto(hello(permitted)), A, packet=1))
    return other.listen()


def case_waiting(client, permitted, forbidden):
    """Goes on with short headers until it is told something else than answers."""
    open_flow(client, permitted)
    for _ in range(40):
        client.send(b"\x5a" * 100)
        said = client.listen(0.2)
        if said not in ("answer", "nothing"):
            return said
    return "nothing"


def case_no_end(client, permitted, forbidden):
    client.send(initial(crypto(hello(permitted), 0, 100), A))
    return client.listen(6)


def case_short_header(client, permitted, forbidden):
    client.send(b"\x5a" * 1200)
    return client.listen()


def case_no_quic(client, permitted, forbidden):
    client.send(b"\x16\xfe\xfd" + bytes(200))
    return client.listen()


def go_on(client, permitted, datagram):
    """A flow that is named, and then another protocol."""
    open_flow(client, permitted)
    client.send(datagram)
    return client.listen()


def case_then_old_quic(client, permitted, forbidden):
    """The public header of QUIC before it was a standard, with a version."""
    return go_on(client, permitted, b"\x0d" + B + b"Q043" + b"\x01" + bytes(12) + b"CHLO" + forbidden.encode() + bytes(1000))


def case_then_dtls(client, permitted, forbidden):
    return go_on(client, permitted, b"\x16\xfe\xfd" + bytes(10) + forbidden.encode())


def case_then_stun(client, permitted, forbidden):
    return go_on(client, permitted, b"\x00\x01\x00\x10\x21\x12\xa4\x42" + bytes(28))


def open_initial(packet):
    """The frames of an Initial packet (of a client whose id is its keys'), and how long it is; or nothing."""
    version = struct.unpack(">I", packet[1:5])[0]
    connection = packet[6:6 + packet[5]]
    at = 6 + packet[5]
    at += 1 + packet[at]
    at += 1 + packet[at] if packet[at] < 64 else 2 + (struct.unpack(">H", packet[at:at + 2])[0] & 0x3FFF)
    end = at + 2 + (struct.unpack(">H", packet[at:at + 2])[0] & 0x3FFF)
    at += 2
    key, iv, protection = keys(version, connection)
    mask = mask_of(protection, packet[at + 4:at + 20])
    first = packet[0] ^ mask[0] & 15
    count = (first & 3) + 1
    sent = bytes(a ^ b for a, b in zip(packet[at:at + count], mask[1:]))
    nonce = bytes(a ^ b for a, b in zip(iv, sent.rjust(12, b"\0")))
    head = bytes([first]) + packet[1:at] + sent
    return connection, AESGCM(key).decrypt(nonce, packet[at + count:end], head), end


def initials(datagram):
    """Wherever one begins: no length in front of it is believed."""
    for at in range(len(datagram) - 40):
        if datagram[at] & 0x80 and datagram[at + 1:at + 5] in (struct.pack(">I", V1), struct.pack(">I", V2)):
            try:
                yield open_initial(datagram[at:])
            except Exception:  # whatever it is, it is no Initial of its own id
                continue


def seen(capture, port):
    """Every stretch of letters, digits, dots and hyphens in frames that went to the port."""
    out = subprocess.run(["tshark", "-r", capture, "-d", "udp.port==%s,data" % port, "-Y", "udp.dstport==%s" % port,
                          "-T", "fields", "-e", "udp.srcport", "-e", "udp.payload"], check=True, capture_output=True,
                         text=True).stdout
    words = set()
    for line in out.splitlines():
        datagram = bytes.fromhex(line.split("\t")[1].replace(":", ""))
        for _, frames, _ in initials(datagram):
            text = "".join(chr(b) if 33 <= b < 127 else " " for b in frames)
            words.update(word for word in text.split() if word.count(".") > 1)
    return words


def main():
    if sys.argv[1] == "seen":
        print("\n".join(sorted(seen(sys.argv[2], sys.argv[3]))))
        return
    case, address, port, permitted, forbidden = sys.argv[1:]
    print(globals()["case_" + case](Client(address, int(port)), permitted, forbidden))


if __name__ == "__main__":
    main()
