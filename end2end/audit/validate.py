"""Validates the JSON lines on standard input against a schema: SCHEMA. Prints what is wrong with which line."""

import json
import sys

# Installed with kubernetes-validate: end2end/deploy/requirements.txt.
from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
found = 0
# Only a line break ends a line: U+2028 may be in one.
for number, line in enumerate(sys.stdin.buffer.read().removesuffix(b"\n").split(b"\n"), 1):
    for error in validator.iter_errors(json.loads(line)):
        found += 1
        print(f"line {number}: {error.json_path}: {error.message:.200}")
sys.exit(1 if found else 0)
