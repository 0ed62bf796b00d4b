/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.Label;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Encodes arm64 instructions, those that the kernels use (Arm Architecture Reference Manual for A-profile). Registers are numbers: 0 to
 * 30 for those of 64 bits, 0 to 31 for SIMD registers, which are 16 bytes wide. The target comes first. Not safe for use from several
 * threads.
 */
public final class Arm64Assembler implements Assembly {

    private record Use(int at, Label label) {
    }

    private static final int IMMEDIATE = 4096;

    private final @Nullable Consumer<String> listing;
    private final List<Integer> words = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();
    private final List<Use> uses = new ArrayList<>();

    /** Begins with no code. */
    public Arm64Assembler() {
        this(null);
    }

    /**
     * Begins with no code.
     *
     * @param listing gets every instruction as a line that GNU as understands
     */
    public Arm64Assembler(@Nullable Consumer<String> listing) {
        this.listing = listing;
    }

    @Override
    public int size() {
        return Integer.BYTES * words.size();
    }

    @Override
    public byte[] code() {
        ByteBuffer buffer = ByteBuffer.allocate(size()).order(ByteOrder.LITTLE_ENDIAN);
        words.forEach(buffer::putInt);
        for (Use use : uses) {
            int place = labels.get(use.label().number());
            if (place < 0) {
                throw new IllegalStateException("label " + use.label().number() + " has no place");
            }
            buffer.putInt(Integer.BYTES * use.at(), words.get(use.at()) | ((place - use.at()) & 0x7ffff) << 5);
        }
        return buffer.array();
    }

    @Override
    public Label label() {
        labels.add(-1);
        return new Label(labels.size() - 1);
    }

    @Override
    public void place(Label label) {
        if (labels.set(label.number(), words.size()) >= 0) {
            throw new IllegalStateException("label " + label.number() + " has a place already");
        }
    }

    @Override
    public void align(int bytes) {
        while (size() % bytes != 0) {
            words.add(0);
        }
    }

    @Override
    public void data(int value) {
        words.add(value);
    }

    // general registers

    /** Returns to the caller. */
    public void ret() {
        put(0xd65f03c0, "ret");
    }

    /** Reads 64 bits at a multiple of 8. */
    public void ldr(int to, int base, int offset) {
        put(0xf9400000 | scaled(offset, 8) << 10 | base << 5 | to, "ldr x", to, ", [x", base, ", #", offset, "]");
    }

    /** {@code to = from}. */
    public void mov(int to, int from) {
        put(0xaa0003e0 | from << 16 | to, "mov x", to, ", x", from);
    }

    /** {@code to = value}, of 16 bits without a sign. */
    public void mov16(int to, int value) {
        if (value < 0 || value > 0xffff) {
            throw new IllegalArgumentException(value + " has more than 16 bits");
        }
        put(0xd2800000 | value << 5 | to, "mov x", to, ", #", value);
    }

    /** {@code to = a + b}. */
    public void add(int to, int a, int b) {
        put(0x8b000000 | b << 16 | a << 5 | to, "add x", to, ", x", a, ", x", b);
    }

    /** {@code to = a + value}, of 24 bits without a sign. */
    public void addValue(int to, int a, int value) {
        if (value < 0 || value >= IMMEDIATE * IMMEDIATE) {
            throw new IllegalArgumentException(value + " does not fit");
        }
        int from = a;
        if (value >= IMMEDIATE) {
            put(0x91400000 | (value / IMMEDIATE) << 10 | a << 5 | to, "add x", to, ", x", a, ", #", value / IMMEDIATE,
                    ", lsl #12");
            from = to;
        }
        put(0x91000000 | (value % IMMEDIATE) << 10 | from << 5 | to, "add x", to, ", x", from, ", #",
                value % IMMEDIATE);
    }

    /** Subtracts 1 and compares with 0. */
    public void dec(int register) {
        put(0xf1000400 | register << 5 | register, "subs x", register, ", x", register, ", #1");
    }

    /** Jumps if the last result was 0. */
    public void jz(Label to) {
        use(0x54000000, to);
    }

    /** Jumps if the last result was not 0. */
    public void jnz(Label to) {
        use(0x54000001, to);
    }

    // SIMD registers

    /** Reads a vector at a multiple of 16. */
    public void ldrq(int to, int base, int offset) {
        put(0x3dc00000 | scaled(offset, 16) << 10 | base << 5 | to, "ldr q", to, ", [x", base, ", #", offset, "]");
    }

    /** Writes a vector at a multiple of 16. */
    public void strq(int from, int base, int offset) {
        put(0x3d800000 | scaled(offset, 16) << 10 | base << 5 | from, "str q", from, ", [x", base, ", #", offset, "]");
    }

