/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.Automaton;
import dev.millrace.grammar.machine.ByteSet;
import java.math.BigDecimal;

/**
 * Numbers in plain decimal notation on one side of a bound. Digits are compared as they come; the number of digits before the
 * point decides first.
 */
final class DecimalBound implements Automaton {

    private static final ByteSet BYTES = ByteSet.of("-.0123456789");

    private final int sign;
    private final String whole;
    private final String fraction;
    private final boolean below;
    private final boolean included;
    private final int width;

    /**
     * A bound.
     *
     * @param bound the number
     * @param below whether the numbers are below it
     * @param included whether it is one of them
     */
    DecimalBound(BigDecimal bound, boolean below, boolean included) {
        String text = bound.abs().stripTrailingZeros().toPlainString();
        int point = text.indexOf('.');
        this.sign = bound.signum();
        this.whole = point < 0 ? text : text.substring(0, point);
        this.fraction = point < 0 ? "" : text.substring(point + 1);
        this.below = below;
        this.included = included;
        this.width = Math.max(whole.length() + 1, fraction.length()) + 1;
    }

    // A state other than the first: part (1 behind the sign, 2 in the digits, 3 behind the point), whether negative, digits seen
    // in this part, and how what was seen compares with the bound's digits.

    private int state(int part, int negative, int digits, int order) {
        return ((part * 2 + negative) * width + digits) * 3 + order + 1;
    }

    @Override
    public int next(int state, int b) {
        int next = follow(state, b);
        return next != DEAD && isLost(next) ? DEAD : next;
    }

    /** Whether no number that goes on from here lies on the right side. */
    private boolean isLost(int state) {
        int order = state % 3 - 1;
        int digits = state / 3 % width;
        int head = state / 3 / width;
        boolean negative = head % 2 == 1;
        if (negative && sign > 0) {
            return !below;
        }
        if (!negative && sign < 0) {
            return below;
        }
        int size = switch (head / 2) {
            case 1 -> 0;
            case 2 -> digits > whole.length() || (digits == whole.length() && order > 0) ? 1 : 0;
            default -> order;
        };
        return size != 0 && (negative ? -size : size) < 0 != below;
    }

    private int follow(int state, int b) {
        if (state == 0) {
            return b == '-' ? state(1, 1, 0, 0) : isDigit(b) ? digit(0, 0, 0, b) : DEAD;
        }
        int order = state % 3 - 1;
        int digits = state / 3 % width;
        int head = state / 3 / width;
        int negative = head % 2;
        return switch (head / 2) {
            case 1 -> isDigit(b) ? digit(negative, 0, 0, b) : DEAD;
            case 2 -> b == '.'
                    ? state(3, negative, 0, ordered(digits, order))
                    : isDigit(b) ? digit(negative, digits, order, b) : DEAD;
            default -> {
                if (!isDigit(b)) {
                    yield DEAD;
                }
                int by = digits < fraction.length() ? fraction.charAt(digits) : '0';
                yield state(3, negative, Math.min(digits + 1, fraction.length()),
                        order != 0 ? order : Integer.signum(b - by));
            }
        };
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }

    private int digit(int negative, int digits, int order, int b) {
        int now = order != 0 || digits >= whole.length() ? order : Integer.signum(b - whole.charAt(digits));
        return state(2, negative, Math.min(digits + 1, whole.length() + 1), now);
    }

    /** How the digits before the point compare as a whole. */
    private int ordered(int digits, int order) {
        return digits == whole.length() ? order : Integer.signum(digits - whole.length());
    }

    @Override
    public boolean accepts(int state) {
        if (state == 0) {
            return false;
        }
        int order = state % 3 - 1;
        int digits = state / 3 % width;
        int head = state / 3 / width;
        if (head / 2 == 1) {
            return false;
        }
        int size = head / 2 == 2 ? ordered(digits, order) : order;
        int seen = head / 2 == 2 ? 0 : digits;
        if (size == 0 && seen < fraction.length()) {
            // the bound has more digits, and its last one is not 0
            size = -1;
        }
        boolean negative = head % 2 == 1;
        int compared;
        if (negative) {
            compared = sign > 0 ? -1 : -size;
        } else {
            compared = sign < 0 ? 1 : size;
        }
        return compared == 0 ? included : compared < 0 == below;
    }

    @Override
    public ByteSet bytes() {
        return BYTES;
    }
}
