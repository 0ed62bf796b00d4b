#!/usr/bin/env python3
# Copyright 2026 The Millrace authors
# SPDX-License-Identifier: Apache-2.0
"""Makes instructions.txt: reads the lines that AssemblerTest.main prints, and prints each with the bytes that GNU as makes of it."""
import re
import subprocess
import sys
import tempfile

lines = list(dict.fromkeys(sys.stdin.read().splitlines()))
with tempfile.TemporaryDirectory() as folder:
    with open(folder + '/a.s', 'w') as source:
        source.write('.intel_syntax noprefix\n' + '\n'.join(lines) + '\n')
    subprocess.run(['as', '-aln=' + folder + '/a.lst', '--listing-rhs-width=200', '-o', folder + '/a.o', folder + '/a.s'], check=True)
    codes = {}
    for row in open(folder + '/a.lst'):
        found = re.match(r'\s*(\d+) (?:[0-9a-f]{4,}|\s+) ([0-9A-F ]+?)\s*(\t|$)', row)
        if found:
            number = int(found.group(1)) - 2
            codes[number] = codes.get(number, '') + found.group(2).replace(' ', '').lower()
for number, line in enumerate(lines):
    print(codes[number], line)
