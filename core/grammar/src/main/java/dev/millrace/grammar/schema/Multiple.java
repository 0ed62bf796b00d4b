/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.Automaton;
import dev.millrace.grammar.machine.ByteSet;
import java.math.BigDecimal;

/** Numbers in plain decimal notation that are multiples of another one: the remainder is carried from digit to digit. */
final class Multiple implements Automaton {

    /** Remainders are counted up to here. */
    static final int MOST = 1_000_000;

    private static final ByteSet BYTES = ByteSet.of("-.0123456789");

    private final int scale;
    private final int of;

    /**
     * Multiples.
     *
     * @param of more than 0; its digits without the point are no more than {@link #MOST}, with at most 6 behind it
     */
    Multiple(BigDecimal of) {
        BigDecimal plain = of.stripTrailingZeros();
        this.scale = Math.max(0, plain.scale());
        this.of = plain.movePointRight(scale).intValueExact();
    }

    static boolean counts(BigDecimal of) {
        BigDecimal plain = of.stripTrailingZeros();
        int scale = Math.max(0, plain.scale());
        return of.signum() > 0 && scale <= 6
                && plain.movePointRight(scale).compareTo(BigDecimal.valueOf(MOST)) <= 0;
    }

    // A state other than the first: how many digits behind the point were seen plus one (0 before the point), and the remainder.
    // One more such place stands for what lies behind the smallest digit of a multiple, where only 0 may stand.

    private int state(int place, long remainder) {
        return 1 + (int) (place * (long) of + remainder % of);
    }

    @Override
    public int next(int state, int b) {
        if (b == '-') {
            return state == 0 ? 0 : DEAD;
        }
        int place = state == 0 ? 0 : (state - 1) / of;
        long remainder = state == 0 ? 0 : (state - 1L) % of;
        if (b == '.') {
            return state == 0 || place > 0 ? DEAD : state(1, remainder);
        }
        if (place == 0) {
            return state(0, remainder * 10 + b - '0');
        }
        int seen = place - 1;
        if (seen < scale) {
            return state(place + 1, remainder * 10 + b - '0');
        }
        return b == '0' ? state : DEAD;
    }

    @Override
    public boolean accepts(int state) {
        if (state == 0) {
            return false;
        }
        int place = (state - 1) / of;
        long remainder = (state - 1L) % of;
        for (int seen = Math.max(0, place - 1); seen < scale; seen++) {
            remainder = remainder * 10 % of;
        }
        return remainder == 0;
    }

    @Override
    public ByteSet bytes() {
        return BYTES;
    }
}
