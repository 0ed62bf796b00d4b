/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules that call each other, and the one with which a text begins. Rules are declared first and defined later, so that they may
 * call each other in circles, but not at their own beginning.
 */
public final class Grammar {

    private final Expressions expressions;
    private final List<String> names = new ArrayList<>();
    private final List<@Nullable Expression> bodies = new ArrayList<>();
    private Expression start;

    /**
     * A grammar without rules, that allows the empty text.
     *
     * @param expressions where its expressions are made
     */
    public Grammar(Expressions expressions) {
        this.expressions = expressions;
        this.start = expressions.epsilon();
    }

    /**
     * Where its expressions are made.
     *
     * @return the workshop
     */
    public Expressions expressions() {
        return expressions;
    }

    /**
     * Declares a rule.
     *
     * @param name for messages
     * @return its number, for {@link Expressions#call}
     */
    public int declare(String name) {
        names.add(name);
        bodies.add(null);
        return names.size() - 1;
    }

    /**
     * Defines a rule.
     *
     * @param rule its number
     * @param body its texts
     */
    public void define(int rule, Expression body) {
        bodies.set(rule, body);
    }

    /**
     * Says what a text is.
     *
     * @param all all texts
     */
    public void start(Expression all) {
        start = all;
    }

    /** What a text is, once the grammar is whole. */
    Expression start() {
        return start;
    }

    Expression body(int rule) {
        Expression body = bodies.get(rule);
        if (body == null) {
            throw new GrammarException("The rule " + names.get(rule) + " is used and not defined.");
        }
        return body;
    }

    /** All expressions that must be kept. */
    List<Expression> roots() {
        List<Expression> all = new ArrayList<>(List.of(start));
        for (Expression body : bodies) {
            if (body != null) {
                all.add(body);
            }
        }
        return all;
    }

    /**
     * Checks that the grammar is whole, and orders its rules.
     *
     * @return the rank of each rule: one that is called at the beginning of another comes after it
     * @throws GrammarException if a rule is missing, calls itself at its beginning, or no text fits
     */
    int[] finish() {
        int count = names.size();
        for (int rule = 0; rule < count; rule++) {
            body(rule);
        }
        boolean[] nullable = fixpoint(false);
        expressions.nullableRules(nullable);
        boolean[] productive = fixpoint(true);
        for (int rule = 0; rule < count; rule++) {
            if (!productive[rule]) {
                bodies.set(rule, expressions.empty());
            }
        }
        start = without(start, productive);
        if (start.isEmpty()) {
            throw new GrammarException(
                    "No text fits the grammar: it demands what it does not allow, or never comes to an end.");
        }
        for (int rule = 0; rule < count; rule++) {
            bodies.set(rule, without(body(rule), productive));
        }
        return order();
    }

    /** The rules that may be empty, or those that come to an end. */
    private boolean[] fixpoint(boolean anyText) {
        boolean[] known = new boolean[names.size()];
        boolean grows = true;
        while (grows) {
            grows = false;
            for (int rule = 0; rule < known.length; rule++) {
                if (!known[rule] && holds(body(rule), known, anyText)) {
                    known[rule] = true;
                    grows = true;
                }
            }
        }
        return known;
    }

    private boolean holds(Expression e, boolean[] known, boolean anyText) {
        Expression at = e;
        while (at.kind == Expression.Kind.CONCAT && at.calling) {
            // rows may be long
            if (!holds(at.parts[0], known, anyText)) {
                return false;
            }
            at = at.parts[1];
        }
        if (!at.calling) {
            return anyText ? !at.isEmpty() : expressions.nullable(at);
        }
        boolean[] rules = known;
        return switch (at.kind) {
            case CALL -> rules[at.low];
            case UNION -> Arrays.stream(at.parts).anyMatch(part -> holds(part, rules, anyText));
            default -> at.low == 0 || holds(at.parts[0], rules, anyText);
        };
    }

    /** The same without what calls rules that never end. */
    private Expression without(Expression e, boolean[] productive) {
        if (!e.calling) {
            return e;
        }
        return switch (e.kind) {
            case CALL -> productive[e.low] ? e : expressions.empty();
            case UNION -> expressions.union(Arrays.stream(e.parts).map(part -> without(part, productive)).toList());
            case REPEAT -> expressions.repeat(without(e.parts[0], productive), e.low, e.high);
            default -> {
                ArrayDeque<Expression> heads = new ArrayDeque<>();
                Expression at = e;
                while (at.kind == Expression.Kind.CONCAT && at.calling) {
                    heads.push(without(at.parts[0], productive));
                    at = at.parts[1];
                }
                Expression row = without(at, productive);
                while (!heads.isEmpty()) {
                    row = expressions.concat(heads.pop(), row);
                }
                yield row;
            }
        };
    }

    private int[] order() {
        int count = names.size();
        int[] rank = new int[count];
        byte[] seen = new byte[count];
        int[] next = {count};
        for (int rule = 0; rule < count; rule++) {
            visit(rule, seen, rank, next);
        }
        return rank;
    }

    private void visit(int first, byte[] seen, int[] rank, int[] next) {
        if (seen[first] != 0) {
            return;
        }
        // with a stack of its own: chains of rules may be long
        ArrayDeque<int[]> open = new ArrayDeque<>();
        open.push(new int[]{first, 0});
        seen[first] = 1;
        while (!open.isEmpty()) {
            int[] at = open.element();
            Expression.Calls[] calls = expressions.calls(body(at[0]));
            if (at[1] == calls.length) {
                seen[at[0]] = 2;
                rank[at[0]] = --next[0];
                open.pop();
                continue;
            }
            int called = calls[at[1]++].rule();
            if (seen[called] == 1) {
                throw new GrammarException("The rule " + names.get(called)
                        + " calls itself at its own beginning (left recursion): write the repetition behind, as in"
                        + " item (\",\" item)*.");
            }
            if (seen[called] == 0) {
                seen[called] = 1;
                open.push(new int[]{called, 0});
            }
        }
    }
}
