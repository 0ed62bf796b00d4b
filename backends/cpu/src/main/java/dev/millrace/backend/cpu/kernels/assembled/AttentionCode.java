/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.assembler.Operand.General.R10;
import static dev.millrace.backend.cpu.assembler.Operand.General.R11;
import static dev.millrace.backend.cpu.assembler.Operand.General.R8;
import static dev.millrace.backend.cpu.assembler.Operand.General.R9;
import static dev.millrace.backend.cpu.assembler.Operand.General.RAX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RCX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RDX;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.CODES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.CODE_BYTES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.FACTOR;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.FADE;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.FIRST_TILE;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.HEADS;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.HEADS_LEFT;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.HEAD_BYTES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.MOST;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.OWN;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.PAGES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.PAGE_COUNT;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.QUERIES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCALES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCALE_BYTES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCORES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.STEP;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.TILES;
import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;
import static dev.millrace.backend.cpu.kv.KvLayout.QUARTER_PAGE;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.CallingConvention;
import dev.millrace.backend.cpu.assembler.Constants;
import dev.millrace.backend.cpu.assembler.Operand;
import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.assembler.Operand.Memory;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Makes the code that lets queries meet pages with keys and values of 8 bits, for heads of one width. It computes what
 * {@code ScalarAttention} computes, in the same order: sums of integers are exact, and there is no fused operation on floats.
 *
 * <p>
 * Page by page, head by head, tile by tile of {@link AttentionFrame#QUERIES} queries: scores, their powers of two, and the sums of values. An int of
 * a page holds bytes of four rows. Its even and its odd bytes become two 16-bit integers each, which one instruction multiplies
 * and adds up. Where four bytes can be multiplied at once, that is done for scores: keys become unsigned there, and sums begin with
 * what that adds.
 *
 * <p>
 * A function has one argument, the address of an {@link AttentionFrame}.
 */
final class AttentionCode {

    private static final int HALF_PAGE_BYTES = Integer.BYTES * QUARTER_PAGE;

    private final Assembler a;
    private final InstructionSet set;
    private final AttentionFrame.Tile tile;
    private final int lanes;
    /** SIMD vectors of columns that are computed at once. */
    private final int most;
    private final Constants constants;
    private int columns;

    private AttentionCode(Assembler a, InstructionSet set, int width) {
        this.a = a;
        this.set = set;
        constants = new Constants(a, set.bytes);
        tile = new AttentionFrame.Tile(set, width);
        lanes = set.bytes / Integer.BYTES;
        most = set.bytes == 64 ? 4 : 2;
    }

    /** Makes the function for heads of a width, and says where it lies. */
    static AttentionFrame.Place function(Assembler a, InstructionSet set, int width) {
        AttentionCode code = new AttentionCode(a, set, width);
        a.align(64);
        int begin = a.size();
        code.pages();
        code.constants.place();
        return new AttentionFrame.Place(begin, AttentionFrame.limits(a));
    }

    private Vector v(int number) {
        return new Vector(number, set.bytes);
    }

    private static Vector x(int number) {
        return new Vector(number, 16);
    }

    private void pages() {
        Label page = a.label();
        Label head = a.label();
        Label queries = a.label();
        CallingConvention.here().begin(a);
        a.place(page);
        a.mov(R10, RAX.at(PAGES));
        a.mov(R10, R10.at(0));
        a.mov(R9, RAX.at(FIRST_TILE));
        a.mov(RCX, RAX.at(HEADS));
        a.mov(RAX.at(HEADS_LEFT), RCX);
        a.place(head);
        scales(R10.at(0), SCALES);
        scales(R10.at(SCALE_BYTES / 2), SCALES + Float.BYTES * PAGE);
        a.mov(R11, RAX.at(TILES));
        a.place(queries);
        tile();
        a.dec(R11);
        a.jnz(queries);
        a.add(R10, RAX.at(HEAD_BYTES));
        a.dec(RAX.at(HEADS_LEFT));
        a.jnz(head);
        a.mov(RCX, Long.BYTES);
        a.add(RAX.at(PAGES), RCX);
        a.dec(RAX.at(PAGE_COUNT));
        a.jnz(page);
        CallingConvention.here().end(a);
    }

    private void tile() {
        for (columns = 0; columns < PAGE / lanes; columns += most) {
            scores();
        }
        fade();
        for (int q = 0; q < QUERIES; q++) {
            weights(q);
        }
        codes();
        for (columns = 0; columns < tile.width() / lanes; columns += count(tile.width())) {
            sums(count(tile.width()));
        }
        a.add(R9, tile.bytes());
    }

    private int count(int width) {
        return Math.min(most, width / lanes - columns);
    }

    /** Two bfloat16 an int, the one of the second half of the page in its upper half. */
    private void scales(Memory from, int to) {
        for (int i = 0; i < PAGE / 2; i += lanes) {
            a.vmovups(v(1), from.plus(Integer.BYTES * i));
            a.vpslld(v(0), v(1), 16);
            a.vmovups(RAX.at(to + Float.BYTES * i), v(0));
            a.vpand(v(1), v(1), constants.of(0xffff0000));
            a.vmovups(RAX.at(to + Float.BYTES * (i + PAGE / 2)), v(1));
        }
    }

    // products

    private Vector sum(int q, int c) {
        return v(q * most + c);
    }

    private Vector even(int c) {
        return v(QUERIES * most + c);
    }

    private Vector odd(int c) {
        return v((QUERIES + 1) * most + c);
    }

    private Vector spare(int i) {
        return v((QUERIES + 2) * most + i);
    }

    /** Adds up the products of bytes of keys and of queries. */
    private void multiplyBytes() {
        for (int q = 0; q < QUERIES; q++) {
            a.vpbroadcastd(sum(q, 0), of(R9, tile.beginnings(), q));
            for (int c = 1; c < most; c++) {
                a.vmovups(sum(q, c), sum(q, 0));
            }
        }
        a.mov(R8, tile.width() / 4);
        Label loop = a.label();
        a.place(loop);
        for (int c = 0; c < most; c++) {
            a.vmovups(even(c), RCX.at(c * set.bytes));
            a.vpxor(even(c), even(c), constants.of(0x80808080));
        }
        for (int q = 0; q < QUERIES; q++) {
            a.vpbroadcastd(spare(0), RDX.at(q * tile.queryBytes()));
            for (int c = 0; c < most; c++) {
                a.vpdpbusd(sum(q, c), even(c), spare(0));
            }
        }
        a.add(RCX, Integer.BYTES * PAGE);
        a.add(RDX, 4);
        a.dec(R8);
        a.jnz(loop);
    }

    /**
     * The products of ints of four rows with as many 16-bit integers of each query.
     *
     * @param count SIMD vectors of columns
     * @param rows how many ints
     * @param rowBytes bytes from one row of ints to the next
     * @param query bytes from one query to the next
     * @param odd bytes from the integers for even bytes to those for odd ones
     * @param step bytes from those of a row to those of the next
     */
    private void multiply(int count, int rows, int rowBytes, int query, int odd, int step) {
        for (int q = 0; q < QUERIES; q++) {
            for (int c = 0; c < count; c++) {
                a.vpxor(sum(q, c), sum(q, c), sum(q, c));
            }
        }
        a.mov(R8, rows);
        Label loop = a.label();
        a.place(loop);
        for (int c = 0; c < count; c++) {
            a.vmovups(odd(c), RCX.at(c * set.bytes));
            a.vpsllw(even(c), odd(c), 8);
            a.vpsraw(even(c), even(c), 8);
            a.vpsraw(odd(c), odd(c), 8);
        }
        for (int q = 0; q < QUERIES; q++) {
            for (int half = 0; half < 2; half++) {
                a.vpbroadcastd(spare(0), RDX.at(q * query + half * odd));
                for (int c = 0; c < count; c++) {
                    Vector codes = half == 0 ? even(c) : odd(c);
                    if (set.vnni) {
                        a.vpdpwssd(sum(q, c), codes, spare(0));
                    } else {
                        a.vpmaddwd(spare(1), codes, spare(0));
                        a.vpaddd(sum(q, c), sum(q, c), spare(1));
                    }
                }
            }
        }
        a.add(RCX, rowBytes);
        a.add(RDX, step);
        a.dec(R8);
        a.jnz(loop);
    }

    private void scores() {
        a.mov(RCX, R10);
        a.add(RCX, SCALE_BYTES + columns * set.bytes);
        a.mov(RDX, R9);
        if (set.vnni) {
            multiplyBytes();
        } else {
            multiply(most, tile.width() / 4, Integer.BYTES * PAGE, tile.queryBytes(), 4, 8);
        }
        for (int q = 0; q < QUERIES; q++) {
            see(q);
        }
    }

    /** Scales a query's scores, hides those that it does not see, and takes note of the largest in each lane. */
    private void see(int q) {
        a.mov(RCX, R9.at(tile.limits() + 16 * q));
        a.mov(RDX, R9.at(tile.limits() + 16 * q + 8));
        a.vpbroadcastd(spare(0), of(R9, tile.scales(), q));
        for (int c = 0; c < most; c++) {
            int at = (columns + c) * set.bytes;
            Vector s = sum(q, c);
            a.vcvtdq2ps(s, s);
            a.vmulps(s, s, RAX.at(SCALES + at));
            a.vmulps(s, s, spare(0));
            a.vminps(s, s, RCX.at(at));
            a.vminps(s, s, RDX.at(at));
            a.vmovups(score(q, columns + c), s);
        }
        for (int c = 1; c < most; c++) {
            a.vmaxps(sum(q, 0), sum(q, 0), sum(q, c));
        }
        if (columns > 0) {
            a.vmaxps(sum(q, 0), sum(q, 0), own(q));
        }
        a.vmovups(own(q), sum(q, 0));
    }

    private void sums(int count) {
        a.mov(RCX, R10);
        a.add(RCX, SCALE_BYTES + PAGE * tile.width() + columns * set.bytes);
        a.mov(RDX, RAX);
        a.add(RDX, CODES);
        multiply(count, QUARTER_PAGE, Integer.BYTES * tile.width(), CODE_BYTES, HALF_PAGE_BYTES, 4);
        for (int q = 0; q < QUERIES; q++) {
            a.vpbroadcastd(spare(0), RAX.at(STEP + Float.BYTES * q));
            a.vpbroadcastd(even(0), RAX.at(FADE + Float.BYTES * q));
            for (int c = 0; c < count; c++) {
                Memory sums = R9.at(tile.sums() + q * Float.BYTES * tile.width() + (columns + c) * set.bytes);
                a.vcvtdq2ps(sum(q, c), sum(q, c));
                a.vmulps(sum(q, c), sum(q, c), spare(0));
                a.vmulps(odd(0), even(0), sums);
                a.vaddps(sum(q, c), sum(q, c), odd(0));
                a.vmovups(sums, sum(q, c));
            }
        }
    }

    // weights

    private Memory score(int q, int vector) {
        return RAX.at(SCORES + q * Float.BYTES * PAGE + vector * set.bytes);
    }

    private static Memory of(General base, int at, int q) {
        return base.at(at + Float.BYTES * q);
    }

    /** A vector of a query, in memory of the code's own. */
    private static Memory own(int q) {
        return RAX.at(OWN + 64 * q);
    }

    /** Keeps the larger of each pair of lanes: of floats, or of integers. */
    private void larger(boolean floats, Vector to, Operand other) {
        if (floats) {
            a.vmaxps(to, to, other);
        } else {
            a.vpmaxsd(to, to, other);
        }
    }

    /** The largest lanes of the queries' own vectors, one in each lane of xmm0; changes xmm1 to xmm4. */
    private void largestLanes(boolean floats) {
        for (int q = 0; q < QUERIES; q++) {
            Vector x = x(q == 0 ? 0 : 1 + q % 2);
            Vector turned = x(3 + q % 2);
            a.vmovups(x, own(q));
            for (int at = 16; at < set.bytes; at += 16) {
                larger(floats, x, own(q).plus(at));
            }
            a.vpshufd(turned, x, 0x4e);
            larger(floats, x, turned);
            a.vpshufd(turned, x, 0xb1);
            larger(floats, x, turned);
            a.vpand(x, x, constants.of(lane(q)));
            if (q > 0) {
                a.vpor(x(0), x(0), x);
            }
        }
    }

    /** All bits of one of four lanes. */
    private List<Integer> lane(int q) {
        List<Integer> bits = new ArrayList<>(Collections.nCopies(lanes, 0));
        bits.set(q, -1);
        return bits;
    }

    /** By what new largest scores change the weights of the tokens before, for all queries of a tile at once. */
    private void fade() {
        Vector now = x(0);
        Vector before = x(1);
        largestLanes(true);
        a.vmovups(before, R9.at(tile.largest()));
        a.vmaxps(now, before, now);
        a.vmovups(R9.at(tile.largest()), now);
        // where nothing was seen yet, the least number will do
        a.vmovups(x(2), constants.of(WeightedSums.LEAST));
        a.vmaxps(now, x(2), now);
        a.vmovups(RAX.at(MOST), now);
        a.vsubps(before, before, now);
        a.vmovups(x(7), constants.of(PowersOfTwo.LOWEST));
        exp2(before, x(2), x(3), x(7));
        a.vmovups(RAX.at(FADE), x(3));
    }

    /** {@code p = 2^s}, as {@link PowersOfTwo#exp2} computes it. */
    private void exp2(Vector s, Vector shifted, Vector p, Vector lowest) {
        a.vmaxps(s, lowest, s);
        a.vaddps(shifted, s, constants.of(PowersOfTwo.ROUND));
        a.vsubps(p, shifted, constants.of(PowersOfTwo.ROUND));
        a.vsubps(s, s, p);
        a.vmulps(p, s, constants.of(PowersOfTwo.C5));
        a.vaddps(p, p, constants.of(PowersOfTwo.C4));
        for (float c : new float[]{PowersOfTwo.C3, PowersOfTwo.C2, PowersOfTwo.C1, 1}) {
            a.vmulps(p, p, s);
            a.vaddps(p, p, constants.of(c));
        }
        a.vpslld(shifted, shifted, 23);
        a.vpaddd(p, p, shifted);
    }

    /** Makes weights of a query's scores, times the scales of values. */
    private void weights(int q) {
        Vector most16 = v(4);
        Vector lowest = v(5);
        Vector total = v(6);
        Vector largest = v(7);
        Vector fade = v(8);
        a.vpbroadcastd(most16, of(RAX, MOST, q));
        a.vpbroadcastd(fade, of(RAX, FADE, q));
        a.vmovups(lowest, constants.of(PowersOfTwo.LOWEST));
        a.vmovups(largest, constants.of(AttentionScratch.SMALLEST));
        for (int i = 0; i < WeightedSums.TOTALS / lanes; i++) {
            Memory totals = R9.at(tile.totals() + q * Float.BYTES * WeightedSums.TOTALS + i * set.bytes);
            a.vmulps(total, fade, totals);
            for (int t = i; t < PAGE / lanes; t += WeightedSums.TOTALS / lanes) {
                Vector p = v(9 + t % 3);
                Vector s = v(t % 2);
                a.vmovups(s, score(q, t));
                a.vsubps(s, s, most16);
                exp2(s, v(2 + t % 2), p, lowest);
                a.vaddps(total, total, p);
                a.vmulps(p, p, RAX.at(SCALES + Float.BYTES * PAGE + t * set.bytes));
                a.vmovups(score(q, t), p);
                // they are not negative, so as integers they are in the same order, and what is no number is the largest
                a.vpmaxsd(largest, largest, p);
            }
            a.vmovups(totals, total);
        }
        a.vmovups(own(q), largest);
    }

    /** Makes codes of weights: pairs of 16 bits, {@code [half of the page][token]}. */
    private void codes() {
        largestLanes(false);
        a.vmulps(x(1), x(0), constants.of(AttentionScratch.CODE));
        a.vmovups(RAX.at(STEP), x(1));
        a.vmovups(x(1), constants.of((float) AttentionScratch.LARGEST_CODE));
        a.vdivps(x(1), x(1), x(0));
        a.vmovups(RAX.at(FACTOR), x(1));
        int quarter = QUARTER_PAGE / lanes;
        for (int q = 0; q < QUERIES; q++) {
            a.vpbroadcastd(v(8), of(RAX, FACTOR, q));
            for (int half = 0; half < 2; half++) {
                for (int i = 0; i < quarter; i++) {
                    Vector low = v(2 * i);
                    Vector high = v(2 * i + 1);
                    a.vmulps(low, v(8), score(q, 2 * half * quarter + i));
                    a.vmulps(high, v(8), score(q, (2 * half + 1) * quarter + i));
                    a.vaddps(low, low, constants.of(PowersOfTwo.ROUND));
                    a.vaddps(high, high, constants.of(PowersOfTwo.ROUND));
                    a.vpand(low, low, constants.of(0xffff));
                    a.vpslld(high, high, 16);
                    a.vpor(low, low, high);
                    a.vmovups(RAX.at(CODES + q * CODE_BYTES + half * HALF_PAGE_BYTES + i * set.bytes), low);
                }
            }
        }
    }
}
