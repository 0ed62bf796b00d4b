# Copyright 2026 The Millrace authors
# SPDX-License-Identifier: Apache-2.0
"""Compares files of `millrace quantise` with what llama.cpp's own quantiser makes of the same source, tensor by tensor.

    python3 quantiser.py LIBLLAMA.so SOURCE.gguf QUANTISED.gguf...

LIBLLAMA.so is llama.cpp's library, such as the one in node_modules/@node-llama-cpp/linux-x64. SOURCE.gguf is in F16, BF16 or F32. Which
mixture is compared is read from each quantised file.
"""
import ctypes
import os
import struct
import sys
import tempfile

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class Gguf:
    """The file type and the tensors of a file: name to type, offset and end."""

    def __init__(self, path):
        self.path = path
        self.file_type = None
        with open(path, "rb") as self.file:
            _, _, tensors, keys = struct.unpack("<IIQQ", self.file.read(24))
            alignment = 32
            for _ in range(keys):
                name = self.text()
                value = self.value(self.number("I"))
                if name == "general.file_type":
                    self.file_type = value
                elif name == "general.alignment":
                    alignment = value
            found = []
            for _ in range(tensors):
                name = self.text()
                shape = [self.number("Q") for _ in range(self.number("I"))]
                found.append((name, self.number("I"), shape, self.number("Q")))
            start = -(-self.file.tell() // alignment) * alignment
        ordered = sorted(offset for *_, offset in found) + [os.path.getsize(path) - start]
        self.tensors = {name: (kind, shape, start + offset, start + ordered[ordered.index(offset) + 1])
                        for name, kind, shape, offset in found}

    def number(self, code):
        return struct.unpack("<" + code, self.file.read(struct.calcsize(code)))[0]

    def text(self):
        return self.file.read(self.number("Q")).decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            inner = self.number("I")
            return [self.value(inner) for _ in range(self.number("Q"))]
        return self.number(SCALARS[kind])

    def content(self, name):
        _, _, begin, end = self.tensors[name]
        with open(self.path, "rb") as file:
            file.seek(begin)
            return file.read(end - begin).rstrip(b"\0")


class Parameters(ctypes.Structure):
    """llama_model_quantize_params: what comes behind the first two is left as llama.cpp sets it."""
    _fields_ = [("threads", ctypes.c_int32), ("file_type", ctypes.c_int32), ("rest", ctypes.c_char * 1016)]


def main(library, source, *files):
    os.chdir(os.path.dirname(os.path.abspath(library)))
    llama = ctypes.CDLL(os.path.abspath(os.path.basename(library)))
    llama.llama_backend_init()
    llama.llama_model_quantize_default_params.restype = Parameters
    for path in files:
        ours = Gguf(path)
        parameters = llama.llama_model_quantize_default_params()
        parameters.threads, parameters.file_type = 2, ours.file_type
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "theirs.gguf")
            failed = llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters))
            if failed:
                sys.exit(f"llama.cpp could not quantise {source} to its type {ours.file_type}")
            theirs = Gguf(target)
            other = [name for name in theirs.tensors if name not in ours.tensors
                     or ours.tensors[name][:2] != theirs.tensors[name][:2]
                     or ours.content(name) != theirs.content(name)]
            missing = [name for name in ours.tensors if name not in theirs.tensors]
        print(f"{os.path.basename(path)}: {len(theirs.tensors) - len(other)} of {len(theirs.tensors)} tensors are equal",
              *other, *missing)


if __name__ == "__main__":
    main(sys.argv[1], *(os.path.abspath(path) for path in sys.argv[2:]))
