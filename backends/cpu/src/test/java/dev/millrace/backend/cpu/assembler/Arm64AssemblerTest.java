/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Every arm64 instruction as GNU as encodes it. {@code instructions-arm64.txt} is made of the output of {@link #main} by
 * {@code instructions-arm64.py}.
 */
public class Arm64AssemblerTest {

    private static final int[] NUMBERS = {0, 1, 7, 8, 15, 16, 23, 30};

    /** Prints all instructions, for GNU as. */
    public static void main(String[] args) {
        samples(new Arm64Assembler(System.out::println));
    }

    private static void samples(Arm64Assembler a) {
        a.ret();
        for (int x : NUMBERS) {
            int y = 30 - x;
            for (int offset : new int[]{0, 8, 64, 32_760}) {
                a.ldr(x, y, offset);
            }
            for (int offset : new int[]{0, 16, 128, 65_520}) {
                a.ldrq(x, y, offset);
                a.strq(y, x, offset);
            }
            a.mov(x, y);
            a.mov16(x, 4 * x);
            a.mov16(x, 65_535);
            a.add(x, y, 5);
            a.add(5, x, y);
            for (int value : new int[]{0, 1, 4_095, 4_096, 100_000}) {
                a.addValue(x, y, value);
            }
            a.dec(x);
            for (int count : new int[]{1, 2, 4}) {
                a.lanes(x, y, count);
            }
            a.thirdLane(x, y);
            a.zero(x);
            for (int value : new int[]{0, 0x0f, 0x80, 0xff, 0x55}) {
                a.movi(x, value);
                a.movi16(y, value);
                a.movi16(y, value << 8);
            }
            for (int z : NUMBERS) {
                vectors(a, x, y, z + 1);
                vectors(a, z + 1, x, y);
            }
        }
    }

    private static void vectors(Arm64Assembler a, int x, int y, int z) {
        a.and(x, y, z);
        a.orr(x, y, z);
        a.eor(x, y, z);
        a.scvtf(x, z);
        a.smmla(x, y, z);
        a.zip1(x, y, z);
        a.zip2(x, y, z);
        a.uzp1(x, y, z);
        a.uzp2(x, y, z);
        a.dupPair(x, z, 0);
        a.dupPair(x, z, 1);
        a.fmul(x, y, z);
        a.fmla(x, y, z);
        a.fadd(x, y, z);
        a.fsub(x, y, z);
        a.fdiv(x, y, z);
        a.fmax(x, y, z);
        a.fmaxp(x, y, z);
        a.fminnm(x, y, z);
        a.addInts(x, y, z);
        a.smax(x, y, z);
        a.smaxp(x, y, z);
        a.zipPair1(x, y, z);
        a.zipPair2(x, y, z);
        for (int bits : new int[]{1, 2, 16, 31}) {
            a.shl(x, y, bits);
            a.sli(x, y, bits);
            a.ushr(x, z, bits);
            a.sshr(y, x, bits);
        }
        a.ushrBytes(x, z, 4);
        for (int lane = 0; lane < 4; lane++) {
            a.dup(x, z, lane);
            a.sdot(x, y, z, lane);
            a.fmul(x, y, z, lane);
            a.fmla(x, y, z, lane);
        }
    }

    @Test
    void wordsAreThoseOfGnuAs() throws IOException {
        List<String> lines = new ArrayList<>();
        Arm64Assembler a = new Arm64Assembler(lines::add);
        samples(a);
        byte[] code = a.code();
        assertEquals(code.length, 4 * lines.size());
        List<String> got = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            got.add(HexFormat.of().formatHex(code, 4 * i, 4 * i + 4) + " " + lines.get(i));
        }
        assertEquals(table(), got.stream().distinct().toList());
    }

    private static List<String> table() throws IOException {
        try (InputStream in = Arm64AssemblerTest.class.getResourceAsStream("instructions-arm64.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
        }
    }

    @Test
    void jumpsAreCountedInInstructions() {
        Arm64Assembler a = new Arm64Assembler();
        Operand.Label loop = a.label();
        Operand.Label constant = a.label();
        a.place(loop);
        a.dec(3);
        a.jnz(loop);
        a.jz(constant);
        a.ldrq(2, constant);
        a.align(32);
        a.place(constant);
        a.data(0x01020304);
        assertEquals("630400f1" + "e1ffff54" + "c0000054" + "a200009c" + "00".repeat(16) + "04030201",
                HexFormat.of().formatHex(a.code()));
    }

    @Test
    void mistakesAreRefused() {
        Arm64Assembler a = new Arm64Assembler();
        assertThrows(IllegalArgumentException.class, () -> a.ldrq(0, 1, 8));
        assertThrows(IllegalArgumentException.class, () -> a.ldr(0, 1, -8));
        assertThrows(IllegalArgumentException.class, () -> a.addValue(0, 1, -1));
        assertThrows(IllegalArgumentException.class, () -> a.movi16(0, 0x1234));
        assertThrows(IllegalArgumentException.class, () -> a.lanes(0, 1, 5));
        Operand.Label label = a.label();
        a.jz(label);
        assertThrows(IllegalStateException.class, a::code);
    }
}
