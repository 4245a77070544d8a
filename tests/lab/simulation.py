# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets with what simulate expects of them, the later packets of flows that were let through, and changes of a ruleset
by hand that must be noticed."""

import ipaddress
import json
import re
import subprocess

import sites
import wire
from wire import ACK, FIN, ICMP, ICMP6, PSH, SYN, TCP, UDP, URG

STATE_MASK, REFUSED = 7, 5
# What the queue says of a packet: mostly that it is dropped; else each mark that a verdict of the broker may have, and none.
MARKS = ["drop"] * 8 + [0, 1, 2, 3, 3, 4, 5, 0x0b, 0xABCDEF0B, 0x123456 << 8 | 12]
STEPS = 9
BYTES = ("payload", "options", "quoted", "ip_options")

ADMIN = {4: (3, 13), 6: (1, 1)}
PORT = {4: (3, 3), 6: (1, 4)}


class Probe:
    """One packet, how it comes in, and what conntrack is to say of it."""

    def __init__(self, interface, packet, firewall, state, mark="drop", before=None):
        self.interface, self.packet, self.firewall = interface, packet, firewall
        self.state, self.mark, self.before = state, mark, before
        self.reply, self.ct_mark = False, 0
        # as the chains see it, behind the translation of addresses
        self.src, self.dst, self.sport, self.dport = packet.src, packet.dst, packet.sport, packet.dport
        self.hook, self.way = "forward", None
        self.expected, self.seen = {}, None
        self.turn()

    def turn(self):
        if self.firewall.is_own(self.dst):
            self.hook, self.way = "input", None
        else:
            self.hook, self.way = "forward", self.firewall.way_of(self.dst)

    def history(self):
        probe, found = self, []
        while probe:
            found.insert(0, probe)
            probe = probe.before
        return found

    def first(self):
        return self.history()[0]

    def state_text(self):
        return self.state + (" reply" if self.reply else "") + (" mark %#x" % self.ct_mark if self.ct_mark else "")

    def question(self):
        p = self.packet
        port = self.dport
        if p.proto not in (TCP, UDP):  # "th dport" reads there whatever the protocol
            port = int.from_bytes(p.ip(0)[-len(p.upper(0)):][2:4], "big")
        q = {"from": str(self.src), "to": str(self.dst), "protocol": p.proto, "port": port, "from_port": self.sport,
             "in": self.interface, "state": self.state, "reply": self.reply, "mark": self.ct_mark, "hook": self.hook,
             "length": p.length(), "mac": p.mac}
        if self.way:
            q["out"] = self.way
        if p.proto == TCP:
            q.update(tcp_flags=p.flags, tcp_doff=p.words())
        elif p.proto == UDP:  # the number that marks the packet stands first, and lacks the upper bits: no QUIC
            q.update(udp_first=p.upper(0)[8])
        elif p.proto in (ICMP, ICMP6):
            q.update(icmp_type=p.icmp_type)
        return q

    # --- what happened, in the words of simulate ---

    def observed(self):
        seen, family = self.seen, self.packet.family
        words = ["accept"] * len(seen.out) + ["queue"] * len(seen.queue) + ["reject-reset"] * len(seen.resets)
        for _, kind, code in seen.icmp:
            if (kind, code) == ADMIN[family]:
                words.append("reject-admin")
            elif (kind, code) == PORT[family]:
                words.append("reject-port")
        return words or ["drop"]

    def disagreement(self):
        """What does not fit, in words; empty if all does."""
        if self.hook == "input":
            return self.input_disagreement()
        want, got = [self.expected["outcome"]], self.observed()
        if want == ["queue"]:
            return self.queue_disagreement(got)
        if self.is_unanswered(want[0]):
            want = ["drop"]
        if got != want:
            return "%s instead of %s" % (", ".join(got), ", ".join(want))
        if want == ["accept"] and self.firewall.interfaces[self.seen.out[0][0]] != self.way:
            return "it left elsewhere"
        return ""

    def is_unanswered(self, outcome):
        """Refusals that the kernel does not put into words: a reset for a reset, ICMP for an ICMP error or for a
        protocol whose checksum it does not know. Source: nf_reject_verify_csum()."""
        p = self.packet
        if p.proto not in (TCP, UDP, ICMP if p.family == 4 else ICMP6, 47, 50):
            return outcome.startswith("reject")
        if outcome == "reject-reset":
            return p.proto != TCP or bool(p.flags & wire.RST)
        if outcome in ("reject-admin", "reject-port") and p.proto in (ICMP, ICMP6):
            return p.icmp_type in (3, 4, 5, 11, 12) if p.family == 4 and p.proto == ICMP else p.icmp_type < 128 or p.icmp_type == 137
        return False

    def queue_disagreement(self, got):
        if got[:1] != ["queue"] and "queue" not in got:
            return "%s instead of queue" % ", ".join(got)
        if len(self.seen.queue) != 1:
            return "queued %d times" % len(self.seen.queue)
        if self.seen.queue[0][1] != self.expected["packet_mark"]:
            return "packet mark %#x instead of %#x" % (self.seen.queue[0][1], self.expected["packet_mark"])
        got = [word for word in got if word != "queue"]
        if self.mark == "drop":
            want = []
        elif self.mark & STATE_MASK == REFUSED:
            want = ["reject-reset" if self.packet.proto == TCP else "reject-admin"]
        else:
            want = ["accept"]
        return "" if got == want else "after the queue %s instead of %s" % (", ".join(got), ", ".join(want))

    def input_disagreement(self):
        """Whether the appliance itself took the packet shows in its answer: nobody listens there."""
        p, seen = self.packet, self.seen
        if seen.out or seen.queue:
            return "forwarded"
        answered = bool(seen.resets or seen.icmp)
        if self.expected["outcome"] != "accept":
            return "answered" if answered else ""
        # without a connection its own answer would not leave it
        if self.state == "new" and p.proto in (TCP, UDP) and not answered:
            return "not answered"
        return ""

    # --- cases ---

    def as_case(self):
        p = self.packet
        packet = {key: value for key, value in vars(p).items() if key not in ("src", "dst")}
        packet.update(src=str(p.src), dst=str(p.dst))
        for key in BYTES:
            packet[key] = packet[key].hex() if packet[key] is not None else None
        return {"interface": self.interface, "state": self.state, "reply": self.reply, "ct_mark": self.ct_mark,
                "mark": self.mark, "packet": packet,
                "as_seen": [str(self.src), str(self.dst), self.sport, self.dport]}

    @classmethod
    def of_case(cls, words, firewall, before):
        fields = dict(words["packet"])
        for key in BYTES:
            fields[key] = bytes.fromhex(fields[key]) if fields[key] is not None else None
        fields["src"], fields["dst"] = (ipaddress.ip_address(fields[end]) for end in ("src", "dst"))
        probe = cls(words["interface"], wire.Packet(**fields), firewall, words["state"], words["mark"], before)
        probe.reply, probe.ct_mark = words["reply"], words["ct_mark"]
        probe.src, probe.dst = (ipaddress.ip_address(a) for a in words["as_seen"][:2])
        probe.sport, probe.dport = words["as_seen"][2:]
        probe.turn()
        return probe


def is_mapped(address):
    return address.version == 6 and address.ipv4_mapped is not None


def expect(ctl, policy, probes):
    """Asks simulate; but for addresses that IPv6 maps IPv4 into, which no question may have and no packet."""
    for probe in probes:
        probe.expected = {"outcome": "drop"}
    probes = [p for p in probes if not is_mapped(p.src) and not is_mapped(p.dst)]
    lines = "".join(json.dumps(p.question()) + "\n" for p in probes)
    done = subprocess.run([ctl, "simulate", policy, "--file", "-"], input=lines, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answers = done.stdout.splitlines()
    if len(answers) != len(probes):
        raise RuntimeError("%d answers to %d questions: %s" % (len(answers), len(probes), done.stderr))
    for probe, line in zip(probes, answers):
        probe.expected = json.loads(line)
        if "error" in probe.expected:
            raise RuntimeError("simulate: %s: %s" % (probe.expected["error"], json.dumps(probe.question())))


# --- the later packets of a flow ---

TCP_STEPS = ["syn", "synack", "ack", "data", "error", "urgent", "answer", "syn", "fin"]
UDP_STEPS = ["data", "answer", "data", "error", "error-back", "data", "answer", None, None]
FLAGS = {"syn": SYN, "synack": SYN | ACK, "ack": ACK, "data": ACK | PSH, "urgent": ACK | URG, "answer": ACK | PSH,
         "fin": FIN | ACK}


def following(probe, step, rng, firewall):
    """The next packet of the flow that probe belongs to; None if there is none."""
    first = probe.first()
    if first.hook != "forward" or first.expected.get("outcome") != "queue" or not first.seen.out or first.disagreement():
        return None
    what = (TCP_STEPS if first.packet.proto == TCP else UDP_STEPS)[step]
    if not what:
        return None
    if probe is first:
        ct_mark = first.mark if first.mark & STATE_MASK else first.expected["mark"]
    else:
        ct_mark = probe.expected["mark"]
    return step_of(first, probe, what, ct_mark, rng, firewall, step > 0)


def step_of(first, before, what, ct_mark, rng, firewall, answered):
    place, out = first.seen.out[0]
    outside, _ = wire.addresses_of(out)
    outside_port, _ = wire.ports_of(out)
    inside, p = firewall.interfaces[place], first.packet
    payload = b"" if what in ("syn", "synack", "ack") else b"y" * rng.randint(1, 30)
    # whoever answers may be known by a card, too
    macs = [m for e in firewall.site.endpoints.values() if e and any(r.has(p.dst) for r in e["addresses"])
            for m in e.get("mac", [])] + [wire.FAR_MAC]
    back = what in ("synack", "answer", "fin", "error")
    if what.startswith("error"):
        return error_of(first, before, back, ct_mark, firewall)
    if back:
        packet = wire.Packet(p.dst, outside, p.proto, p.dport, outside_port, flags=FLAGS[what], payload=payload,
                             mac=rng.choice(macs))
        probe = Probe(inside, packet, firewall, "established", before=before)
        probe.dst, probe.dport = p.src, p.sport
    else:
        packet = wire.Packet(p.src, p.dst, p.proto, p.sport, p.dport, flags=FLAGS[what], payload=payload, mac=p.mac,
                             ip_options=p.ip_options if rng.random() < 0.5 else b"")
        probe = Probe(first.interface, packet, firewall, "established" if answered else "new", before=before)
    probe.reply, probe.ct_mark = back, ct_mark
    probe.turn()
    return probe


def error_of(first, before, back, ct_mark, firewall):
    """An ICMP error: about the flow's first packet, from the other end; or about an answer, from this end."""
    place, out = first.seen.out[0]
    outside, _ = wire.addresses_of(out)
    p = first.packet
    proto, kind = (ICMP, 3) if p.family == 4 else (ICMP6, 1)
    if back:
        packet = wire.Packet(p.dst, outside, proto, icmp_type=kind, icmp_code=1, quoted=out[:80])
        probe = Probe(firewall.interfaces[place], packet, firewall, "related", before=before)
        probe.dst = p.src
    else:
        quoted = wire.Packet(p.dst, p.src, p.proto, p.dport, p.sport, payload=b"z").ip(0)[:64]
        packet = wire.Packet(p.src, p.dst, proto, icmp_type=kind, icmp_code=1, quoted=quoted)
        probe = Probe(first.interface, packet, firewall, "related", before=before)
    probe.reply, probe.ct_mark = back, ct_mark
    probe.turn()
    return probe


