/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.ByteSet;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import java.util.List;

/** How values are written down: as JSON, or as literals of Python. */
public final class Notation {

    final List<Quote> quotes;
    final Expression nothing;
    final Expression yes;
    final Expression no;
    /** White space that may stand between the parts of a value. */
    final Expression gap;

    private Notation(List<Quote> quotes, Expression nothing, Expression yes, Expression no, Expression gap) {
        this.quotes = quotes;
        this.nothing = nothing;
        this.yes = yes;
        this.no = no;
        this.gap = gap;
    }

    /**
     * JSON. Between the parts of a value there may be a space, or a line break with some indentation.
     *
     * @param out where expressions are made
     * @param forbidden texts that no string may spell, because whoever reads the answer would take them for marks
     * @return the notation
     */
    public static Notation json(Expressions out, List<String> forbidden) {
        return new Notation(List.of(new Quote(out, '"', true, forbidden)), out.text("null"), out.text("true"),
                out.text("false"), gap(out));
    }

    /**
     * Literals of Python: {@code None}, {@code True}, strings in either kind of quotes.
     *
     * @param out where expressions are made
     * @param forbidden as for {@link #json}
     * @return the notation
     */
    public static Notation python(Expressions out, List<String> forbidden) {
        return new Notation(List.of(new Quote(out, '\'', false, forbidden), new Quote(out, '"', false, forbidden)),
                out.text("None"), out.text("True"), out.text("False"), out.optional(out.text(" ")));
    }

    /** As llama.cpp allows it: without a bound some models write spaces for ever. */
    private static Expression gap(Expressions out) {
        Expression indent = out.repeat(out.bytes(ByteSet.of(" \t")), 0, 20);
        return out.optional(out.union(out.text(" "), out.concat(out.text("\n"), indent)));
    }
}
