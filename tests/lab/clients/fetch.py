# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: fetch.py urllib|requests URL [FILE]     FILE is sent in a POST"""
import sys

how, url, *files = sys.argv[1:]
data = open(files[0], "rb").read() if files else None
if how == "urllib":
    import urllib.request

    with urllib.request.urlopen(url, data=data, timeout=20) as answer:
        sys.stdout.buffer.write(answer.read())
else:
    import requests

    with requests.Session() as session:
        answer = session.post(url, data=data, timeout=20) if files else session.get(url, timeout=20)
        answer.raise_for_status()
        sys.stdout.buffer.write(answer.content)
