/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.ByteSet;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How numbers are written: as in JSON, with so many digits at most that a double holds them. Where bounds or multiples are asked
 * for, without an exponent.
 */
final class Numbers {

    private static final int MOST_DIGITS = 400;
    private static final int MOST_DIGITS_OF_DOUBLES = 200;

    private final Expressions out;
    private final Expression whole;
    private final Expression plain;
    private final Expression any;
    private final Map<Demands.Bound, Expression> bounds = new HashMap<>();

    Numbers(Expressions out) {
        this.out = out;
        Expression digit = out.bytes(ByteSet.range('0', '9'));
        Expression sign = out.optional(out.text("-"));
        Expression natural = out.union(out.text("0"),
                out.concat(out.bytes(ByteSet.range('1', '9')), out.repeat(digit, 0, MOST_DIGITS)));
        Expression fraction = out.optional(out.concat(out.text("."), out.repeat(digit, 1, MOST_DIGITS_OF_DOUBLES)));
        Expression exponent = out
                .optional(out.row(out.bytes(ByteSet.of("eE")), out.optional(out.bytes(ByteSet.of("+-"))),
                        out.repeat(digit, 1, 2)));
        Expression bounded = out.union(out.text("0"),
                out.concat(out.bytes(ByteSet.range('1', '9')), out.repeat(digit, 0, MOST_DIGITS_OF_DOUBLES)));
        this.whole = out.concat(sign, natural);
        this.plain = out.union(whole, out.row(sign, bounded, fraction));
        this.any = out.union(whole, out.row(sign, bounded, fraction, exponent));
    }

    Expression of(Demands demands) {
        if (demands.numbers != null) {
            List<String> texts = new ArrayList<>();
            demands.numbers.forEach(number -> texts.add(number.toPlainString()));
            return texts.isEmpty() ? out.empty() : out.words(texts);
        }
        Expression all = demands.whole ? whole : plain;
        if (demands.bounds.isEmpty() && demands.multiples.isEmpty()) {
            return demands.whole ? whole : any;
        }
        for (Demands.Bound bound : demands.bounds) {
            all = out.and(all, bounds.computeIfAbsent(bound,
                    each -> out.automaton(new DecimalBound(each.value(), each.below(), each.included()))));
        }
        for (BigDecimal of : demands.multiples) {
            all = out.and(all, out.automaton(new Multiple(of)));
        }
        return out.isAlive(all) ? all : out.empty();
    }
}