    /** Reads the first 1 to 4 lanes of 32 bits, at any address that such lanes may have. */
    public void lanes(int to, int base, int count) {
        switch (count) {
            case 1 -> put(0xbd400000 | base << 5 | to, "ldr s", to, ", [x", base, "]");
            case 2, 3 -> put(0xfd400000 | base << 5 | to, "ldr d", to, ", [x", base, "]");
            case 4 -> put(0x3dc00000 | base << 5 | to, "ldr q", to, ", [x", base, "]");
            default -> throw new IllegalArgumentException("there are 4 lanes");
        }
    }

    /** Reads the third lane of 32 bits. */
    public void thirdLane(int to, int base) {
        put(0x4d408000 | base << 5 | to, "ld1 {v", to, ".s}[2], [x", base, "]");
    }

    /** Reads a vector that lies in the code itself. */
    public void ldrq(int to, Label from) {
        use(0x9c000000 | to, from);
    }

    /** Zeros. */
    public void zero(int to) {
        put(0x6f00e400 | to, "movi v", to, ".2d, #0");
    }

    /** The same byte everywhere. */
    public void movi(int to, int value) {
        put(0x4f00e400 | immediate(value) | to, "movi v", to, ".16b, #", value);
    }

    /** The same 16 bits everywhere: a byte, or one shifted to the left by 8. */
    public void movi16(int to, int value) {
        boolean upper = value > 0xff;
        if (upper && (value & 0xff) != 0) {
            throw new IllegalArgumentException(value + " is no shifted byte");
        }
        put((upper ? 0x4f00a400 : 0x4f008400) | immediate(upper ? value >> 8 : value) | to, "movi v", to, ".8h, #",
                upper ? value >> 8 : value, upper ? ", lsl #8" : "");
    }

    private static int immediate(int value) {
        return value >> 5 << 16 | (value & 31) << 5;
    }

    /** Bitwise and. */
    public void and(int to, int a, int b) {
        three(0x4e201c00, "and", "16b", to, a, b);
    }

    /** Bitwise or. */
    public void orr(int to, int a, int b) {
        three(0x4ea01c00, "orr", "16b", to, a, b);
    }

    /** Bitwise exclusive or. */
    public void eor(int to, int a, int b) {
        three(0x6e201c00, "eor", "16b", to, a, b);
    }

    /** 32-bit lanes shifted to the left. */
    public void shl(int to, int a, int bits) {
        put(0x4f005400 | (32 + bits) << 16 | a << 5 | to, "shl v", to, ".4s, v", a, ".4s, #", bits);
    }

    /** 32-bit lanes shifted to the right, zeros coming in. */
    public void ushr(int to, int a, int bits) {
        put(0x6f000400 | (64 - bits) << 16 | a << 5 | to, "ushr v", to, ".4s, v", a, ".4s, #", bits);
    }

    /** Bytes shifted to the right, zeros coming in. */
    public void ushrBytes(int to, int a, int bits) {
        put(0x6f000400 | (16 - bits) << 16 | a << 5 | to, "ushr v", to, ".16b, v", a, ".16b, #", bits);
    }

    /** 32-bit lanes shifted to the right, signs coming in. */
    public void sshr(int to, int a, int bits) {
        put(0x4f000400 | (64 - bits) << 16 | a << 5 | to, "sshr v", to, ".4s, v", a, ".4s, #", bits);
    }

    /** 32-bit lanes shifted to the left, over all but the lowest bits of the target. */
    public void sli(int to, int a, int bits) {
        put(0x6f005400 | (32 + bits) << 16 | a << 5 | to, "sli v", to, ".4s, v", a, ".4s, #", bits);
    }

    /** Sums of 32-bit integers. */
    public void addInts(int to, int a, int b) {
        three(0x4ea08400, "add", "4s", to, a, b);
    }

    /** The larger 32-bit integers, with signs. */
    public void smax(int to, int a, int b) {
        three(0x4ea06400, "smax", "4s", to, a, b);
    }

    /** The larger of each two neighbouring 32-bit integers, of a, then of b. */
    public void smaxp(int to, int a, int b) {
        three(0x4ea0a400, "smaxp", "4s", to, a, b);
    }

    /** One lane of 32 bits in every lane. */
    public void dup(int to, int from, int lane) {
        put(0x4e000400 | (lane << 3 | 4) << 16 | from << 5 | to, "dup v", to, ".4s, v", from, ".s[", lane, "]");
    }

    /** Adds products of signed bytes, four by four, with the four bytes of one lane; needs the extension for dot products. */
    public void sdot(int to, int a, int b, int lane) {
        put(0x4f80e000 | element(b, lane) | a << 5 | to, "sdot v", to, ".4s, v", a, ".16b, v", b, ".4b[", lane, "]");
    }

