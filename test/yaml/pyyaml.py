"""What PyYAML, Ansible's loader, makes of scalars: reads a JSON list of texts, writes what each is as a value and as a
key. Made the table beside it:

    python3 pyyaml.py < scalars.json > scalars-pyyaml.json

where scalars.json is the list of the table's first column.
"""
import json
import sys

import yaml


def read(text, find):
    try:
        value = find(yaml.load(text, Loader=yaml.SafeLoader))
    except Exception:  # ValueError, KeyError, AttributeError and others, for different scalars
        return ["refused", ""]
    return [type(value).__name__, str(value)]


def row(text):
    value = read(f"v: {text}\n", lambda found: found["v"])
    key = read(f"{text}: v\n", lambda found: next(iter(found)))
    return [text, *value, *key]


rows = [json.dumps(row(text), ensure_ascii=True) for text in json.load(sys.stdin)]
print('{\n  "from": "PyYAML %s, SafeLoader",' % yaml.__version__)
print('  "columns": ["text", "value\'s type", "value as Python writes it", "key\'s type", "key as Python writes it"],')
print('  "rows": [\n    ' + ",\n    ".join(rows) + "\n  ]\n}")
