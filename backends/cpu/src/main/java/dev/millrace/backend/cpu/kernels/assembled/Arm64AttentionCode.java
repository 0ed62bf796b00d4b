/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.CODES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.CODE_BYTES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.OWN;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.QUERIES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCALES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCALE_BYTES;
import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.SCORES;
import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;
import static dev.millrace.backend.cpu.kv.KvLayout.QUARTER_PAGE;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.assembler.Arm64Convention;
import dev.millrace.backend.cpu.assembler.Constants;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kernels.WeightedSums;

/**
 * What {@link AttentionCode} makes, for arm64 with the extension for dot products: the same argument, the same order of float operations,
 * the same bits. Bytes are signed here, so sums of scores begin with zeros. A weight's code of 11 bits becomes two bytes, the lower of
 * 7 bits, which are multiplied by themselves.
 *
 * <p>
 * With the extension for matrix products, a register holds eight dimensions of two tokens, or of two queries, and a sum those of two
 * tokens with two queries. For values it holds eight tokens of two columns, or of the lower and the upper bytes of weights.
 */
final class Arm64AttentionCode {

    private static final int VECTOR = 16;
    private static final int LANES = VECTOR / Float.BYTES;
    /** Vectors of a page's scores. */
    private static final int VECTORS = PAGE / LANES;
    /** Vectors of scores that are computed at once, and of sums of values. */
    private static final int SCORE_COLUMNS = 4;
    private static final int VALUE_COLUMNS = 2;
    /** Vectors of ints that are multiplied in a round of a loop. */
    private static final int ROWS = 4;
    /** Bits of the lower byte of a code, and masks of both. */
    private static final int LOW_BITS = 7;
    private static final int LOW = (1 << LOW_BITS) - 1;
    private static final int HIGH = AttentionScratch.LARGEST_CODE >> LOW_BITS;

    // general registers
    private static final int FRAME = Arm64Convention.ARGUMENT;
    private static final int HEAD = 1;
    private static final int TILE = 2;
    private static final int CODES_AT = 3;
    private static final int FACTORS_AT = 4;
    private static final int ROUNDS = 5;
    private static final int HEADS = 6;
    private static final int TILES = 7;
    private static final int LIST = 9;
    private static final int PAGES = 10;
    private static final int HEAD_BYTES = 11;
    private static final int COLUMN = 12;
    private static final int RESULT = 13;
    private static final int PASSES = 14;
    private static final int END = 15;
    private static final int BEGINNING = 16;

    // SIMD registers while products are added up: sums come first
    private static final int FACTOR = 16;
    private static final int CODE = 24;

    // and while weights are made
    private static final int SHIFTED = 4;
    private static final int POWER = 8;
    private static final int TOTAL = 12;
    private static final int LARGEST = 16;
    private static final int MOST = 20;
    private static final int FADE = 21;
    private static final int MOST_OF_QUERY = 22;
    private static final int ROUND = 23;
    private static final int LOWEST = 24;
    /** Coefficients of the polynomial, the highest power's first. */
    private static final int COEFFICIENTS = 25;
    private static final float[] POLYNOMIAL = {PowersOfTwo.C5, PowersOfTwo.C4, PowersOfTwo.C3, PowersOfTwo.C2,
            PowersOfTwo.C1, 1};

    private final Arm64Assembler a;
    private final boolean pairs;
    private final AttentionFrame.Tile tile;
    private final Constants constants;

    private Arm64AttentionCode(Arm64Assembler a, InstructionSet set, int width) {
        this.a = a;
        pairs = set == InstructionSet.NEON_I8MM;
        tile = new AttentionFrame.Tile(set, width);
        constants = new Constants(a, VECTOR);
    }

    /** Makes the function for heads of a width, and says where it lies. */
    static AttentionFrame.Place function(Arm64Assembler a, InstructionSet set, int width) {
        Arm64AttentionCode code = new Arm64AttentionCode(a, set, width);
        a.align(64);
        int begin = a.size();
        code.pages();
        code.constants.place();
        return new AttentionFrame.Place(begin, AttentionFrame.limits(a));
    }

