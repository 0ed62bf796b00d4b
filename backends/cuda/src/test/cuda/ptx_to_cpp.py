#!/usr/bin/env python3
# Copyright 2026 The Millrace authors
# SPDX-License-Identifier: Apache-2.0
#
# Turns PTX into C++ for ptx_cpu.h: a function for each kernel, a statement for each instruction, a variable for each register. So what nvcc made,
# with all that stands there as text for the assembler, runs without a device. Knows what our kernels use, and stops at anything else.
# Semantics: PTX ISA 8.8, https://docs.nvidia.com/cuda/parallel-thread-execution/
# usage: ptx_to_cpp.py FOLDER FILE.ptx ...     writes FOLDER/FILE.cpp and FOLDER/ptx_kernels.h
import pathlib
import re
import sys

C = {'pred': 'bool', 'f32': 'float'}
for bits in '8', '16', '32', '64':
    C |= {'b' + bits: f'uint{bits}_t', 'u' + bits: f'uint{bits}_t', 's' + bits: f'int{bits}_t'}
SPECIAL = {'%tid': 'gpu::current->', '%ctaid': 'gpu::block_idx.', '%ntid': 'gpu::block_dim.', '%nctaid': 'gpu::grid_dim.'}
SIGNS = {'eq': '==', 'ne': '!=', 'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>='}
BINARY = {'add': '+', 'sub': '-', 'mul': '*', 'div': '/', 'rem': '%', 'and': '&', 'or': '|', 'xor': '^'}
ROUNDS = {'rni': 'rintf', 'rzi': 'truncf', 'rmi': 'floorf', 'rpi': 'ceilf'}
FLOATS = {'neg': '-{}', 'abs': 'fabsf({})', 'sqrt': 'sqrtf({})', 'rcp': '1.0f / {}', 'rsqrt': '1.0f / sqrtf({})', 'ex2': 'ex2({})', 'min': 'fminf({}, {})',
          'max': 'fmaxf({}, {})', 'copysign': 'copysignf({1}, {0})', 'fma': 'fmaf({}, {}, {})'}
MMA = 'mma.sync.aligned.m16n8k16.row.col.f32.{0}.{0}.f32'


def size(kind):
    return int(kind[1:]) // 8


def unsigned(kind):
    return 'u' + kind[1:] if kind[0] in 'sb' else kind


def parts(text):
    """What stands between commas, but for those in braces and brackets."""
    return [p.strip() for p in re.findall(r'(?:\{[^}]*\}|\[[^]]*\]|[^,])+', text)]


def register(name):
    return 'r_' + name[1:]


