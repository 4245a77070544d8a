# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a policy file by itself: a second reading, so that a mistake of the daemon's own reader does not hide itself."""

import re

TOKEN = re.compile(r"""\s*(?:(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<string>"(?:[^"\\]|\\.)*")"""
                   r"""|(?P<number>-?(?:0x[0-9A-Fa-f]+|\d+)L{0,2})|(?P<name>[A-Za-z*][A-Za-z0-9_*-]*)|(?P<mark>[=:;,{}()\[\]]))""", re.S)


def tokens_of(text):
    at, found = 0, []
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError("not understood: %r" % text[at:at + 40])
        at = match.end()
        if match.lastgroup != "comment":
            found.append((match.lastgroup, match.group(match.lastgroup)))
    return found


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens_of(text), 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, value=None):
        kind, text = self.peek()
        if value is not None and text != value:
            raise ValueError("%r instead of %r" % (text, value))
        self.at += 1
        return kind, text

    def group(self, end):
        found = {}
        while self.peek()[1] != end:
            kind, name = self.take()
            if kind != "name":
                raise ValueError("%r instead of a name" % name)
            self.take()  # = or :
            found[name] = self.value()
            while self.peek()[1] in (";", ","):
                self.take()
        return found

    def sequence(self, end):
        found = []
        while self.peek()[1] != end:
            found.append(self.value())
            if self.peek()[1] == ",":
                self.take()
        self.take(end)
        return found

    def value(self):
        kind, text = self.take()
        if kind == "string":
            whole = text[1:-1]
            while self.peek()[0] == "string":
                whole += self.take()[1][1:-1]
            return re.sub(r"\\(.)", r"\1", whole)
        if kind == "number":
            return int(text.rstrip("L"), 0)
        if kind == "name" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if text == "{":
            found = self.group("}")
            self.take("}")
            return found
        if text in ("(", "["):
            return self.sequence(")" if text == "(" else "]")
        raise ValueError("%r is no value" % text)


def read(path):
    with open(path, encoding="utf-8") as f:
        parser = Parser(f.read())
    return parser.group("")
