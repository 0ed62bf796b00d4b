/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import dev.millrace.grammar.machine.Expression.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes expressions and differentiates them. Not safe for use from several threads.
 *
 * @see <a href="https://doi.org/10.1145/321239.321249">Brzozowski, Derivatives of regular expressions, 1964</a>
 * @see <a href="https://doi.org/10.1017/S0956796808007090">Owens, Reppy, Turon, Regular-expression derivatives re-examined, 2009</a>
 */
@SuppressWarnings("ReferenceEquality") // equal expressions are the same object
public final class Expressions {

    /** An intersection is searched this far for a text that is in it. */
    private static final int MOST_SEARCHED = 20_000;
    /** A union of more parts than this is a sign of a grammar that explodes. */
    private static final int MOST_PARTS = 20_000;

    private final int mostExpressions;
    private Map<Expression, Expression> known = new HashMap<>();
    private int made;
    private int[] classes = new int[256];
    private int[] representatives = {0};
    private boolean classesOutdated;
    private final List<ByteSet> sets = new ArrayList<>();
    private boolean[] nullableRules = {};

    private final Expression empty;
    private final Expression epsilon;
    private final Expression anything;

    /**
     * An empty workshop.
     *
     * @param mostExpressions how many may be made while a grammar is read
     */
    public Expressions(int mostExpressions) {
        this.mostExpressions = mostExpressions;
        empty = intern(Expression.leaf(Kind.EMPTY, made));
        epsilon = intern(Expression.leaf(Kind.EPSILON, made));
        anything = make(Kind.NOT, new Expression[]{empty}, ByteSet.NONE, 0, 0, null);
    }

    // ---- made

    /**
     * No text at all.
     *
     * @return the empty set
     */
    public Expression empty() {
        return empty;
    }

    /**
     * The empty text.
     *
     * @return the set of it
     */
    public Expression epsilon() {
        return epsilon;
    }

    /**
     * One byte of a set.
     *
     * @param set the bytes
     * @return texts of one byte
     */
    public Expression bytes(ByteSet set) {
        return set.isEmpty() ? empty : make(Kind.BYTES, new Expression[0], set, 0, 0, null);
    }

