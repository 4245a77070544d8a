# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS server that writes down every name it is asked for, at the hello, before anything else.

usage: server.py LOG CERTIFICATE KEY ADDRESS:GROUPS...
GROUPS "any", or the one group that it takes (a client with a share of another is told to say hello again). Behind the
handshake: HTTP/1.1, kept alive; GET /big is 4 MB, a POST is read to its end and its length answered."""
import socket
import ssl
import sys
import threading

log_path, certificate, key, *listens = sys.argv[1:]
lock = threading.Lock()


def note(address, name):
    with lock, open(log_path, "a", encoding="ascii") as log:
        log.write(f"{address} {name}\n")


def head_of(stream):
    head = {}
    first = stream.readline()
    while (line := stream.readline().strip()):
        field, _, value = line.partition(b":")
        head[field.lower()] = value.strip()
    return first.split(), head


def talk(sock):
    stream = sock.makefile("rwb")
    while (parts := head_of(stream))[0]:
        first, head = parts
        length = int(head.get(b"content-length", 0))
        left = length
        while left:
            left -= len(stream.read(min(left, 65536)))
        body = bytes(4000000) if first[1] == b"/big" else b"read %d\n" % length
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()


def serve(context, raw):
    try:
        raw.settimeout(100)
        with context.wrap_socket(raw, server_side=True) as sock:
            talk(sock)
    except (OSError, ValueError, IndexError):
        raw.close()


def listen(address, groups):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if groups != "any":
        context.set_ecdh_curve(groups)
    context.sni_callback = lambda _sock, name, _context: note(address, name)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 443), family=family, backlog=128)
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=serve, args=(context, raw), daemon=True).start()


threads = [threading.Thread(target=listen, args=spec.rsplit("/", 1)) for spec in listens]
for thread in threads:
    thread.start()
