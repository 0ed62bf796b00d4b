/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What has a value. Operators of one precedence stand in a list, so that a long chain needs no deep stack. */
public sealed interface Expression {

    record Literal(Object value) implements Expression {
    }

    record Name(String name) implements Expression {
    }

    record ListOf(List<Expression> items) implements Expression {
    }

    record TupleOf(List<Expression> items) implements Expression {
    }

    record DictOf(List<Pair> pairs) implements Expression {
    }

    record Pair(Expression key, Expression value) {
    }

    record Attribute(Expression of, String name) implements Expression {
    }

    record Item(Expression of, Expression key) implements Expression {
    }

    record Slice(Expression of, @Nullable Expression start, @Nullable Expression stop, @Nullable Expression step)
            implements
                Expression {
    }

    record Call(Expression callee, CallArguments arguments) implements Expression {
    }

    /** A filter; without a value it works on the body of a block. */
    record Filtered(@Nullable Expression value, String name, CallArguments arguments) implements Expression {
    }

    record Tested(Expression value, String name, CallArguments arguments) implements Expression {
    }

    record Negative(Expression value) implements Expression {
    }

    record Positive(Expression value) implements Expression {
    }

    record Not(Expression value) implements Expression {
    }

    record AllOf(List<Expression> parts) implements Expression {
    }

    record AnyOf(List<Expression> parts) implements Expression {
    }

    /** Parts joined by {@code ~}. */
    record Joined(List<Expression> parts) implements Expression {
    }

    /** Operators of one precedence, from left to right. */
    record Arithmetic(Expression first, List<Operation> rest) implements Expression {
    }

    /** A chain of comparisons: each pair of neighbours must hold. */
    record Comparison(Expression first, List<Operation> rest) implements Expression {
    }

    record Operation(String operator, Expression right) {
    }

    record Conditional(Expression test, Expression then, @Nullable Expression otherwise) implements Expression {
    }

    /**
     * Arguments as written.
     *
     * @param positional in order
     * @param named by keyword
     * @param spread a list to spread, or null
     * @param spreadNamed a dict to spread, or null
     */
    record CallArguments(List<Expression> positional, List<Keyword> named, @Nullable Expression spread,
            @Nullable Expression spreadNamed) {

        static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);

        public boolean isEmpty() {
            return positional.isEmpty() && named.isEmpty() && spread == null && spreadNamed == null;
        }
    }

    record Keyword(String name, Expression value) {
    }
}