# --- changes by hand ---

MUTATIONS = {
    "element-gone": "an element taken out of a set",
    "element-added": "a port added to a set",
    "rule-gone": "a rule of the structure deleted",
    "rule-added": "an accept in front of everything",
    "verdict-changed": "a refusal turned into silence",
}


def sets_of(text):
    """{name: elements} of the sets (not maps) in a printed ruleset."""
    found = {}
    for name, body in re.findall(r"^\tset (\S+) \{\n(.*?)^\t\}", text, re.M | re.S):
        elements = re.search(r"elements = \{(.*?)\}", body, re.S)
        found[name] = [e.strip() for e in elements.group(1).split(",")] if elements else []
    return found


def mutate(run, rng):
    """Changes the loaded ruleset in one way, and returns in words which; None if no way was possible."""
    kind = rng.choice(sorted(run.kinds))
    nft = lambda words: run.firewall.on(run.firewall.name, "nft", words)  # noqa: E731
    text = wire.run(run.ctl, "compile", run.directory + "/policy.conf")
    roles = {n: e for n, e in sets_of(text).items() if n.startswith("role_") and e}
    targets = {n: e for n, e in sets_of(text).items() if re.match("(admit|inspect)_.*[46]$", n) and e}
    run.mutation = kind
    try:
        if kind == "element-gone":
            name = rng.choice(sorted(roles))
            element = rng.choice(roles[name])
            nft("delete element inet sekisho %s { %s }" % (name, element))
            return "without %s in %s" % (element, name)
        if kind == "element-added":
            name = rng.choice(sorted(targets))
            proto, port = rng.choice(targets[name]).rsplit(" . ", 2)[1:]
            same = [e for e in targets[name] if e.endswith(" . %s . %s" % (proto, port))]
            more = [e.rsplit(" . ", 1)[0] + " . %d" % (int(port.split("-")[-1]) + 1) for e in same]
            nft("add element inet sekisho %s { %s }" % (name, ", ".join(more)))
            return "with %s in %s" % (", ".join(more), name)
        if kind == "rule-added":
            interface = rng.choice(sorted({i for z in run.site.zones.values() for i in z["interfaces"]}))
            nft("insert rule inet sekisho forward iifname %s accept" % interface)
            return "%s let in" % interface
        listed = run.firewall.on(run.firewall.name, "nft", "-a", "list", "chain", "inet", "sekisho", "forward")
        rules = re.findall(r"^\t\t(.*) # handle (\d+)$", listed, re.M)
        if kind == "rule-gone":
            words, handle = rng.choice([r for r in rules if re.search("spoofed-source|misrouted|midstream|invalid-state.*$", r[0])
                                        and "ct mark" not in r[0]])
            nft("delete rule inet sekisho forward handle %s" % handle)
            return "without: %s" % words
        words, handle = rules[-1]
        nft("replace rule inet sekisho forward handle %s drop" % handle)
        return "silent instead of: %s" % words
    except (RuntimeError, IndexError):
        run.mutation = None
        return None
