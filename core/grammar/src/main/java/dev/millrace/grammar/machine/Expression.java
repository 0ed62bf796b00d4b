/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A set of texts over bytes, in which rules may be called. Made by {@link Expressions} alone, once for each structure, so that
 * equal ones are the same object.
 */
public final class Expression {

    enum Kind {
        EMPTY, EPSILON, BYTES, CONCAT, UNION, REPEAT, AND, NOT, AUTOMATON, CALL
    }

    /** No upper bound of a repetition. */
    public static final int UNBOUNDED = Integer.MAX_VALUE;

    private static final Expression[] NO_PARTS = {};

    final Kind kind;
    final int id;
    final Expression[] parts;
    final ByteSet bytes;
    /** Least times, or the rule that is called, or the state of the automaton. */
    final int low;
    /** Most times. */
    final int high;
    final @Nullable Automaton automaton;
    /** Whether it says by intersection, complement or automaton what it allows, so that it may allow nothing. */
    final boolean veiled;
    /** Whether it calls rules. */
    final boolean calling;
    private final int hash;

    // ---- found out later, and kept
    byte nullable = -1;
    byte alive = -1;
    Expression @Nullable [] next;
    Expression @Nullable [] rawNext;
    Calls @Nullable [] calls;
    private @Nullable String structure;

    /** A rule that is called at the beginning, and what is left then. */
    record Calls(int rule, Expression rest) {
    }

    Expression(Kind kind, int id, Expression[] parts, ByteSet bytes, int low, int high,
            @Nullable Automaton automaton) {
        this.kind = kind;
        this.id = id;
        this.parts = parts;
        this.bytes = bytes;
        this.low = low;
        this.high = high;
        this.automaton = automaton;
        boolean hidden = kind == Kind.AND || kind == Kind.NOT || kind == Kind.AUTOMATON;
        boolean calls = kind == Kind.CALL;
        int code = 31 * kind.name().hashCode() + bytes.hashCode();
        code = 31 * code + low;
        code = 31 * code + high;
        code = 31 * code + Objects.hashCode(automaton);
        for (Expression part : parts) {
            hidden |= part.veiled;
            calls |= part.calling;
            code = 31 * code + part.id;
        }
        this.veiled = hidden;
        this.calling = calls;
        this.hash = code * 0x9E3779B9;
    }

    static Expression leaf(Kind kind, int id) {
        return new Expression(kind, id, NO_PARTS, ByteSet.NONE, 0, 0, null);
    }

    /**
     * Whether no text is in it, as far as its form tells.
     *
     * @return true if it is the empty set
     */
    public boolean isEmpty() {
        return kind == Kind.EMPTY;
    }

    boolean isEpsilon() {
        return kind == Kind.EPSILON;
    }

    /** What it begins with, if that is a repetition. */
    @Nullable
    Expression leadingRepetition() {
        Expression head = kind == Kind.CONCAT ? parts[0] : this;
        return head.kind == Kind.REPEAT ? head : null;
    }

    /** How it is built, the same for equal ones of several grammars; for those that neither call nor count by an automaton. */
    String structure() {
        String known = structure;
        if (known == null) {
            StringBuilder out = new StringBuilder();
            write(out);
            known = out.toString();
            structure = known;
        }
        return known;
    }

    private void write(StringBuilder out) {
        out.append(kind.name(), 0, 2);
        if (kind == Kind.BYTES) {
            out.append(bytes.w0()).append('.').append(bytes.w1()).append('.').append(bytes.w2()).append('.')
                    .append(bytes.w3());
        }
        out.append(low).append(',').append(high).append('(');
        // unions and intersections stand in the order of their making, which other grammars need not share
        String[] inner = new String[parts.length];
        for (int i = 0; i < parts.length; i++) {
            inner[i] = parts[i].structure();
        }
        if (kind == Kind.UNION || kind == Kind.AND) {
            Arrays.sort(inner);
        }
        for (String each : inner) {
            out.append(each);
        }
        out.append(')');
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Expression that && kind == that.kind && low == that.low && high == that.high
                && Objects.equals(automaton, that.automaton) && bytes.equals(that.bytes)
                && Arrays.equals(parts, that.parts,
                        (a, b) -> a == b ? 0 : 1);
    }

    @Override
    public String toString() {
        return kind + "#" + id;
    }
}
