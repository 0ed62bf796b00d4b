/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.assembler.Operand.Memory;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Every instruction with operands of all kinds, byte by byte as GNU as encodes it. {@code instructions.txt} is made of the output of
 * {@link #main} by {@code instructions.py}.
 */
public class AssemblerTest {

    private static final int[] NUMBERS = {0, 7, 8, 15, 16, 23, 24, 31};
    private static final int[] DISPLACEMENTS = {0, 4, 32, 64, 124, 127, 128, 508, 512, 8128, 8192, -4, -64, -128,
            -8192, -8256, 100_000};

    /** Prints all instructions, for GNU as. */
    public static void main(String[] args) {
        samples(new Assembler(System.out::println));
    }

    private static void samples(Assembler a) {
        for (General g : General.values()) {
            a.push(g);
            a.pop(g);
            a.mov(g, General.RDI);
            a.mov(General.R9, g);
            a.mov(g, -5);
            a.add(g, 127);
            a.add(g, 128);
            a.add(g, -100_000);
            a.dec(g);
            a.add(g, General.R9);
            a.add(General.RCX, g);
            a.vpextrd(g.at(0), new Vector(3, 16), 0);
            a.vpextrd(g.at(64), new Vector(13, 16), 3);
            for (int displacement : new int[]{0, 8, -128, 128}) {
                memory(a, g, g.at(displacement));
            }
            a.vmovups(new Vector(3, 64), g.at(0));
            a.vmovups(new Vector(3, 64), g.at(64));
            a.vmovups(new Vector(3, 32), g.at(0));
            a.vpbroadcastd(new Vector(3, 32), g.at(4));
        }
        a.ret();
        a.cpuid();
        a.xgetbv();
        a.vzeroupper();
        for (int bytes : new int[]{16, 32, 64}) {
            int last = bytes == 64 ? 31 : 15;
            for (int number : NUMBERS) {
                if (number > last) {
                    break;
                }
                Vector v = new Vector(number, bytes);
                Vector other = new Vector(last - number, bytes);
                all(a, v, other, new Vector(1, bytes));
                all(a, new Vector(2, bytes), v, other);
                all(a, other, new Vector(5, bytes), v);
            }
            for (int displacement : DISPLACEMENTS) {
                Vector v = new Vector(last - 1, bytes);
                vectors(a, v, new Vector(7, bytes), General.RCX.at(displacement));
                vectors(a, new Vector(0, bytes), v, General.R12.at(displacement));
                a.vmovups(General.RDX.at(displacement), v);
                a.vmovups(General.R13.at(displacement), v);
                a.vpbroadcastd(v, General.R8.at(displacement));
                if (bytes == 64) {
                    vectors(a, v, new Vector(9, 64), General.R9.at(displacement).broadcast());
                }
            }
        }
    }

    private static void memory(Assembler a, General g, Memory memory) {
        a.mov(g, General.R10.at(memory.displacement()));
        a.mov(General.RDX, memory);
        a.mov(memory, General.RBX);
        a.add(General.R11, memory);
        a.add(memory, General.RSI);
        a.dec(memory);
    }

    private static void all(Assembler a, Vector x, Vector y, Vector z) {
        vectors(a, x, y, z);
        a.vpslld(x, z, 16);
        a.vpsrld(x, y, 4);
        a.vpsrad(x, y, 31);
        a.vpsllw(x, z, 8);
        a.vpsraw(x, y, 8);
        a.vpshufd(x, y, 0x4e);
    }

    private static void vectors(Assembler a, Vector x, Vector y, Operand z) {
        a.vmovups(x, z instanceof Operand.Broadcast b ? b.memory() : z);
        a.vpand(x, y, z);
        a.vpor(x, y, z);
        a.vpxor(x, y, z);
        a.vpaddd(x, y, z);
        a.vpdpbusd(x, y, z);
        a.vcvtdq2ps(x, z);
        a.vmulps(x, y, z);
        a.vaddps(x, y, z);
        a.vdivps(x, y, z);
        a.vpdpwssd(x, y, z);
        a.vsubps(x, y, z);
        a.vminps(x, y, z);
        a.vmaxps(x, y, z);
        a.vpmaxsd(x, y, z);
        a.vpmulld(x, y, z);
        if (!(z instanceof Operand.Broadcast)) {
            a.vpshufb(x, y, z);
            a.vpacksswb(x, y, z);
        }
        a.vpackssdw(x, y, z);
        a.vfmadd213ps(x, y, z);
        a.vfmadd231ps(x, y, z);
        if (x.bytes() == 64) {
            a.vpternlogd(x, y, z, 0xf8);
        } else {
            a.vpaddw(x, y, z);
            a.vpabsb(x, z);
            a.vpsignb(x, y, z);
            a.vpmaddubsw(x, y, z);
            a.vpmaddwd(x, y, z);
        }
    }

    @Test
    void bytesAreThoseOfGnuAs() throws IOException {
        Map<String, String> expected = table();
        Map<String, String> got = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        List<Integer> starts = new ArrayList<>();
        Assembler[] assembler = new Assembler[1];
        Assembler a = new Assembler(line -> {
            lines.add(line);
            starts.add(assembler[0].size());
        });
        assembler[0] = a;
        samples(a);
        starts.add(a.size());
        byte[] code = a.code();
        for (int i = 0; i < lines.size(); i++) {
            got.put(lines.get(i), HexFormat.of().formatHex(code, starts.get(i), starts.get(i + 1)));
        }
        assertEquals(expected.size(), got.size());
        got.forEach((line, bytes) -> assertEquals(expected.get(line), bytes, line));
    }

    private static Map<String, String> table() throws IOException {
        try (InputStream in = AssemblerTest.class.getResourceAsStream("instructions.txt")) {
            Map<String, String> table = new LinkedHashMap<>();
            new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII).lines().forEach(line -> {
                int space = line.indexOf(' ');
                table.put(line.substring(space + 1), line.substring(0, space));
            });
            return table;
        }
    }

    /** What jumps and constants hold is counted from the end of the instruction, an immediate byte behind it included. */
    @Test
    void labelsAreCountedFromTheEndOfTheInstruction() {
        byte[] code = assemble(a -> {
            Label start = a.label();
            Label constant = a.label();
            a.place(start);
            a.dec(General.RCX);
            a.jnz(start);
            a.vpternlogd(new Vector(1, 64), new Vector(2, 64), constant, 0xf8);
            a.vpand(new Vector(1, 32), new Vector(2, 32), constant);
            a.jz(constant);
            a.align(64);
            a.place(constant);
            a.data(0x01020304);
        });
        assertEquals(68, code.length);
        assertArrayEquals(HexFormat.of().parseHex("48ffc9" + "0f85f7ffffff" + "62f36d48250d2c000000f8"
                + "c5eddb0d24000000" + "0f841e000000"), Arrays.copyOf(code, 34));
        assertArrayEquals(new byte[]{(byte) 0xcc, 4, 3, 2, 1}, Arrays.copyOfRange(code, 63, 68));
    }

    @Test
    void mistakesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Vector(16, 32));
        assertThrows(IllegalArgumentException.class, () -> new Vector(32, 64));
        Assembler a = new Assembler();
        Label label = a.label();
        a.jz(label);
        assertThrows(IllegalStateException.class, a::code);
        a.place(label);
        assertThrows(IllegalStateException.class, () -> a.place(label));
        assertThrows(IllegalArgumentException.class,
                () -> a.vpand(new Vector(1, 32), new Vector(1, 32), General.RAX.at(0).broadcast()));
    }

    private static byte[] assemble(Consumer<Assembler> program) {
        Assembler a = new Assembler();
        program.accept(a);
        return a.code();
    }
}
