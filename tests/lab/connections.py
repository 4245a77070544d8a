# SPDX-License-Identifier: GPL-2.0-or-later
"""Real connections through a firewall that sekishod guards: TCP and UDP, with names where the policy wants them."""

import ctypes
import errno
import os
import re
import selectors
import socket
import ssl
import subprocess
import time

import wire
from wire import TCP, UDP

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
WRONG_NAME = "somebody-else.example"
DEADLINE_S = 6  # for what is to pass
PATIENCE_S = 1.5  # for what is not
GREETING = b"I am "


class Namespace:
    """Sockets that are made inside belong to that network namespace for good."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter(os.open("/run/netns/" + self.name, os.O_RDONLY))

    def __exit__(self, *_):
        self.enter(self.before)

    @staticmethod
    def enter(fd):
        failed = LIBC.setns(fd, CLONE_NEWNET)
        os.close(fd)
        if failed:
            raise OSError(ctypes.get_errno(), "setns")


def hello_of(name):
    """A ClientHello, as OpenSSL writes it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Attempt:
    """One connection. wanted: whether it is to be answered; kind: how it stands to its flow."""

    def __init__(self, flow, kind, src, dst, proto, port, app, name, wanted):
        self.flow, self.kind, self.src, self.dst, self.proto, self.port = flow, kind, src, dst, proto, port
        self.app, self.name, self.wanted = app, name, wanted
        self.answered, self.over, self.why = False, False, "no answer"
        self.server = self.client = None

    def payload(self):
        if self.app == "tls":
            return hello_of(self.name)
        if self.app == "http":
            return ("GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % self.name).encode()
        return b"hello\n"

    def __str__(self):
        return "%s/%d %s > %s%s (%s of %s)" % ("tcp" if self.proto == TCP else "udp", self.port, self.src, self.dst,
                                               " as %s" % self.name if self.app else "", self.kind, self.flow)


class Round:
    """Attempts, all at once, from the sources' namespaces to the targets'."""

    def __init__(self, lab, attempts):
        self.lab, self.attempts = lab, attempts
        self.selector = selectors.DefaultSelector()
        self.sockets, self.servers = [], {}

    def run(self):
        try:
            for attempt in self.attempts:
                self.listen(attempt)
            for attempt in self.attempts:
                self.connect(attempt)
            self.loop()
        finally:
            for one in self.sockets:
                one.close()
            self.selector.close()

    def new(self, address, proto):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        one = socket.socket(family, socket.SOCK_STREAM if proto == TCP else socket.SOCK_DGRAM)
        one.setblocking(False)
        self.sockets.append(one)
        return one

    def listen(self, attempt):
        key = (attempt.dst, attempt.proto, attempt.port)
        if key in self.servers:
            return
        with Namespace(self.lab.namespace_of(attempt.dst)):
            server = self.new(attempt.dst, attempt.proto)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((str(attempt.dst), attempt.port))
        if attempt.proto == TCP:
            server.listen(64)
        self.servers[key] = server
        self.selector.register(server, selectors.EVENT_READ, self.accept if attempt.proto == TCP else self.reply)

    def connect(self, attempt):
        with Namespace(self.lab.namespace_of(attempt.src)):
            client = self.new(attempt.src, attempt.proto)
        client.bind((str(attempt.src), 0))
        failure = client.connect_ex((str(attempt.dst), attempt.port))
        if failure not in (0, errno.EINPROGRESS):
            self.end(attempt, os.strerror(failure))
            return
        attempt.client = client
        self.selector.register(client, selectors.EVENT_WRITE, attempt)

    def accept(self, server):
        peer, _ = server.accept()
        peer.setblocking(False)
        self.sockets.append(peer)
        self.selector.register(peer, selectors.EVENT_READ, self.answer)

    def answer(self, peer):
        try:
            said = peer.recv(4096)
            if said:
                peer.send(GREETING + str(peer.getsockname()[0]).encode())
        except OSError:
            said = b""
        if not said:
            self.selector.unregister(peer)

    @staticmethod
    def reply(server):
        try:
            _, who = server.recvfrom(4096)
            server.sendto(GREETING + str(server.getsockname()[0]).encode(), who)
        except OSError:
            pass

    def end(self, attempt, why):
        attempt.over, attempt.why = True, why
        if attempt.client is not None:
            self.selector.unregister(attempt.client)

    def client_event(self, attempt, events):
        client = attempt.client
        try:
            failure = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failure:
                raise OSError(failure, os.strerror(failure))
            if events & selectors.EVENT_WRITE:
                client.send(attempt.payload())
                self.selector.modify(client, selectors.EVENT_READ, attempt)
                return
            said = client.recv(4096)
            attempt.answered = said == GREETING + str(attempt.dst).encode()
            self.end(attempt, "answered" if attempt.answered else "closed")
        except OSError as error:
            self.end(attempt, error.strerror)

    def loop(self):
        began = time.monotonic()
        while True:
            for key, events in self.selector.select(0.05):
                if isinstance(key.data, Attempt):
                    self.client_event(key.data, events)
                else:
                    key.data(key.fileobj)
            passed = time.monotonic() - began
            waiting = [a for a in self.attempts if not a.over]
            if not waiting or passed > DEADLINE_S or passed > PATIENCE_S and not any(a.wanted for a in waiting):
                return


class Live:
    """The attempts for a policy, and the daemon that judges them."""

    def __init__(self, matrix, path):
        self.matrix, self.site, self.firewall, self.path = matrix, matrix.site, matrix.firewall, path
        self.build = matrix.build
        self.attempts, self.used_ports = [], set()
        self.daemon = None

    def namespace_of(self, address):
        return self.firewall.far[self.firewall.way_of(address)]

    # --- what is tried ---

    def choose(self):
        for flow in self.site.used:
            for family in (4, 6):
                for end in self.ends_of(flow, family):
                    self.around(flow, *end)
        for exception in self.site.exceptions:
            self.exception(exception)

    def ends_of(self, flow, family):
        """(source, target, ports, name) for the flow's first target, or for each service."""
        names = self.matrix.site_names
        sources = [a for a in names if a.version == family and flow["from"] in self.site.roles_of(a)]
        if flow["to"] in self.site.catalogue.services:
            for service in self.site.services:
                targets = [a for a, name in names.items() if a.version == family and name == service.name]
                who = [service.proxy] if service.proxy is not None and self.plays(flow["from"], service.proxy) else (
                    sources if service.proxy is None else [])
                if service.role == flow["to"] and targets and who and who[0].version == family:
                    yield who[0], targets[0], service.ports, (service.names or [""])[0]
        else:
            targets = [a for a, name in names.items() if a.version == family and (
                name == flow["to"] or flow["to"] in self.site.roles_of(a) and flow["to"] != "internet")]
            if sources and targets:
                yield sources[0], targets[0], self.site.ports[flow["ports"]], ""

    def plays(self, slug, address):
        return slug in self.site.roles and self.site.roles[slug].has(address)

    def around(self, flow, src, dst, ports, name):
        """The flow on the first port of each protocol, and what stands beside it."""
        tried = set()
        for proto, port, _, app in ports:
            permitted = flow["id"] in self.site.permitting(src, dst, proto, port, self.firewall.way_of(dst))
            if app == "quic" and permitted:  # inspected: t-quic
                continue
            if app == "quic":
                self.add(flow["id"], "quic", src, dst, proto, port, "", name)
                continue
            if not permitted or (proto, app) in tried:
                continue
            tried.add((proto, app))
            self.add(flow["id"], "flow", src, dst, proto, port, app, name)
            if app:
                self.add(flow["id"], "wrong name", src, dst, proto, port, app, WRONG_NAME)
            self.add(flow["id"], "other port", src, dst, proto, port + 1 if port < 65535 else 1, "", name)
            self.add(flow["id"], "other protocol", src, dst, TCP + UDP - proto, port, "", name)
            self.add(flow["id"], "backwards", dst, src, proto, port, "", name)
            for end, address in (("source", src), ("target", dst)):
                other = self.other_role(address)
                if other:
                    pair = (other, dst) if end == "source" else (src, other)
                    self.add(flow["id"], "other " + end, pair[0], pair[1], proto, port, "", name)

    def other_role(self, address):
        """Somebody else of the same zone."""
        roles, zone = self.site.roles_of(address), self.site.zone_of(address)
        for other in self.matrix.site_names:
            if other.version == address.version and self.site.zone_of(other) == zone and not self.site.roles_of(other) & roles:
                return other
        return None

    def exception(self, exception):
        import ipaddress  # pylint: disable=import-outside-toplevel
        import reading  # pylint: disable=import-outside-toplevel
        src, dst = (ipaddress.ip_address(exception[end]) for end in ("from", "to"))
        proto, port, _, app = reading.port_of(exception["ports"][0])
        name, flow = exception.get("names", [""])[0], "exception:" + exception["name"]
        self.add(flow, "flow", src, dst, proto, port, app, name)
        if app:
            self.add(flow, "wrong name", src, dst, proto, port, app, WRONG_NAME)
        self.add(flow, "other port", src, dst, proto, port + 1, "", name)
        self.add(flow, "backwards", dst, src, proto, port, "", name)

    def add(self, flow, kind, src, dst, proto, port, app, name):
        wanted = kind == "flow"
        if not wanted and kind != "wrong name" and self.site.permitting(src, dst, proto, port, self.firewall.way_of(dst)):
            return  # another flow permits it
        if src == dst or self.namespace_of(src) == self.namespace_of(dst):
            return  # does not pass the firewall
        key = (kind, src, dst, proto, port, app, name)
        if key not in self.used_ports:
            self.used_ports.add(key)
            self.attempts.append(Attempt(flow, kind, src, dst, proto, port, app, name, wanted))

    # --- how ---

    def run(self):
        self.choose()
        addresses = {a for t in self.attempts for a in (t.src, t.dst)}
        for address in sorted(addresses, key=str):
            self.firewall.ip(self.namespace_of(address), ["addr add %s dev lo%s" % (
                address, " nodad" if address.version == 6 else "")])
        self.start()
        try:
            plain = [t for t in self.attempts if not self.card_of(t.src)]
            Round(self, plain).run()
            for attempt in self.attempts:
                if self.card_of(attempt.src):
                    self.with_card(attempt)
        finally:
            self.stop()

    def card_of(self, address):
        macs = [m for r in self.site.roles.values() if r.has(address) for m in r.macs]
        return macs[0] if macs else None

    def with_card(self, attempt):
        interface = self.firewall.way_of(attempt.src)
        self.firewall.set_mac(interface, self.card_of(attempt.src))
        Round(self, [attempt]).run()
        self.firewall.set_mac(interface, wire.FAR_MAC)

    def start(self):
        directory = self.matrix.directory
        for name in ("log", "run"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)
            subprocess.run(["chown", "nobody", os.path.join(directory, name)], check=True)
        subprocess.run(["rm", "-f", os.path.join(directory, "run", "control.sock")], check=True)
        policy = os.path.join(directory, "policy.conf")
        with open(self.path, encoding="utf-8") as f:
            text = re.sub(r"^(log|control|queues|daemon)\s*=.*$", "", f.read(), flags=re.M)
        text += 'log = { directory = "%s/log"; };\ncontrol = { socket = "%s/run/control.sock"; };\n' % (directory, directory)
        text += 'daemon = { user = "nobody"; undecided_timeout_ms = 3000; };\nqueues = { first = 0; count = 1; };\n'
        with open(policy, "w", encoding="utf-8") as f:
            f.write(text)
        for name in os.listdir(os.path.dirname(self.path)):
            if name.endswith(".list"):
                wire.run("cp", os.path.join(os.path.dirname(self.path), name), directory)
        with open(os.path.join(directory, "sekishod.out"), "w", encoding="utf-8") as out:
            self.daemon = subprocess.Popen(["ip", "netns", "exec", self.firewall.name, os.path.join(self.build, "sekishod"), "-c",
                                            policy], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 15
        while not self.is_up():
            if time.monotonic() > deadline or self.daemon.poll() is not None:
                with open(os.path.join(directory, "sekishod.out"), encoding="utf-8") as f:
                    raise RuntimeError("sekishod did not start: " + f.read())
            time.sleep(0.02)

    def is_up(self):
        words = ["ip", "netns", "exec", self.firewall.name, os.path.join(self.build, "sekishoctl"), "status", "--socket",
                 os.path.join(self.matrix.directory, "run", "control.sock")]
        return subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(timeout=15)


def round_of(matrix, path):
    live = Live(matrix, path)
    live.run()
    return live.attempts


def wrong_of(attempts):
    return [a for a in attempts if a.answered != a.wanted]


def tell(matrix, attempts):
    wanted = [a for a in attempts if a.wanted]
    others = [a for a in attempts if not a.wanted]
    wrong = wrong_of(attempts)
    lacking = [f["id"] for f in matrix.site.used if not any(a.flow == f["id"] for a in wanted)]
    matrix.ok(not wrong and wanted, "%s: through sekishod, %d of %d permitted connections are answered, %d of %d others" % (
        matrix.name, sum(a.answered for a in wanted), len(wanted), sum(a.answered for a in others), len(others)))
    for attempt in wrong[:12]:
        print("#   %s: %s" % (attempt, attempt.why))
    for flow in lacking:
        print("#   no real connection for %s (its ends are not on two cables, or nobody has its port)" % flow)


def summary(attempts, flow):
    """Answered of tried: the flow itself, and what stands beside it."""
    own = [a for a in attempts if a.flow == flow]
    wanted, others = [a for a in own if a.wanted], [a for a in own if not a.wanted]
    return "%d/%d, beside it %d/%d" % (sum(a.answered for a in wanted), len(wanted), sum(a.answered for a in others), len(others))


def by_name(attempts):
    wrong = [a for a in attempts if a.kind == "wrong name"]
    return "%d/%d" % (sum(a.answered for a in wrong), len(wrong))
