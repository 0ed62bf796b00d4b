/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.source;

import dev.millrace.grammar.machine.ByteSet;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** A set of characters of Unicode, surrogates never among them. */
public final class CodePoints {

    private static final int END = Character.MAX_CODE_POINT + 1;
    private static final int SURROGATES = 0xd800;
    private static final int SURROGATES_END = 0xe000;

    /** Every character. */
    public static final CodePoints ALL = of(0, Character.MAX_CODE_POINT);
    /** No character. */
    public static final CodePoints NONE = new CodePoints(new int[0]);

    /** Where the set begins and where it ends, in turn. */
    private final int[] borders;

    private CodePoints(int[] borders) {
        this.borders = borders;
    }

    private static CodePoints of(BitSet set) {
        set.clear(SURROGATES, SURROGATES_END);
        int[] borders = new int[16];
        int many = 0;
        for (int from = set.nextSetBit(0); from >= 0;) {
            int to = set.nextClearBit(from);
            if (many + 2 > borders.length) {
                borders = Arrays.copyOf(borders, 2 * many);
            }
            borders[many++] = from;
            borders[many++] = to;
            from = set.nextSetBit(to);
        }
        return new CodePoints(Arrays.copyOf(borders, many));
    }

    private BitSet bits() {
        BitSet set = new BitSet();
        for (int i = 0; i < borders.length; i += 2) {
            set.set(borders[i], borders[i + 1]);
        }
        return set;
    }

    /**
     * A range.
     *
     * @param first the first
     * @param last the last
     * @return both and all between
     */
    public static CodePoints of(int first, int last) {
        int[] all = {first, last + 1};
        return first >= SURROGATES_END || last < SURROGATES
                ? new CodePoints(all)
                : new CodePoints(joined(all, new int[]{SURROGATES, SURROGATES_END}, false));
    }

    /** Walks along the borders of two sets: either both together, or the first without the second. */
    private static int[] joined(int[] one, int[] two, boolean union) {
        int[] all = new int[one.length + two.length];
        int many = 0;
        int i = 0;
        int j = 0;
        boolean inside = false;
        while (i < one.length || j < two.length) {
            int at = Math.min(i < one.length ? one[i] : END, j < two.length ? two[j] : END);
            while (i < one.length && one[i] == at) {
                i++;
            }
            while (j < two.length && two[j] == at) {
                j++;
            }
            boolean inOne = i % 2 == 1;
            boolean inTwo = j % 2 == 1;
            if (inside != (union ? inOne || inTwo : inOne && !inTwo)) {
                inside = !inside;
                all[many++] = at;
            }
        }
        return Arrays.copyOf(all, many);
    }

    /**
     * Those of a kind.
     *
     * @param kind says which
     * @return all of that kind
     */
    public static CodePoints where(IntPredicate kind) {
        BitSet set = new BitSet();
        for (int c = 0; c < END; c++) {
            if (kind.test(c)) {
                set.set(c);
            }
        }
        return of(set);
    }

    /**
     * Some characters.
     *
     * @param characters any
     * @return their set
     */
    public static CodePoints of(String characters) {
        BitSet set = new BitSet();
        characters.codePoints().forEach(set::set);
        return of(set);
    }

    /**
     * Those of both.
     *
     * @param other another set
     * @return the union
     */
    public CodePoints or(CodePoints other) {
        return new CodePoints(joined(borders, other.borders, true));
    }

    /**
     * Those of this set alone.
     *
     * @param other another set
     * @return the difference
     */
    public CodePoints minus(CodePoints other) {
        return new CodePoints(joined(borders, other.borders, false));
    }

    /**
     * All others.
     *
     * @return the complement
     */
    public CodePoints not() {
        return ALL.minus(this);
    }

    /**
     * Adds the other case of each letter.
     *
     * @return a set that does not tell cases apart
     */
    public CodePoints anyCase() {
        BitSet set = bits();
        for (int c : set.stream().toArray()) {
            set.set(Character.toLowerCase(c));
            set.set(Character.toUpperCase(c));
        }
        return of(set);
    }

    /**
     * Whether a character is in it.
     *
     * @param c a character
     * @return true if so
     */
    public boolean has(int c) {
        int at = Arrays.binarySearch(borders, c);
        return at >= 0 ? at % 2 == 0 : (-at - 1) % 2 == 1;
    }

    /**
     * Whether there is none in it.
     *
     * @return true if it is empty
     */
    public boolean isEmpty() {
        return borders.length == 0;
    }

    /**
     * One of them in UTF-8.
     *
     * @param out where expressions are made
     * @return texts of one character
     */
    public Expression utf8(Expressions out) {
        List<Expression> parts = new ArrayList<>();
        parts.add(block(out, 0, 0x80, 1, 0x00));
        parts.add(block(out, 0x80, 0x800, 2, 0xc0));
        parts.add(block(out, 0x800, 0x10000, 3, 0xe0));
        parts.add(block(out, 0x10000, END, 4, 0xf0));
        return out.union(parts);
    }

    /** Those of one length. */
    private Expression block(Expressions out, int from, int to, int length, int mark) {
        List<int[]> ranges = new ArrayList<>();
        for (int i = 0; i < borders.length; i += 2) {
            int begin = Math.max(from, borders[i]);
            int end = Math.min(to, borders[i + 1]);
            if (begin < end) {
                ranges.add(new int[]{begin, end});
            }
        }
        return ranges.isEmpty() ? out.empty() : level(out, ranges, 6 * (length - 1), mark);
    }

    /** What begins with the digit at this place; digits with the same rest share it. */
    private static Expression level(Expressions out, List<int[]> ranges, int shift, int mark) {
        if (shift == 0) {
            ByteSet set = ByteSet.NONE;
            for (int[] range : ranges) {
                set = set.or(ByteSet.range(mark + range[0], mark + range[1] - 1));
            }
            return out.bytes(set);
        }
        Map<Integer, List<int[]>> byDigit = new LinkedHashMap<>();
        int unit = 1 << shift;
        ByteSet whole = ByteSet.NONE;
        for (int[] range : ranges) {
            int begin = range[0];
            while (begin < range[1]) {
                int digit = begin >> shift;
                int end = Math.min(range[1], (digit + 1) * unit);
                if (end - begin == unit) {
                    whole = whole.or(ByteSet.range(mark + digit, mark + digit));
                } else {
                    byDigit.computeIfAbsent(digit, key -> new ArrayList<>())
                            .add(new int[]{begin - digit * unit, end - digit * unit});
                }
                begin = end;
            }
        }
        Map<Expression, ByteSet> byRest = new LinkedHashMap<>();
        if (!whole.isEmpty()) {
            byRest.put(level(out, List.of(new int[]{0, unit}), shift - 6, 0x80), whole);
        }
        byDigit.forEach((digit, some) -> byRest.merge(level(out, some, shift - 6, 0x80),
                ByteSet.range(mark + digit, mark + digit), ByteSet::or));
        List<Expression> parts = new ArrayList<>();
        byRest.forEach((rest, digits) -> parts.add(out.concat(out.bytes(digits), rest)));
        return out.union(parts);
    }
}
