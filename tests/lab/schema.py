#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds every line of the given logs against doc/log-schema.json. usage: schema.py FILE..."""

import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parent.parent.parent / "doc" / "log-schema.json"
FAULTS_MAX = 10


def main(paths):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    formats = jsonschema.FormatChecker(["ipv4", "ipv6"])
    kinds = {name: jsonschema.Draft202012Validator({**schema, "oneOf": [{"$ref": f"#/$defs/{name}"}]},
                                                   format_checker=formats)
             for name in schema["$defs"]}
    whole = jsonschema.Draft202012Validator(schema, format_checker=formats)
    faults = lines = 0
    for path in paths:
        with open(path, encoding="utf-8") as log:
            for number, line in enumerate(log, 1):
                lines += 1
                record = json.loads(line)
                if whole.is_valid(record):
                    continue
                faults += 1
                if faults > FAULTS_MAX:
                    continue
                print(f"{path}:{number}: {line.strip()}")
                for name, kind in kinds.items():
                    error = jsonschema.exceptions.best_match(kind.iter_errors(record))
                    print(f"    not of kind {name}: {error.message if error else '-'}")
    print(f"records: {lines}, not as the schema says: {faults}")
    return 1 if faults or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