    private void pages() {
        Label page = a.label();
        Label head = a.label();
        Label queries = a.label();
        Arm64Convention.begin(a, OWN);
        a.ldr(LIST, FRAME, AttentionFrame.PAGES);
        a.ldr(PAGES, FRAME, AttentionFrame.PAGE_COUNT);
        a.ldr(HEAD_BYTES, FRAME, AttentionFrame.HEAD_BYTES);
        a.place(page);
        a.ldr(HEAD, LIST, 0);
        a.addValue(LIST, LIST, Long.BYTES);
        a.ldr(TILE, FRAME, AttentionFrame.FIRST_TILE);
        a.ldr(HEADS, FRAME, AttentionFrame.HEADS);
        a.place(head);
        scales(0, SCALES);
        scales(SCALE_BYTES / 2, SCALES + Float.BYTES * PAGE);
        a.ldr(TILES, FRAME, AttentionFrame.TILES);
        a.place(queries);
        scores();
        weights();
        sums();
        a.addValue(TILE, TILE, tile.bytes());
        a.dec(TILES);
        a.jnz(queries);
        a.add(HEAD, HEAD, HEAD_BYTES);
        a.dec(HEADS);
        a.jnz(head);
        a.dec(PAGES);
        a.jnz(page);
        Arm64Convention.end(a, OWN);
    }

    /** Two bfloat16 an int, the one of the second half of the page in its upper half. */
    private void scales(int from, int to) {
        for (int at = 0; at < Float.BYTES * PAGE / 2; at += VECTOR) {
            a.ldrq(0, HEAD, from + at);
            a.shl(1, 0, 16);
            a.strq(1, FRAME, to + at);
            a.ushr(0, 0, 16);
            a.shl(0, 0, 16);
            a.strq(0, FRAME, to + Float.BYTES * PAGE / 2 + at);
        }
    }

    // products

    private void zeroSums() {
        for (int i = 0; i < FACTOR; i++) {
            a.zero(i);
        }
    }

    /** Where sums of a query are: of a column of scores, or of the lower or the upper bytes of a column of values. */
    private static int sum(int query, int column) {
        return query * SCORE_COLUMNS + column;
    }

    private static int sum(int query, int column, int part) {
        return sum(query, 2 * column + part);
    }

    /** Scores of a tile with all tokens of a page, some columns in each pass. */
    private void scores() {
        Label pass = a.label();
        Label loop = a.label();
        a.addValue(COLUMN, HEAD, SCALE_BYTES);
        a.mov(RESULT, FRAME);
        a.mov16(PASSES, VECTORS / SCORE_COLUMNS);
        a.place(pass);
        zeroSums();
        a.mov(CODES_AT, COLUMN);
        a.mov(FACTORS_AT, TILE);
        a.mov16(ROUNDS, tile.width() / VECTOR);
        a.place(loop);
        for (int q = 0; q < QUERIES; q++) {
            a.ldrq(FACTOR + q, FACTORS_AT, q * tile.queryBytes());
        }
        if (pairs) {
            multiplyPairsOfKeys();
        } else {
            for (int row = 0; row < ROWS; row++) {
                multiplyKeys(row);
            }
        }
        a.addValue(CODES_AT, CODES_AT, ROWS * Integer.BYTES * PAGE);
        a.addValue(FACTORS_AT, FACTORS_AT, VECTOR);
        a.dec(ROUNDS);
        a.jnz(loop);
        if (pairs) {
            takeScoresApart();
        }
        a.ldrq(FACTOR, TILE, tile.scales());
        for (int c = 0; c < SCORE_COLUMNS; c++) {
            a.ldrq(CODE + c, RESULT, SCALES + c * VECTOR);
        }
        for (int q = 0; q < QUERIES; q++) {
            for (int c = 0; c < SCORE_COLUMNS; c++) {
                a.scvtf(sum(q, c), sum(q, c));
                a.fmul(sum(q, c), sum(q, c), CODE + c);
                a.fmul(sum(q, c), sum(q, c), FACTOR, q);
                a.strq(sum(q, c), RESULT, SCORES + q * Float.BYTES * PAGE + c * VECTOR);
            }
        }
        a.addValue(COLUMN, COLUMN, SCORE_COLUMNS * VECTOR);
        a.addValue(RESULT, RESULT, SCORE_COLUMNS * VECTOR);
        a.dec(PASSES);
        a.jnz(pass);
    }

    private static int keys(int row, int column) {
        return row * Integer.BYTES * PAGE + column * VECTOR;
    }