class Kernel:
    """A kernel in the making; addresses of shared memory are those of ARENA, of 32 bits."""

    def __init__(self, name, shared):
        self.name, self.threads, self.parameters, self.parameter_bytes, self.shared, self.shared_bytes = name, 1024, {}, 0, {}, 0
        self.lines = [f'extern "C" void {name}_ptx(const unsigned char *P) {{', 'gpu::current->begun = true;']
        for one, (align, count) in shared.items():
            self.share(one, align, count)

    def share(self, name, align, count):
        self.shared[name] = -(-self.shared_bytes // align) * align
        self.shared_bytes = self.shared[name] + count

    def parameter(self, name, align, count):
        self.parameters[name] = -(-self.parameter_bytes // align) * align
        self.parameter_bytes = self.parameters[name] + count

    def operand(self, text):
        if match := re.fullmatch(r'0[fF]([0-9A-Fa-f]{8})', text):
            return f'F(0x{match[1]}u)', True
        if '.' in text:
            name, axis = text.split('.')
            return f'(uint32_t) {SPECIAL[name]}{axis}', False
        if text[0] == '%':
            return register(text), text.startswith('%f')
        if re.fullmatch(r'-?\d+', text):
            return f'({text}ll)', False
        return f'(uint64_t) (ARENA + {self.shared[text]})', False

    def value(self, text, kind):
        """An operand as a value of a kind."""
        value, is_float = self.operand(text)
        if kind == 'f32':
            return value if is_float else f'F((uint32_t) ({value}))'
        return f'(({C[kind]}) ' + (f'U({value})' if is_float else f'({value})') + ')'

    def put(self, to, value, kind):
        if to == '_':
            return f'{value};'
        if to.startswith('%f') != (kind == 'f32'):
            value = f'U({value})' if kind == 'f32' else f'F((uint32_t) ({value}))'
        return f'{register(to)} = {value};'

    def address(self, text):
        base, _, offset = text[1:-1].partition('+')
        return f'(unsigned char *) ((uint64_t) ({self.operand(base)[0]}) + {offset or 0})'

    def memory(self, name, kind, where, registers):
        """A load or a store. All that is loaded is read before a register changes, which may be the address."""
        names = parts(registers[1:-1]) if registers[0] == '{' else [registers]
        if 'param' in name:
            base, _, offset = where[1:-1].partition('+')
            at = f'(unsigned char *) P + {self.parameters[base] + int(offset or 0)}'
        else:
            at = f'at{"_shared" if "shared" in name else ""}({self.address(where)}, {len(names) * size(kind)})'
        begin = f'{{ unsigned char *q = {at}; '
        if name[0] == 'st':
            return begin + ' '.join(f'set<{C[kind]}>(q + {i * size(kind)}, {self.value(n, kind)});' for i, n in enumerate(names)) + ' }'
        loads = ' '.join(f'{C[kind]} v{i} = get<{C[kind]}>(q + {i * size(kind)});' for i in range(len(names)))
        return begin + loads + ' ' + ' '.join(self.put(n, f'v{i}', kind) for i, n in enumerate(names)) + ' }'

    def convert(self, name, to, operands):
        kind, source = name[-2:]
        how = name[1] if len(name) > 3 else ''
        v = [self.value(o, source if source != 'f16' else 'b16') for o in operands]
        if kind in ('f16x2', 'bf16x2'):
            return self.put(to, f'(uint32_t) to_{kind[:-2]}({v[0]}) << 16 | to_{kind[:-2]}({v[1]})', 'b32')
        if kind in ('f16', 'bf16'):
            return self.put(to, f'to_{kind}({v[0]})', 'b16')
        if source == 'f16':
            return self.put(to, f'of_f16({v[0]})', 'f32')
        if kind == source == 'f32':
            return self.put(to, f'{"saturate" if how == "sat" else ROUNDS[how]}({v[0]})', kind)
        if source == 'f32':
            return self.put(to, f'to_integer<{C[kind]}>({ROUNDS[how]}({v[0]}))', kind)
        return self.put(to, f'({C[kind]}) {v[0]}', kind)

    def compare(self, name, to, operands):
        how, kind = name[1:]
        a, b = (self.value(o, kind) for o in operands)
        none = f'(isnan({a}) || isnan({b}))'
        if kind != 'f32':
            return self.put(to, f'{a} {SIGNS[how]} {b}', 'pred')
        if how == 'nan':
            return self.put(to, none, 'pred')
        if how[-1] == 'u':
            return self.put(to, f'{none} || {a} {SIGNS[how[:-1]]} {b}', 'pred')
        return self.put(to, f'!{none} && {a} {SIGNS[how]} {b}', 'pred')

    def instruction(self, text):
        text, _, rest = text.replace('\t', ' ').partition(' ')
        name, operands = text.split('.'), parts(rest)
        first, kind = name[0], name[-1]
        to, *others = operands or ['']
        if first == 'bra':
            return f'goto {to.replace("$", "L")};'
        if text == 'ret':
            return 'return;'
        if first == 'prefetch':
            return ';'
        if first in ('ld', 'st'):
            return self.memory(name, kind, *(others + [to] if first == 'ld' else [to] + others))
        if first == 'cvt':
            return self.convert(name, to, others)
        if first == 'setp':
            return self.compare(name, to, others)
        if text in (MMA.format('f16'), MMA.format('bf16')):
            d, a, b, c = (parts(o[1:-1]) for o in operands)
            return (f'{{ float d[4] = {{{", ".join(map(register, c))}}}; '
                    + f'mma<of_{name[-2]}>(d, {{{", ".join(self.value(o, "b32") for o in a + b)}}}); '
                    + ' '.join(self.put(o, f'd[{i}]', 'f32') for i, o in enumerate(d)) + ' }')
        if first == 'shfl' and kind == 'b32':
            to, _, valid = to.partition('|')
            call = f'shuffle_{name[2]}({", ".join(self.value(o, "u32") for o in others)}, valid)'
            return f'{{ bool valid; uint32_t v = {call}; {self.put(to, "v", kind)} ' + (self.put(valid, 'valid', 'pred') if valid else '') + ' }'
        if text == 'cp.async.cg.shared.global' and others[1] == '16':
            return f'copy({self.address(to)}, {self.address(others[0])}, {self.value(others[2], "u32")});'
        if text == 'cp.async.commit_group':
            return 'end_copies();'
        if text == 'cp.async.wait_group':
            return f'await_copies<{to}>();'
        if text == 'bar.sync' and to == '0':
            return 'gpu::wait(gpu::AT_BLOCK);'
        if text == 'bar.warp.sync':
            return f'all_lanes({self.value(to, "u32")}); gpu::wait(gpu::AT_WARP);'
        if text == 'atom.acq_rel.gpu.global.inc.u32':
            return self.put(to, f'increment({self.address(others[0])}, {self.value(others[1], kind)})', kind)
        if first == 'mov':
            if to[0] == '{':
                return ' '.join(self.put(r, f'(uint16_t) ({self.value(others[0], "b32")} >> {16 * i})', 'b16') for i, r in enumerate(parts(to[1:-1])))
            if others[0][0] == '{':
                return self.put(to, ' | '.join(f'(uint32_t) {self.value(r, "b16")} << {16 * i}' for i, r in enumerate(parts(others[0][1:-1]))), 'b32')
            return self.put(to, self.value(others[0], kind), kind)
        if text in ('cvta.to.global.u64', 'cvta.shared.u64'):   # all are addresses of this machine
            return self.put(to, self.value(others[0], 'u64'), 'u64')
        if first == 'selp':
            return self.put(to, f'{self.value(others[2], "pred")} ? {self.value(others[0], kind)} : {self.value(others[1], kind)}', kind)
        if kind in ('f16x2', 'bf16x2') and text in ('sub.f16x2', 'fma.rn.bf16x2'):
            return self.put(to, f'{first}_{kind}({", ".join(self.value(o, "b32") for o in others)})', 'b32')
        if kind == 'pred':
            a, *b = (self.value(o, kind) for o in others)
            return self.put(to, f'!{a}' if first == 'not' else f'({a} {BINARY[first]} {b[0]})', kind)
        if kind == 'f32':
            v = [self.value(o, kind) for o in others]
            if 'rm' in name:
                return self.put(to, f'fma_down({", ".join(v)})', kind)
            return self.put(to, f'{v[0]} {BINARY[first]} {v[1]}' if first in BINARY else FLOATS[first].format(*v), kind)
        return self.integer(name, first, kind, to, others)

    def integer(self, name, first, kind, to, operands):
        def v(i, k=kind):
            return self.value(operands[i], k)
        wraps = unsigned(kind)
        if first in ('add', 'sub', 'and', 'or', 'xor'):
            return self.put(to, f'({C[wraps]}) ({v(0, wraps)} {BINARY[first]} {v(1, wraps)})', wraps)
        if first in ('div', 'rem'):
            return self.put(to, f'{v(0)} {BINARY[first]} {v(1)}', kind)
        if first in ('mul', 'mad'):
            if name[1] == 'wide':
                wraps = kind[0] + str(2 * int(kind[1:]))
                product = f'({C[wraps]}) {v(0)} * {v(1)}'
            elif name[1] == 'lo':
                product = f'{v(0, wraps)} * {v(1, wraps)}'
            else:
                raise ValueError('.'.join(name))
            return self.put(to, f'({C[wraps]}) ({product}' + (f' + {v(2, wraps)})' if first == 'mad' else ')'), wraps)
        if first in ('min', 'max'):
            return self.put(to, f'std::{first}<{C[kind]}>({v(0)}, {v(1)})', kind)
        if first in ('not', 'neg'):
            return self.put(to, f'({C[wraps]}) {"~" if first == "not" else "-"}{v(0, wraps)}', wraps)
        if first in ('shl', 'shr'):
            kind = wraps if first == 'shl' else kind
            return self.put(to, f'{first}<{C[kind]}>({v(0, kind)}, {v(1, "u32")})', kind)
        if first in ('prmt', 'bfi', 'popc', 'match') or '.'.join(name) == 'dp4a.s32.s32':
            return self.put(to, f'{first}({", ".join(v(i, "u32") for i in range(len(operands)))})', 'u32')
        if first == 'redux':
            return self.put(to, f'reduce_{name[2]}({v(0)}, {v(1, "u32")})', kind)
        if first == 'abs':
            return self.put(to, f'({C[kind]}) labs({v(0)})', kind)
        raise ValueError('.'.join(name))

    def line(self, text):
        if match := re.fullmatch(r'\.reg \.(\w+)\s+%(\w+)<(\d+)>;', text):
            self.lines.append(f'{C[match[1]]} ' + ', '.join(f'r_{match[2]}{i} = 0' for i in range(int(match[3]))) + ';')
        elif match := re.fullmatch(r'\{ \.reg \.(\w+) %(\w+);', text):
            self.lines.append(f'{{ {C[match[1]]} r_{match[2]};')
        elif text[0] != '{' and text.endswith('; }'):
            self.line(text[:-2])
            self.lines.append('}')
        elif match := re.fullmatch(r'(\$\w+):', text):
            self.lines.append(match[1].replace('$', 'L') + ':;')
        elif not re.match(r'\.(pragma|minnctapersm)\b', text):
            for one in filter(None, map(str.strip, re.sub(r'^\{(.*)\}$', r'\1', text).split(';'))):
                condition = ''
                if match := re.fullmatch(r'@(!?)(%\w+)\s+(.*)', one):
                    condition, one = f'if ({match[1]}{register(match[2])}) ', match[3]
                self.lines.append(f'{condition}{{ {self.instruction(one)} }}')


def translate(text):
    """The kernels of a file."""
    shared, kernels, kernel, place = {}, [], None, 'outside'
    for number, line in enumerate(text.split('\n'), 1):
        line = line.strip()
        memory = re.fullmatch(r'\.shared \.align (\d+) \.(\w+) (\w+)(?:\[(\d+)\])?;', line)
        parameter = re.match(r'\.param (?:\.align (\d+) )?\.(\w+) (\w+)(?:\[(\d+)\])?', line)
        try:
            if not line or line.startswith('//') or re.match(r'\.(version|target|address_size)\b', line):
                continue
            if match := re.fullmatch(r'\.visible \.entry (\w+)\(', line):
                kernel, place = Kernel(match[1], shared), 'parameters'
            elif place == 'parameters' and parameter:
                kernel.parameter(parameter[3], int(parameter[1] or size(parameter[2])), size(parameter[2]) * int(parameter[4] or 1))
            elif place == 'parameters' and line == ')':
                place = 'in front'
            elif match := re.fullmatch(r'\.maxntid (\d+), 1, 1', line):
                kernel.threads = int(match[1])
            elif place == 'in front' and line == '{':
                place = 'body'
            elif memory and kernel:
                kernel.share(memory[3], int(memory[1]), size(memory[2]) * int(memory[4] or 1))
            elif memory:
                shared[memory[3]] = int(memory[1]), size(memory[2]) * int(memory[4] or 1)
            elif place == 'body' and line == '}':
                kernels.append(kernel)
                kernel, place = None, 'outside'
            else:
                kernel.line(line)
        except Exception as e:
            raise SystemExit(f'line {number}: {line}: {e!r}')
    return kernels


def main(folder, *files):
    all_kernels = []
    for file in map(pathlib.Path, files):
        kernels = translate(file.read_text())
        all_kernels += kernels
        body = '\n'.join('\n'.join(k.lines) + '\n}' for k in kernels)
        (pathlib.Path(folder) / (file.stem + '.cpp')).write_text('#include "ptx_cpu.h"\n' + body + '\n')
    declared = ''.join(f'extern "C" void {k.name}_ptx(const unsigned char *);\n' for k in all_kernels)
    (pathlib.Path(folder) / 'ptx_kernels.h').write_text(declared + '#define PTX_KERNELS ' + ', '.join(f'K({k.name}, {k.parameter_bytes}, {k.threads})' for k in all_kernels) + '\n')


main(*sys.argv[1:])
