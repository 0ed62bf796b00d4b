/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.Broadcast;
import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.assembler.Operand.Memory;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Encodes x86-64 instructions, those that the kernels use (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
 * An instruction on vectors of 16 or 32 bytes gets the VEX encoding, one of 64 bytes the EVEX encoding; for the same instruction
 * they differ in nothing else. Operands come in Intel's order, the target first. Not safe for use from several threads.
 */
public final class Assembler implements Assembly {

    /** A use of a label, filled in at the end: 4 bytes, counted from the end of the instruction. */
    private record Use(int at, int end, Label label) {
    }

    private static final int NONE = 0;
    private static final int P66 = 1;
    private static final int MAP_0F = 1;
    private static final int MAP_0F38 = 2;
    private static final int MAP_0F3A = 3;

    private final @Nullable Consumer<String> listing;
    private final List<Integer> labels = new ArrayList<>();
    private final List<Use> uses = new ArrayList<>();
    private byte[] code = new byte[1 << 12];
    private int size;

    /** Begins with no code. */
    public Assembler() {
        this(null);
    }

    /**
     * Begins with no code.
     *
     * @param listing gets every instruction as a line that GNU as understands ({@code .intel_syntax noprefix})
     */
    public Assembler(@Nullable Consumer<String> listing) {
        this.listing = listing;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public byte[] code() {
        byte[] all = Arrays.copyOf(code, size);
        ByteBuffer buffer = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        for (Use use : uses) {
            int place = labels.get(use.label().number());
            if (place < 0) {
                throw new IllegalStateException("label " + use.label() + " has no place");
            }
            buffer.putInt(use.at(), place - use.end());
        }
        return all;
    }

    @Override
    public Label label() {
        labels.add(-1);
        return new Label(labels.size() - 1);
    }

    @Override
    public void place(Label label) {
        if (labels.set(label.number(), size) >= 0) {
            throw new IllegalStateException("label " + label + " has a place already");
        }
        list(label, ":");
    }

    @Override
    public void align(int bytes) {
        list(".balign ", bytes, ", 0xcc");
        while (size % bytes != 0) {
            put(0xcc);
        }
    }

    @Override
    public void data(int value) {
        list(".long ", value);
        put32(value);
    }

    // general registers

    /** Returns to the caller. */
    public void ret() {
        list("ret");
        put(0xc3);
    }

    /** Puts a register on the stack. */
    public void push(General register) {
        list("push ", register);
        stack(0x50, register);
    }

    /** Takes a register from the stack. */
    public void pop(General register) {
        list("pop ", register);
        stack(0x58, register);
    }

    private void stack(int opcode, General register) {
        if (register.number > 7) {
            put(0x41);
        }
        put(opcode | (register.number & 7));
    }

    /** {@code to = from}. */
    public void mov(General to, General from) {
        list("mov ", to, ",", from);
        general(0x89, from.number, to);
    }

    /** Reads 64 bits. */
    public void mov(General to, Memory from) {
        list("mov ", to, ",QWORD PTR ", from);
        general(0x8b, to.number, from);
    }

    /** Writes 64 bits. */
    public void mov(Memory to, General from) {
        list("mov QWORD PTR ", to, ",", from);
        general(0x89, from.number, to);
    }

    /** {@code to = a 32-bit value, its sign extended}. */
    public void mov(General to, int value) {
        list("mov ", to, ",", value);
        general(0xc7, 0, to);
        put32(value);
    }

    /** {@code to += from}. */
    public void add(General to, Memory from) {
        list("add ", to, ",QWORD PTR ", from);
        general(0x03, to.number, from);
    }

    /** {@code to += from}. */
    public void add(Memory to, General from) {
        list("add QWORD PTR ", to, ",", from);
        general(0x01, from.number, to);
    }

    /** {@code to += value}. */
    public void add(General to, int value) {
        list("add ", to, ",", value);
        if (value == (byte) value) {
            general(0x83, 0, to);
            put(value);
        } else if (to == General.RAX) {
            put(0x48);
            put(0x05);
            put32(value);
        } else {
            general(0x81, 0, to);
            put32(value);
        }
    }

    /** {@code to += from}. */
    public void add(General to, General from) {
        list("add ", to, ",", from);
        general(0x01, from.number, to);
    }

    /** Subtracts 1 and compares with 0. */
    public void dec(General register) {
        list("dec ", register);
        general(0xff, 1, register);
    }

    /** Subtracts 1 from 64 bits and compares with 0. */
    public void dec(Memory memory) {
        list("dec QWORD PTR ", memory);
        general(0xff, 1, memory);
    }

    /** Jumps if the last result was 0. */
    public void jz(Label to) {
        list("{disp32} jz ", to);
        put(0x0f);
        put(0x84);
        use(to, 0);
    }

    /** Jumps if the last result was not 0. */
    public void jnz(Label to) {
        list("{disp32} jnz ", to);
        put(0x0f);
        put(0x85);
        use(to, 0);
    }

    /** Asks what the processor is: a leaf in EAX and ECX, answers in EAX, EBX, ECX and EDX. */
    public void cpuid() {
        list("cpuid");
        put(0x0f);
        put(0xa2);
    }

    /** Reads the register that ECX names, which states the system saves, to EAX and EDX. */
    public void xgetbv() {
        list("xgetbv");
        put(0x0f);
        put(0x01);
        put(0xd0);
    }

    private void general(int opcode, int reg, Operand rm) {
        int base = rm instanceof General g ? g.number : ((Memory) rm).base().number;
        put(0x48 | (reg >> 3 << 2) | base >> 3);
        put(opcode);
        modRm(reg, rm, 1, 0);
    }

    // vectors

    /** Reads a vector. */
    public void vmovups(Vector to, Operand from) {
        vector(from instanceof Vector ? "{load} vmovups" : "vmovups", NONE, MAP_0F, 0x10, to, null, from);
    }

    /** Writes a vector. */
    public void vmovups(Memory to, Vector from) {
        list("vmovups ", size(from.bytes()), to, ",", from);
        encode(NONE, MAP_0F, 0x11, from.number(), 0, to, from.bytes(), 0);
    }

    /** The same 32 bits in every lane. */
    public void vpbroadcastd(Vector to, Memory from) {
        list("vpbroadcastd ", to, ",DWORD PTR ", from);
        encode(P66, MAP_0F38, 0x58, to.number(), 0, from, to.bytes(), 4, 0);
    }

    /** Bitwise and. */
    public void vpand(Vector to, Vector a, Operand b) {
        vector(to.bytes() == 64 ? "vpandd" : "vpand", P66, MAP_0F, 0xdb, to, a, b);
    }

    /** Bitwise or. */
    public void vpor(Vector to, Vector a, Operand b) {
        vector(to.bytes() == 64 ? "vpord" : "vpor", P66, MAP_0F, 0xeb, to, a, b);
    }

    /** Bitwise exclusive or. */
    public void vpxor(Vector to, Vector a, Operand b) {
        vector(to.bytes() == 64 ? "vpxord" : "vpxor", P66, MAP_0F, 0xef, to, a, b);
    }

    /**
     * Any function of three bits; only with 64 bytes.
     *
     * @param table its results, bit 4 x to + 2 x a + b
     */
    public void vpternlogd(Vector to, Vector a, Operand b, int table) {
        if (listing != null) {
            list("vpternlogd ", to, ",", a, ",", text(b, to.bytes()), ",", table);
        }
        encode(P66, MAP_0F3A, 0x25, to.number(), a.number(), b, to.bytes(), 1);
        put(table);
    }

    /** 32-bit lanes shifted to the left. */
    public void vpslld(Vector to, Vector a, int bits) {
        shift("vpslld", 0x72, 6, to, a, bits);
    }

    /** 32-bit lanes shifted to the right, zeros coming in. */
    public void vpsrld(Vector to, Vector a, int bits) {
        shift("vpsrld", 0x72, 2, to, a, bits);
    }

    /** 32-bit lanes shifted to the right, signs coming in. */
    public void vpsrad(Vector to, Vector a, int bits) {
        shift("vpsrad", 0x72, 4, to, a, bits);
    }

    /** 16-bit lanes shifted to the left. */
    public void vpsllw(Vector to, Vector a, int bits) {
        shift("vpsllw", 0x71, 6, to, a, bits);
    }

    /** 16-bit lanes shifted to the right, signs coming in. */
    public void vpsraw(Vector to, Vector a, int bits) {
        shift("vpsraw", 0x71, 4, to, a, bits);
    }

    private void shift(String name, int opcode, int which, Vector to, Vector a, int bits) {
        list(name, " ", to, ",", a, ",", bits);
        encode(P66, MAP_0F, opcode, which, to.number(), a, to.bytes(), 1);
        put(bits);
    }

    /** Sums of 32-bit lanes. */
    public void vpaddd(Vector to, Vector a, Operand b) {
        vector("vpaddd", P66, MAP_0F, 0xfe, to, a, b);
    }

    /** Sums of 16-bit lanes. */
    public void vpaddw(Vector to, Vector a, Operand b) {
        vector("vpaddw", P66, MAP_0F, 0xfd, to, a, b);
    }

    /** Sizes of signed bytes. */
    public void vpabsb(Vector to, Operand a) {
        vector("vpabsb", P66, MAP_0F38, 0x1c, to, null, a);
    }

    /** Bytes with the sign of others turned into them; only with 16 or 32 bytes. */
    public void vpsignb(Vector to, Vector a, Operand b) {
        vector("vpsignb", P66, MAP_0F38, 0x08, to, a, b);
    }

    /** Products of unsigned bytes with signed ones, neighbours added up to 16 bits with saturation. */
    public void vpmaddubsw(Vector to, Vector a, Operand b) {
        vector("vpmaddubsw", P66, MAP_0F38, 0x04, to, a, b);
    }

    /** Products of signed 16-bit lanes, neighbours added up to 32 bits. */
    public void vpmaddwd(Vector to, Vector a, Operand b) {
        vector("vpmaddwd", P66, MAP_0F, 0xf5, to, a, b);
    }

    /** Adds products of unsigned bytes with signed ones, four by four, to 32-bit lanes. */
    public void vpdpbusd(Vector to, Vector a, Operand b) {
        vector(to.bytes() == 64 ? "vpdpbusd" : "{vex} vpdpbusd", P66, MAP_0F38, 0x50, to, a, b);
    }

    /** Adds products of signed 16-bit lanes, two by two, to 32-bit lanes. */
    public void vpdpwssd(Vector to, Vector a, Operand b) {
        vector(to.bytes() == 64 ? "vpdpwssd" : "{vex} vpdpwssd", P66, MAP_0F38, 0x52, to, a, b);
    }

    /** The larger ones of signed 32-bit lanes. */
    public void vpmaxsd(Vector to, Vector a, Operand b) {
        vector("vpmaxsd", P66, MAP_0F38, 0x3d, to, a, b);
    }

    /** The low halves of products of 32-bit lanes. */
    public void vpmulld(Vector to, Vector a, Operand b) {
        vector("vpmulld", P66, MAP_0F38, 0x40, to, a, b);
    }

    /** 32-bit lanes of two vectors, as 16-bit lanes with saturation; here of 16 bytes each. */
    public void vpackssdw(Vector to, Vector a, Operand b) {
        vector("vpackssdw", P66, MAP_0F, 0x6b, to, a, b);
    }

    /** 16-bit lanes of two vectors, as bytes with saturation; here of 16 bytes each. */
    public void vpacksswb(Vector to, Vector a, Operand b) {
        vector("vpacksswb", P66, MAP_0F, 0x63, to, a, b);
    }

    /** Bytes in the order that others say, within 16. */
    public void vpshufb(Vector to, Vector a, Operand order) {
        vector("vpshufb", P66, MAP_0F38, 0x00, to, a, order);
    }

    /**
     * 32-bit lanes in another order, within four.
     *
     * @param order two bits for each lane, the lowest first
     */
    public void vpshufd(Vector to, Vector a, int order) {
        list("vpshufd ", to, ",", a, ",", order);
        encode(P66, MAP_0F, 0x70, to.number(), 0, a, to.bytes(), 1);
        put(order);
    }

    /** Writes one of the four lanes of a vector of 16 bytes. */
    public void vpextrd(Memory to, Vector from, int lane) {
        if (from.bytes() != 16) {
            throw new IllegalArgumentException("lanes are taken from vectors of 16 bytes");
        }
        list("vpextrd DWORD PTR ", to, ",", from, ",", lane);
        encode(P66, MAP_0F3A, 0x16, from.number(), 0, to, 16, 1);
        put(lane);
    }

    /** 32-bit integers to floats. */
    public void vcvtdq2ps(Vector to, Operand a) {
        vector("vcvtdq2ps", NONE, MAP_0F, 0x5b, to, null, a);
    }

    /** Products of floats. */
    public void vmulps(Vector to, Vector a, Operand b) {
        vector("vmulps", NONE, MAP_0F, 0x59, to, a, b);
    }

    /** Quotients of floats. */
    public void vdivps(Vector to, Vector a, Operand b) {
        vector("vdivps", NONE, MAP_0F, 0x5e, to, a, b);
    }

    /** Sums of floats. */
    public void vaddps(Vector to, Vector a, Operand b) {
        vector("vaddps", NONE, MAP_0F, 0x58, to, a, b);
    }

    /** Differences of floats. */
    public void vsubps(Vector to, Vector a, Operand b) {
        vector("vsubps", NONE, MAP_0F, 0x5c, to, a, b);
    }

    /** The smaller ones of floats, or those of b where one is no number. */
    public void vminps(Vector to, Vector a, Operand b) {
        vector("vminps", NONE, MAP_0F, 0x5d, to, a, b);
    }

    /** The larger ones of floats, or those of b where one is no number. */
    public void vmaxps(Vector to, Vector a, Operand b) {
        vector("vmaxps", NONE, MAP_0F, 0x5f, to, a, b);
    }

    /** {@code to = to * a + b}, rounded once. */
    public void vfmadd213ps(Vector to, Vector a, Operand b) {
        vector("vfmadd213ps", P66, MAP_0F38, 0xa8, to, a, b);
    }

    /** {@code to = a * b + to}, rounded once. */
    public void vfmadd231ps(Vector to, Vector a, Operand b) {
        vector("vfmadd231ps", P66, MAP_0F38, 0xb8, to, a, b);
    }

    /** Forgets the upper parts of all vectors: code of other kinds is slow while they hold something. */
    public void vzeroupper() {
        list("vzeroupper");
        put(0xc5);
        put(0xf8);
        put(0x77);
    }

    private void vector(String name, int prefix, int map, int opcode, Vector to, @Nullable Vector a, Operand b) {
        if (listing != null) {
            list(name, " ", to, ",", a == null ? "" : a + ",", text(b, to.bytes()));
        }
        encode(prefix, map, opcode, to.number(), a == null ? 0 : a.number(), b, to.bytes(), 0);
    }

    private void encode(int prefix, int map, int opcode, int reg, int second, Operand rm, int bytes, int after) {
        encode(prefix, map, opcode, reg, second, rm, bytes, rm instanceof Broadcast ? Integer.BYTES : bytes, after);
    }

    /**
     * The prefix, the opcode and the operands of an instruction.
     *
     * @param unit what EVEX counts short displacements in
     * @param after bytes of the instruction that follow
     */
    private void encode(int prefix, int map, int opcode, int reg, int second, Operand rm, int bytes, int unit,
            int after) {
        if (rm instanceof Broadcast && bytes != 64) {
            throw new IllegalArgumentException("a broadcast needs 64 bytes");
        }
        Operand place = rm instanceof Broadcast b ? b.memory() : rm;
        int base = place instanceof Vector v ? v.number() : place instanceof Memory m ? m.base().number : 0;
        // bits of register numbers above the third; all are stored inverted
        int r = ~reg >> 3 & 1;
        int b = ~base >> 3 & 1;
        if (bytes == 64) {
            int x = place instanceof Vector ? ~base >> 4 & 1 : 1;
            put(0x62);
            put(r << 7 | x << 6 | b << 5 | (~reg >> 4 & 1) << 4 | map);
            put((~second & 15) << 3 | 4 | prefix);
            put(2 << 5 | (rm instanceof Broadcast ? 1 << 4 : 0) | (~second >> 4 & 1) << 3);
        } else {
            int length = bytes == 32 ? 4 : 0;
            if (map == MAP_0F && b == 1) {
                put(0xc5);
                put(r << 7 | (~second & 15) << 3 | length | prefix);
            } else {
                put(0xc4);
                put(r << 7 | 1 << 6 | b << 5 | map);
                put((~second & 15) << 3 | length | prefix);
            }
        }
        put(opcode);
        modRm(reg, rm, bytes == 64 ? unit : 1, after);
    }

    /** The byte that names two operands, and the displacement of one in memory. */
    private void modRm(int reg, Operand rm, int unit, int after) {
        int middle = (reg & 7) << 3;
        // no switch over patterns: to link one takes milliseconds, when the first code is made
        if (rm instanceof General g) {
            put(0xc0 | middle | (g.number & 7));
        } else if (rm instanceof Vector v) {
            put(0xc0 | middle | (v.number() & 7));
        } else if (rm instanceof Memory m) {
            memory(middle, m.base().number & 7, m.displacement(), unit);
        } else if (rm instanceof Broadcast b) {
            memory(middle, b.memory().base().number & 7, b.memory().displacement(), unit);
        } else if (rm instanceof Label l) {
            put(middle | 5);
            use(l, after);
        }
    }

    private void memory(int middle, int base, int displacement, int unit) {
        int units = displacement / unit;
        boolean none = displacement == 0 && base != 5;
        boolean small = displacement % unit == 0 && units == (byte) units;
        put((none ? 0 : small ? 0x40 : 0x80) | middle | base);
        if (base == 4) {
            put(0x24);
        }
        if (small && !none) {
            put(units);
        } else if (!none) {
            put32(displacement);
        }
    }

    private void use(Label label, int after) {
        uses.add(new Use(size, size + Integer.BYTES + after, label));
        put32(0);
    }

    private void put(int value) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
        }
        code[size++] = (byte) value;
    }

    private void put32(int value) {
        put(value);
        put(value >> 8);
        put(value >> 16);
        put(value >> 24);
    }

    /** Puts a line together where somebody reads it; nobody does when a model is loaded, which then has not to wait for texts. */
    private void list(Object... parts) {
        if (listing != null) {
            listing.accept(Arrays.stream(parts).map(Object::toString).collect(Collectors.joining()));
        }
    }

    private static String text(Operand operand, int bytes) {
        return switch (operand) {
            case Memory m -> size(bytes) + m;
            case Broadcast b -> "DWORD PTR " + b.memory() + "{1to" + bytes / 4 + "}";
            case Label l -> size(bytes) + "[rip+" + l + "]";
            case Vector v -> v.toString();
            case General g -> g.toString();
        };
    }

    private static String size(int bytes) {
        return (bytes == 64 ? "ZMMWORD PTR " : bytes == 32 ? "YMMWORD PTR " : "XMMWORD PTR ");
    }
}