    private void multiplyKeys(int row) {
        int keys = CODE + row % 2 * SCORE_COLUMNS;
        for (int c = 0; c < SCORE_COLUMNS; c++) {
            a.ldrq(keys + c, CODES_AT, keys(row, c));
        }
        for (int q = 0; q < QUERIES; q++) {
            for (int c = 0; c < SCORE_COLUMNS; c++) {
                a.sdot(sum(q, c), keys + c, FACTOR + q, row);
            }
        }
    }

    /** Two queries come together, and two rows of keys; a sum has two tokens, which two sums of two queries share. */
    private void multiplyPairsOfKeys() {
        int both = FACTOR + QUERIES;
        for (int q = 0; q < QUERIES; q += 2) {
            a.zipPair1(both + q, FACTOR + q, FACTOR + q + 1);
            a.zipPair2(both + q + 1, FACTOR + q, FACTOR + q + 1);
        }
        for (int row = 0; row < ROWS; row += 2) {
            for (int c = 0; c < SCORE_COLUMNS; c++) {
                int first = CODE + c % 2 * 4;
                a.ldrq(first, CODES_AT, keys(row, c));
                a.ldrq(first + 1, CODES_AT, keys(row + 1, c));
                a.zip1(first + 2, first, first + 1);
                a.zip2(first + 3, first, first + 1);
                for (int q = 0; q < QUERIES; q += 2) {
                    for (int tokens = 0; tokens < 2; tokens++) {
                        a.smmla(sum(q + tokens, c), first + 2 + tokens, both + q + row / 2);
                    }
                }
            }
        }
    }

    private void takeScoresApart() {
        for (int q = 0; q < QUERIES; q += 2) {
            for (int c = 0; c < SCORE_COLUMNS; c++) {
                takeApart(sum(q, c), sum(q + 1, c));
            }
        }
    }

    /** Lanes 0 and 2 of both go to the first, lanes 1 and 3 to the second. */
    private void takeApart(int first, int second) {
        a.uzp1(CODE, first, second);
        a.uzp2(second, first, second);
        a.orr(first, CODE, CODE);
    }

    /** Sums of a page's values, added to those of the pages before, some columns in each pass. */
    private void sums() {
        Label pass = a.label();
        Label loop = a.label();
        a.addValue(COLUMN, HEAD, SCALE_BYTES + PAGE * tile.width());
        a.addValue(RESULT, TILE, tile.sums());
        a.mov16(PASSES, tile.width() / (LANES * VALUE_COLUMNS));
        a.place(pass);
        zeroSums();
        a.mov(CODES_AT, COLUMN);
        a.mov(FACTORS_AT, FRAME);
        a.mov16(ROUNDS, QUARTER_PAGE / ROWS);
        a.place(loop);
        for (int q = 0; q < QUERIES; q++) {
            for (int part = 0; part < 2; part++) {
                a.ldrq(FACTOR + 2 * q + part, FACTORS_AT, codes(q, part));
            }
        }
        if (pairs) {
            for (int row = 0; row < ROWS; row += 2) {
                multiplyPairsOfValues(row);
            }
        } else {
            for (int row = 0; row < ROWS; row++) {
                multiplyValues(row);
            }
        }
        a.addValue(CODES_AT, CODES_AT, ROWS * Integer.BYTES * tile.width());
        a.addValue(FACTORS_AT, FACTORS_AT, VECTOR);
        a.dec(ROUNDS);
        a.jnz(loop);
        a.ldrq(FACTOR, FRAME, AttentionFrame.STEP);
        a.ldrq(FACTOR + 1, FRAME, AttentionFrame.FADE);
        for (int q = 0; q < QUERIES; q++) {
            for (int c = 0; c < VALUE_COLUMNS; c++) {
                int sum = sum(q, c, 0);
                int upper = sum(q, c, 1);
                if (pairs) {
                    takeApart(sum, upper);
                }
                a.shl(upper, upper, LOW_BITS);
                a.addInts(sum, sum, upper);
                a.scvtf(sum, sum);
                a.fmul(sum, sum, FACTOR, q);
                int at = q * Float.BYTES * tile.width() + c * VECTOR;
                a.ldrq(upper, RESULT, at);
                a.fmul(upper, upper, FACTOR + 1, q);
                a.fadd(sum, sum, upper);
                a.strq(sum, RESULT, at);
            }
        }
        a.addValue(COLUMN, COLUMN, VALUE_COLUMNS * VECTOR);
        a.addValue(RESULT, RESULT, VALUE_COLUMNS * VECTOR);
        a.dec(PASSES);
        a.jnz(pass);
    }