    /** Adds products of signed bytes: two rows of eight by two columns of eight; needs the extension for matrix products. */
    public void smmla(int to, int a, int b) {
        put(0x4e80a400 | b << 16 | a << 5 | to, "smmla v", to, ".4s, v", a, ".16b, v", b, ".16b");
    }

    /** The first two 32-bit lanes of each, in turn. */
    public void zip1(int to, int a, int b) {
        three(0x4e803800, "zip1", "4s", to, a, b);
    }

    /** The last two 32-bit lanes of each, in turn. */
    public void zip2(int to, int a, int b) {
        three(0x4e807800, "zip2", "4s", to, a, b);
    }

    /** The first half of each. */
    public void zipPair1(int to, int a, int b) {
        three(0x4ec03800, "zip1", "2d", to, a, b);
    }

    /** The second half of each. */
    public void zipPair2(int to, int a, int b) {
        three(0x4ec07800, "zip2", "2d", to, a, b);
    }

    /** The 32-bit lanes 0 and 2 of each. */
    public void uzp1(int to, int a, int b) {
        three(0x4e801800, "uzp1", "4s", to, a, b);
    }

    /** The 32-bit lanes 1 and 3 of each. */
    public void uzp2(int to, int a, int b) {
        three(0x4e805800, "uzp2", "4s", to, a, b);
    }

    /** One lane of 64 bits in both lanes. */
    public void dupPair(int to, int from, int lane) {
        put(0x4e080400 | lane << 20 | from << 5 | to, "dup v", to, ".2d, v", from, ".d[", lane, "]");
    }

    /** 32-bit integers to floats. */
    public void scvtf(int to, int a) {
        put(0x4e21d800 | a << 5 | to, "scvtf v", to, ".4s, v", a, ".4s");
    }

    /** Products of floats. */
    public void fmul(int to, int a, int b) {
        three(0x6e20dc00, "fmul", "4s", to, a, b);
    }

    /** Products of floats with one lane. */
    public void fmul(int to, int a, int b, int lane) {
        put(0x4f809000 | element(b, lane) | a << 5 | to, "fmul v", to, ".4s, v", a, ".4s, v", b, ".s[", lane, "]");
    }

    /** {@code to = a * b + to}, rounded once. */
    public void fmla(int to, int a, int b) {
        three(0x4e20cc00, "fmla", "4s", to, a, b);
    }

    /** {@code to = a * one lane of b + to}, rounded once. */
    public void fmla(int to, int a, int b, int lane) {
        put(0x4f801000 | element(b, lane) | a << 5 | to, "fmla v", to, ".4s, v", a, ".4s, v", b, ".s[", lane, "]");
    }

    /** Sums of floats. */
    public void fadd(int to, int a, int b) {
        three(0x4e20d400, "fadd", "4s", to, a, b);
    }

    /** Differences of floats. */
    public void fsub(int to, int a, int b) {
        three(0x4ea0d400, "fsub", "4s", to, a, b);
    }

    /** Quotients of floats. */
    public void fdiv(int to, int a, int b) {
        three(0x6e20fc00, "fdiv", "4s", to, a, b);
    }

    /** The larger floats; what is no number is the largest. */
    public void fmax(int to, int a, int b) {
        three(0x4e20f400, "fmax", "4s", to, a, b);
    }

    /** The larger of each two neighbouring floats, of a, then of b. */
    public void fmaxp(int to, int a, int b) {
        three(0x6e20f400, "fmaxp", "4s", to, a, b);
    }

    /** The smaller floats; a number is smaller than what is none. */
    public void fminnm(int to, int a, int b) {
        three(0x4ea0c400, "fminnm", "4s", to, a, b);
    }

    private static int element(int register, int lane) {
        return register << 16 | (lane & 1) << 21 | lane >> 1 << 11;
    }

    private void three(int opcode, String name, String lanes, int to, int a, int b) {
        put(opcode | b << 16 | a << 5 | to, name, " v", to, ".", lanes, ", v", a, ".", lanes, ", v", b, ".", lanes);
    }

    private static int scaled(int offset, int unit) {
        if (offset % unit != 0 || offset < 0 || offset / unit >= IMMEDIATE) {
            throw new IllegalArgumentException(offset + " is no offset of " + unit + " bytes");
        }
        return offset / unit;
    }

    private void use(int word, Label label) {
        uses.add(new Use(words.size(), label));
        words.add(word);
    }

    /** Adds an instruction, and puts its line together where somebody reads it; nobody does when a model is loaded. */
    private void put(int word, Object... parts) {
        words.add(word);
        if (listing != null) {
            listing.accept(Arrays.stream(parts).map(Object::toString).collect(Collectors.joining()));
        }
    }
}
