#!/usr/bin/env python3
# Copyright 2026 The Millrace authors
# SPDX-License-Identifier: Apache-2.0
"""Makes instructions-arm64.txt: reads the lines that Arm64AssemblerTest.main prints, and prints each with the bytes that GNU as makes
of it (binutils-aarch64-linux-gnu)."""
import subprocess
import sys
import tempfile

lines = list(dict.fromkeys(sys.stdin.read().splitlines()))
with tempfile.TemporaryDirectory() as folder:
    with open(folder + '/a.s', 'w') as source:
        source.write('.arch armv8.2-a+dotprod+i8mm\n' + '\n'.join(lines) + '\n')
    subprocess.run(['aarch64-linux-gnu-as', '-o', folder + '/a.o', folder + '/a.s'], check=True)
    subprocess.run(['aarch64-linux-gnu-objcopy', '-O', 'binary', folder + '/a.o', folder + '/a.bin'], check=True)
    code = open(folder + '/a.bin', 'rb').read()
assert len(code) == 4 * len(lines)
for i, line in enumerate(lines):
    print(code[4 * i:4 * i + 4].hex(), line)