    /** Where codes of the first four rows lie: the lower bytes, then the upper ones; or both of two rows, then of two others. */
    private static int codes(int query, int part) {
        return CODES + query * CODE_BYTES + part * CODE_BYTES / 2;
    }

    private int values(int row, int column) {
        return row * Integer.BYTES * tile.width() + column * VECTOR;
    }

    private void multiplyValues(int row) {
        int values = CODE + row % 2 * VALUE_COLUMNS;
        for (int c = 0; c < VALUE_COLUMNS; c++) {
            a.ldrq(values + c, CODES_AT, values(row, c));
        }
        for (int q = 0; q < QUERIES; q++) {
            for (int part = 0; part < 2; part++) {
                for (int c = 0; c < VALUE_COLUMNS; c++) {
                    a.sdot(sum(q, c, part), values + c, FACTOR + 2 * q + part, row);
                }
            }
        }
    }

    /** A sum has the lower and the upper products of two columns. */
    private void multiplyPairsOfValues(int row) {
        for (int c = 0; c < VALUE_COLUMNS; c++) {
            int first = CODE + c * 4;
            a.ldrq(first, CODES_AT, values(row, c));
            a.ldrq(first + 1, CODES_AT, values(row + 1, c));
            a.zip1(first + 2, first, first + 1);
            a.zip2(first + 3, first, first + 1);
            for (int q = 0; q < QUERIES; q++) {
                for (int columns = 0; columns < 2; columns++) {
                    a.smmla(sum(q, c, columns), first + 2 + columns, FACTOR + 2 * q + row / 2);
                }
            }
        }
    }

    // weights

    private static int score(int query) {
        return SCORES + query * Float.BYTES * PAGE;
    }

    /** Makes weights of a tile's scores, and codes of them. */
    private void weights() {
        for (int q = 0; q < QUERIES; q++) {
            see(q);
        }
        a.fmaxp(LARGEST, LARGEST, LARGEST + 1);
        a.fmaxp(LARGEST + 2, LARGEST + 2, LARGEST + 3);
        a.fmaxp(MOST, LARGEST, LARGEST + 2);
        a.ldrq(ROUND, constants.of(PowersOfTwo.ROUND));
        a.ldrq(LOWEST, constants.of(PowersOfTwo.LOWEST));
        for (int i = 0; i < POLYNOMIAL.length; i++) {
            a.ldrq(COEFFICIENTS + i, constants.of(POLYNOMIAL[i]));
        }
        fade();
        for (int q = 0; q < QUERIES; q++) {
            powers(q);
        }
        a.smaxp(LARGEST, LARGEST, LARGEST + 1);
        a.smaxp(LARGEST + 2, LARGEST + 2, LARGEST + 3);
        a.smaxp(LARGEST, LARGEST, LARGEST + 2);
        a.ldrq(0, constants.of(AttentionScratch.CODE));
        a.fmul(0, LARGEST, 0);
        a.strq(0, FRAME, AttentionFrame.STEP);
        a.ldrq(0, constants.of((float) AttentionScratch.LARGEST_CODE));
        a.fdiv(LARGEST, 0, LARGEST);
        for (int q = 0; q < QUERIES; q++) {
            for (int row = 0; row < QUARTER_PAGE / LANES; row++) {
                round(q, row);
            }
        }
    }

    /** Hides what the query does not see, and takes note of the largest score. */
    private void see(int q) {
        a.ldr(END, TILE, tile.limits() + 16 * q);
        a.ldr(BEGINNING, TILE, tile.limits() + 16 * q + 8);
        for (int i = 0; i < VECTORS; i++) {
            int s = i % 4;
            a.ldrq(s, FRAME, score(q) + i * VECTOR);
            a.ldrq(4 + s, END, i * VECTOR);
            a.fminnm(s, s, 4 + s);
            a.ldrq(8 + s, BEGINNING, i * VECTOR);
            a.fminnm(s, s, 8 + s);
            a.strq(s, FRAME, score(q) + i * VECTOR);
            if (i == 0) {
                a.orr(LARGEST + q, s, s);
            } else {
                a.fmax(LARGEST + q, LARGEST + q, s);
            }
        }
    }