    /**
     * A text.
     *
     * @param text any text without lone surrogates
     * @return that text in UTF-8
     */
    public Expression text(String text) {
        return text(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Bytes in a row.
     *
     * @param text the bytes
     * @return that text
     */
    public Expression text(byte[] text) {
        Expression all = epsilon;
        for (int i = text.length - 1; i >= 0; i--) {
            all = concat(bytes(ByteSet.range(text[i] & 0xff, text[i] & 0xff)), all);
        }
        return all;
    }

    /**
     * One of several texts, with what they begin with in common made once.
     *
     * @param texts any number
     * @return their set
     */
    public Expression words(Collection<String> texts) {
        List<byte[]> sorted = new ArrayList<>();
        texts.forEach(each -> sorted.add(each.getBytes(StandardCharsets.UTF_8)));
        sorted.sort(Arrays::compareUnsigned);
        return words(sorted, 0, sorted.size(), 0);
    }

    private Expression words(List<byte[]> sorted, int from, int to, int depth) {
        if (to - from == 1) {
            byte[] only = sorted.get(from);
            return text(Arrays.copyOfRange(only, depth, only.length));
        }
        List<Expression> parts = new ArrayList<>();
        int at = from;
        while (at < to) {
            if (sorted.get(at).length == depth) {
                parts.add(epsilon);
                at++;
                continue;
            }
            int b = sorted.get(at)[depth] & 0xff;
            int end = at;
            while (end < to && (sorted.get(end)[depth] & 0xff) == b) {
                end++;
            }
            parts.add(concat(bytes(ByteSet.range(b, b)), words(sorted, at, end, depth + 1)));
            at = end;
        }
        return union(parts);
    }

    /**
     * One after the other.
     *
     * @param first begins
     * @param second goes on
     * @return all pairs
     */
    public Expression concat(Expression first, Expression second) {
        if (first.isEmpty() || second.isEmpty()) {
            return empty;
        }
        if (first.isEpsilon()) {
            return second;
        }
        if (second.isEpsilon()) {
            return first;
        }
        if (first.kind != Kind.CONCAT) {
            return make(Kind.CONCAT, new Expression[]{first, second}, ByteSet.NONE, 0, 0, null);
        }
        // to the right, so that what comes first stands on top; a long text is no reason for a deep stack
        ArrayDeque<Expression> heads = new ArrayDeque<>();
        Expression rest = first;
        while (rest.kind == Kind.CONCAT) {
            heads.push(rest.parts[0]);
            rest = rest.parts[1];
        }
        Expression all = make(Kind.CONCAT, new Expression[]{rest, second}, ByteSet.NONE, 0, 0, null);
        while (!heads.isEmpty()) {
            all = make(Kind.CONCAT, new Expression[]{heads.pop(), all}, ByteSet.NONE, 0, 0, null);
        }
        return all;
    }

    /**
     * Several in a row.
     *
     * @param all in order
     * @return the row
     */
    public Expression row(Expression... all) {
        Expression row = epsilon;
        for (int i = all.length - 1; i >= 0; i--) {
            row = concat(all[i], row);
        }
        return row;
    }

    /**
     * One or the other.
     *
     * @param first some texts
     * @param second other texts
     * @return all of them
     */
    public Expression union(Expression first, Expression second) {
        return first == second || second.isEmpty()
                ? first
                : first.isEmpty() ? second : union(List.of(first, second));
    }

    /**
     * One of several.
     *
     * @param all any number
     * @return their union
     */
    public Expression union(Collection<Expression> all) {
        TreeMap<Integer, Expression> parts = new TreeMap<>();
        ByteSet set = ByteSet.NONE;
        for (Expression each : all) {
            for (Expression part : each.kind == Kind.UNION ? each.parts : new Expression[]{each}) {
                if (part == anything) {
                    return anything;
                }
                if (part.kind == Kind.BYTES) {
                    set = set.or(part.bytes);
                } else if (!part.isEmpty()) {
                    parts.put(part.id, part);
                }
            }
        }
        if (!set.isEmpty()) {
            Expression single = bytes(set);
            parts.put(single.id, single);
        }
        if (parts.size() > MOST_PARTS) {
            throw new GrammarException("The grammar leaves more than " + MOST_PARTS
                    + " ways open at one place: make it simpler.");
        }
        if (parts.isEmpty()) {
            return empty;
        }
        return parts.size() == 1
                ? parts.firstEntry().getValue()
                : make(Kind.UNION, parts.values().toArray(Expression[]::new), ByteSet.NONE, 0, 0, null);
    }

    /**
     * There or not.
     *
     * @param what some texts
     * @return those and the empty text
     */
    public Expression optional(Expression what) {
        return repeat(what, 0, 1);
    }

    /**
     * Again and again.
     *
     * @param what some texts
     * @param least how often at least, 0 or more
     * @param most how often at most, {@link Expression#UNBOUNDED} for no bound
     * @return the row of them
     */
    public Expression repeat(Expression what, int least, int most) {
        if (most == 0 || what.isEpsilon()) {
            return epsilon;
        }
        if (most < least) {
            return empty;
        }
        if (what.isEmpty()) {
            return least == 0 ? epsilon : empty;
        }
        if (least == 1 && most == 1) {
            return what;
        }
        return make(Kind.REPEAT, new Expression[]{what}, ByteSet.NONE, least, most, null);
    }

    /**
     * Both at once.
     *
     * @param first some texts; without calls
     * @param second some texts; without calls
     * @return those that are in both
     */
    public Expression and(Expression first, Expression second) {
        TreeMap<Integer, Expression> parts = new TreeMap<>();
        ByteSet set = null;
        for (Expression each : List.of(first, second)) {
            for (Expression part : each.kind == Kind.AND ? each.parts : new Expression[]{each}) {
                if (part.calling) {
                    throw new IllegalStateException("An intersection calls a rule.");
                }
                if (part.isEmpty()) {
                    return empty;
                }
                if (part.kind == Kind.BYTES) {
                    set = set == null ? part.bytes : set.and(part.bytes);
                } else if (part != anything) {
                    parts.put(part.id, part);
                }
            }
        }
        if (set != null) {
            if (set.isEmpty()) {
                return empty;
            }
            Expression single = bytes(set);
            parts.put(single.id, single);
        }
        if (parts.isEmpty()) {
            return anything;
        }
        if (parts.containsKey(epsilon.id)) {
            return parts.values().stream().allMatch(this::nullable) ? epsilon : empty;
        }
        for (Expression part : parts.values()) {
            if (part.kind == Kind.NOT && parts.containsKey(part.parts[0].id)) {
                return empty;
            }
        }
        return parts.size() == 1
                ? parts.firstEntry().getValue()
                : make(Kind.AND, parts.values().toArray(Expression[]::new), ByteSet.NONE, 0, 0, null);
    }

    /**
     * All others.
     *
     * @param what some texts; without calls
     * @return every row of bytes that is not in it
     */
    public Expression not(Expression what) {
        if (what.calling) {
            throw new IllegalStateException("A complement calls a rule.");
        }
        return what.kind == Kind.NOT
                ? what.parts[0]
                : make(Kind.NOT, new Expression[]{what}, ByteSet.NONE, 0, 0, null);
    }

    /**
     * What an automaton accepts.
     *
     * @param automaton counts
     * @return its texts
     */
    public Expression automaton(Automaton automaton) {
        return automaton(automaton, 0);
    }

    private Expression automaton(Automaton automaton, int state) {
        return state == Automaton.DEAD
                ? empty
                : make(Kind.AUTOMATON, new Expression[0], ByteSet.NONE, state, 0, automaton);
    }

    /**
     * A rule.
     *
     * @param rule its number
     * @return the texts of the rule
     */
    public Expression call(int rule) {
        return make(Kind.CALL, new Expression[0], ByteSet.NONE, rule, 0, null);
    }

    private Expression make(Kind kind, Expression[] parts, ByteSet set, int low, int high,
            @Nullable Automaton automaton) {
        Expression fresh = new Expression(kind, made, parts, set, low, high, automaton);
        Expression old = known.get(fresh);
        return old != null ? old : intern(fresh);
    }

    private Expression intern(Expression fresh) {
        if (known.size() >= mostExpressions) {
            throw new GrammarException("The grammar takes more than " + mostExpressions
                    + " steps to work out: make it simpler, or its repetitions shorter.");
        }
        known.put(fresh, fresh);
        made++;
        if (fresh.kind == Kind.BYTES) {
            tell(fresh.bytes);
        } else if (fresh.automaton != null && fresh.low == 0) {
            for (int b = 0; b < 256; b++) {
                if (fresh.automaton.bytes().has(b)) {
                    tell(ByteSet.range(b, b));
                }
            }
        }
        return fresh;
    }

    /** Takes note of a set that must be told from all other bytes. */
    private void tell(ByteSet set) {
        boolean divides = classesOutdated;
        for (int b = 0; b < 256 && !divides; b++) {
            divides = set.has(b) != set.has(representatives[classes[b]]);
        }
        if (divides) {
            sets.add(set);
            classesOutdated = true;
        }
    }

    /** How many are kept. */
    int size() {
        return known.size();
    }

    /**
     * Forgets all that was worked out, but not what is handed in; both stay valid, and what is made anew of the same structure is
     * another object, which costs time and nothing else.
     */
    void forget(Collection<Expression> kept) {
        Map<Expression, Expression> fresh = new HashMap<>();
        ArrayDeque<Expression> open = new ArrayDeque<>(kept);
        open.addAll(List.of(empty, epsilon, anything));
        while (!open.isEmpty()) {
            Expression each = open.pop();
            if (fresh.putIfAbsent(each, each) == null) {
                each.next = null;
                each.rawNext = null;
                each.calls = null;
                open.addAll(Arrays.asList(each.parts));
            }
        }
        known = fresh;
    }

    // ---- bytes that no expression tells apart

    /** The class of each byte. */
    int[] classes() {
        if (classesOutdated) {
            divide();
        }
        return classes;
    }

    int classCount() {
        classes();
        return representatives.length;
    }

    private void divide() {
        int[] now = new int[256];
        int count = 1;
        // refined set by set: two bytes stay together as long as each set has both or neither
        for (ByteSet set : sets) {
            int[] found = new int[2 * count];
            int next = 0;
            for (int b = 0; b < 256; b++) {
                int key = 2 * now[b] + (set.has(b) ? 1 : 0);
                if (found[key] == 0) {
                    found[key] = ++next;
                }
                now[b] = found[key] - 1;
            }
            count = next;
        }
        int[] first = new int[count];
        for (int b = 255; b >= 0; b--) {
            first[now[b]] = b;
        }
        classes = now;
        representatives = first;
        classesOutdated = false;
        for (Expression each : known.keySet()) {
            each.next = null;
            each.rawNext = null;
        }
    }

    // ---- taken apart

    /** Says which rules may be the empty text. */
    void nullableRules(boolean[] rules) {
        nullableRules = rules;
        for (Expression each : known.keySet()) {
            each.nullable = -1;
        }
    }

    /** Whether the empty text is in it. */
    boolean nullable(Expression e) {
        if (e.nullable < 0) {
            boolean result = switch (e.kind) {
                case EMPTY, BYTES -> false;
                case EPSILON -> true;
                case CONCAT -> nullable(e.parts[0]) && nullable(e.parts[1]);
                case UNION -> Arrays.stream(e.parts).anyMatch(this::nullable);
                case AND -> Arrays.stream(e.parts).allMatch(this::nullable);
                case NOT -> !nullable(e.parts[0]);
                case REPEAT -> e.low == 0 || nullable(e.parts[0]);
                case AUTOMATON -> e.automaton != null && e.automaton.accepts(e.low);
                case CALL -> e.low < nullableRules.length && nullableRules[e.low];
            };
            e.nullable = (byte) (result ? 1 : 0);
        }
        return e.nullable == 1;
    }

    /** What may follow a byte of a class, rules not entered. */
    Expression next(Expression e, int byteClass) {
        Expression[] all = e.next;
        if (all == null || all.length <= byteClass) {
            all = new Expression[classCount()];
            e.next = all;
        }
        Expression known = all[byteClass];
        if (known == null) {
            known = differentiate(e, byteClass);
            all[byteClass] = known;
        }
        return known;
    }

    private Expression differentiate(Expression e, int byteClass) {
        return switch (e.kind) {
            case EMPTY, EPSILON, CALL -> empty;
            case BYTES -> e.bytes.has(representatives[byteClass]) ? epsilon : empty;
            case CONCAT -> {
                Expression first = concat(next(e.parts[0], byteClass), e.parts[1]);
                yield nullable(e.parts[0]) ? union(first, next(e.parts[1], byteClass)) : first;
            }
            case UNION -> {
                List<Expression> parts = new ArrayList<>();
                for (Expression part : e.parts) {
                    Expression rest = next(part, byteClass);
                    if (!rest.isEmpty()) {
                        parts.add(rest);
                    }
                }
                yield parts.size() == 1 ? parts.getFirst() : union(parts);
            }
            case REPEAT -> concat(next(e.parts[0], byteClass), oneLess(e));
            case AND, NOT, AUTOMATON -> {
                Expression rest = raw(e, byteClass);
                yield isAlive(rest) ? rest : empty;
            }
        };
    }

    private Expression oneLess(Expression e) {
        int least = nullable(e.parts[0]) ? 0 : Math.max(0, e.low - 1);
        return repeat(e.parts[0], least, e.high == Expression.UNBOUNDED ? e.high : e.high - 1);
    }

    /** The same, without asking whether anything is left: for the inside of intersections. */
    private Expression raw(Expression e, int byteClass) {
        if (!e.veiled) {
            return next(e, byteClass);
        }
        Expression[] all = e.rawNext;
        if (all == null || all.length <= byteClass) {
            all = new Expression[classCount()];
            e.rawNext = all;
        }
        Expression known = all[byteClass];
        if (known == null) {
            known = switch (e.kind) {
                case AND -> {
                    Expression both = anything;
                    for (Expression part : e.parts) {
                        both = and(both, raw(part, byteClass));
                    }
                    yield both;
                }
                case NOT -> not(raw(e.parts[0], byteClass));
                case AUTOMATON -> {
                    int b = representatives[byteClass];
                    Automaton automaton = e.automaton;
                    yield automaton == null || !automaton.bytes().has(b)
                            ? empty
                            : automaton(automaton, automaton.next(e.low, b));
                }
                case CONCAT -> {
                    Expression first = concat(raw(e.parts[0], byteClass), e.parts[1]);
                    yield nullable(e.parts[0]) ? union(first, raw(e.parts[1], byteClass)) : first;
                }
                case UNION -> {
                    List<Expression> parts = new ArrayList<>();
                    for (Expression part : e.parts) {
                        parts.add(raw(part, byteClass));
                    }
                    yield union(parts);
                }
                case REPEAT -> concat(raw(e.parts[0], byteClass), oneLess(e));
                default -> next(e, byteClass);
            };
            all[byteClass] = known;
        }
        return known;
    }

    /**
     * Whether any text is in it.
     *
     * @param e without calls
     * @return true if there is one
     * @throws GrammarException if that takes too long to find out
     */
    public boolean isAlive(Expression e) {
        if (!e.veiled) {
            return !e.isEmpty();
        }
        if (e.alive < 0) {
            search(e);
        }
        return e.alive == 1;
    }

    /** Looks for a text, the shortest first; all expressions on the way to it are alive with it. */
    private void search(Expression start) {
        Map<Expression, @Nullable Expression> cameFrom = new LinkedHashMap<>();
        ArrayDeque<Expression> open = new ArrayDeque<>();
        cameFrom.put(start, null);
        open.add(start);
        while (!open.isEmpty()) {
            Expression e = open.poll();
            if (e.alive == 1 || nullable(e) || (!e.veiled && !e.isEmpty())) {
                for (Expression on = e; on != null; on = cameFrom.get(on)) {
                    on.alive = 1;
                }
                return;
            }
            if (e.alive == 0 || e.isEmpty()) {
                continue;
            }
            if (cameFrom.size() > MOST_SEARCHED) {
                throw new GrammarException(
                        "It takes too long to find out whether any text fits all patterns and lengths at"
                                + " once: make them simpler.");
            }
            int count = classCount();
            for (int c = 0; c < count; c++) {
                Expression rest = raw(e, c);
                if (!cameFrom.containsKey(rest)) {
                    cameFrom.put(rest, e);
                    open.add(rest);
                }
            }
        }
        cameFrom.keySet().forEach(each -> each.alive = 0);
    }

    /**
     * Whether a text is in it.
     *
     * @param e without calls
     * @param text any text
     * @return true if it is
     */
    public boolean matches(Expression e, String text) {
        Expression rest = e;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            rest = raw(rest, classes()[b & 0xff]);
        }
        return nullable(rest);
    }

    /** The rules that are called at the beginning, with what is left after each. */
    Expression.Calls[] calls(Expression e) {
        Expression.Calls[] known = e.calls;
        if (known == null) {
            Map<Integer, Expression> found = new LinkedHashMap<>();
            collect(e, epsilon, found);
            known = found.entrySet().stream().map(each -> new Expression.Calls(each.getKey(), each.getValue()))
                    .toArray(Expression.Calls[]::new);
            e.calls = known;
        }
        return known;
    }

    private void collect(Expression e, Expression rest, Map<Integer, Expression> found) {
        Expression at = e;
        Expression after = rest;
        while (at.calling) {
            switch (at.kind) {
                case CALL -> {
                    Expression whole = after;
                    found.merge(at.low, whole, this::union);
                    return;
                }
                case CONCAT -> {
                    collect(at.parts[0], concat(at.parts[1], after), found);
                    if (!nullable(at.parts[0])) {
                        return;
                    }
                    at = at.parts[1];
                }
                case UNION -> {
                    for (Expression part : at.parts) {
                        collect(part, after, found);
                    }
                    return;
                }
                case REPEAT -> {
                    after = concat(oneLess(at), after);
                    at = at.parts[0];
                }
                default -> {
                    return;
                }
            }
        }
    }
}