    /** By what new largest scores change the weights of the tokens before, for all queries of a tile at once. */
    private void fade() {
        a.ldrq(0, TILE, tile.largest());
        a.fmax(MOST, 0, MOST);
        a.strq(MOST, TILE, tile.largest());
        // where nothing was seen yet, the least number will do
        a.ldrq(1, constants.of(WeightedSums.LEAST));
        a.fmax(MOST, 1, MOST);
        a.fsub(0, 0, MOST);
        exp2(1);
        a.orr(FADE, POWER, POWER);
        a.strq(FADE, FRAME, AttentionFrame.FADE);
    }

    /** Powers of two of the first registers, as {@link PowersOfTwo#exp2} computes them. */
    private void exp2(int count) {
        for (int i = 0; i < count; i++) {
            a.fmax(i, LOWEST, i);
            a.fadd(SHIFTED + i, i, ROUND);
            a.fsub(POWER + i, SHIFTED + i, ROUND);
            a.fsub(i, i, POWER + i);
            a.fmul(POWER + i, i, COEFFICIENTS);
        }
        for (int power = 1; power < POLYNOMIAL.length; power++) {
            for (int i = 0; i < count; i++) {
                if (power > 1) {
                    a.fmul(POWER + i, POWER + i, i);
                }
                a.fadd(POWER + i, POWER + i, COEFFICIENTS + power);
            }
        }
        for (int i = 0; i < count; i++) {
            a.shl(SHIFTED + i, SHIFTED + i, 23);
            a.addInts(POWER + i, POWER + i, SHIFTED + i);
        }
    }

    /** Makes weights of a query's scores, four vectors in each round, which go to different totals. */
    private void powers(int q) {
        int count = WeightedSums.TOTALS / LANES;
        int totals = tile.totals() + q * Float.BYTES * WeightedSums.TOTALS;
        Label loop = a.label();
        a.dup(MOST_OF_QUERY, MOST, q);
        a.ldrq(LARGEST + q, constants.of(AttentionScratch.SMALLEST));
        for (int i = 0; i < count; i++) {
            a.ldrq(TOTAL + i, TILE, totals + i * VECTOR);
            a.fmul(TOTAL + i, TOTAL + i, FADE, q);
        }
        a.mov(RESULT, FRAME);
        a.mov16(ROUNDS, VECTORS / count);
        a.place(loop);
        for (int i = 0; i < count; i++) {
            a.ldrq(i, RESULT, score(q) + i * VECTOR);
            a.fsub(i, i, MOST_OF_QUERY);
        }
        exp2(count);
        for (int i = 0; i < count; i++) {
            a.fadd(TOTAL + i, TOTAL + i, POWER + i);
            a.ldrq(i, RESULT, SCALES + Float.BYTES * PAGE + i * VECTOR);
            a.fmul(POWER + i, POWER + i, i);
            a.strq(POWER + i, RESULT, score(q) + i * VECTOR);
            // they are not negative, so as integers they are in the same order, and what is no number is the largest
            a.smax(LARGEST + q, LARGEST + q, POWER + i);
        }
        a.addValue(RESULT, RESULT, count * VECTOR);
        a.dec(ROUNDS);
        a.jnz(loop);
        for (int i = 0; i < count; i++) {
            a.strq(TOTAL + i, TILE, totals + i * VECTOR);
        }
    }

    /** Codes of a query's weights for a vector of rows of values: four tokens an int, as bytes of values lie. */
    private void round(int q, int row) {
        for (int quarter = 0; quarter < 4; quarter++) {
            a.ldrq(quarter, FRAME, score(q) + quarter * Float.BYTES * QUARTER_PAGE + row * VECTOR);
            a.fmul(quarter, quarter, LARGEST, q);
            a.fadd(quarter, quarter, ROUND);
        }
        for (int part = 0; part < 2; part++) {
            for (int quarter = 0; quarter < 4 && part == 1; quarter++) {
                a.ushr(quarter, quarter, LOW_BITS);
            }
            int to = SHIFTED + part;
            a.orr(to, 0, 0);
            a.sli(to, 2, 8);
            a.sli(to, 1, 16);
            a.sli(to, 3, 24);
            a.movi(POWER, part == 0 ? LOW : HIGH);
            a.and(to, to, POWER);
        }
        if (pairs) {
            a.zipPair1(POWER, SHIFTED, SHIFTED + 1);
            a.zipPair2(SHIFTED + 1, SHIFTED, SHIFTED + 1);
            a.orr(SHIFTED, POWER, POWER);
        }
        for (int part = 0; part < 2; part++) {
            a.strq(SHIFTED + part, FRAME, codes(q, part) + row * VECTOR);
        }
    }
}
