/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import dev.millrace.grammar.machine.Expression.Calls;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs a grammar over bytes. What may come next is a {@link State}; a byte leads to another one or to none. States are made when
 * they are first reached, once for each content, so that a place that was seen before costs one look into a table. Where several
 * rules are open at once they are followed together, in polynomial time.
 *
 * <p>
 * A state from which no text could come to its end does not exist. Safe for use from several threads only under one lock.
 */
@SuppressWarnings("ReferenceEquality") // equal frames and states are the same object
public final class Machine {

    private static final int MOST_STATES = 8_000;
    private static final int MOST_EXPRESSIONS = 30_000;
    private static final int MOST_ITEMS = 10_000;

    private final Grammar grammar;
    private final Expressions expressions;
    private final int[] rank;
    private final int[] classes;
    private final int classCount;
    private final Frame root;
    private Map<State, State> states = new HashMap<>();
    private Map<Frame, Frame> frames = new HashMap<>();
    private int frameCount;
    private int epoch;
    private State start;
    private long made;

    /**
     * A machine for a grammar, which is not changed from now on.
     *
     * @param grammar with all its rules
     * @throws GrammarException if the grammar is not whole, or no text fits it
     */
    public Machine(Grammar grammar) {
        this.grammar = grammar;
        this.expressions = grammar.expressions();
        this.rank = grammar.finish();
        this.classes = expressions.classes().clone();
        this.classCount = expressions.classCount();
        this.root = new Frame(frameCount++, new Expression[0], new Frame[0]);
        this.start = first();
    }

    private State first() {
        SortedMap<Integer, Item> items = new TreeMap<>();
        put(items, root, grammar.start());
        State state = close(items);
        if (state == null) {
            throw new GrammarException("No text fits the grammar.");
        }
        return state;
    }

    /**
     * Before the first byte.
     *
     * @return the first state
     */
    public State start() {
        return start;
    }

    /**
     * How many states were made since the machine was.
     *
     * @return 1 or more
     */
    public long statesMade() {
        return made;
    }

    /**
     * The state after a byte.
     *
     * @param state a state of this machine that {@link #current} has confirmed since the last call of {@link #trim}
     * @param b 0 to 255
     * @return null if the byte is not allowed
     */
    public @Nullable State next(State state, int b) {
        int c = classes[b];
        State known = state.next[c];
        if (known == null) {
            known = step(state, c);
            state.next[c] = known == null ? DEAD : known;
        }
        return known == DEAD ? null : known;
    }

    /**
     * The only byte that may come next.
     *
     * @param state as for {@link #next}
     * @return 0 to 255, or -1 if there are several or none, or the text may end
     */
    public int only(State state) {
        if (state.only == State.UNKNOWN) {
            int found = -1;
            for (int b = 0; b < 256 && !state.accepting; b++) {
                if (next(state, b) != null) {
                    if (found >= 0) {
                        found = -1;
                        break;
                    }
                    found = b;
                }
            }
            state.only = found;
        }
        return state.only;
    }

    /** Stands in tables where there is no state. */
    private static final State DEAD = new State(new Expression[0], new Frame[0], false, 0, 0);

    /**
     * Throws away what was worked out, if that has become much.
     *
     * @return whether it was; states are valid on, once {@link #current} was asked
     */
    public boolean trim() {
        if (states.size() < MOST_STATES && expressions.size() < grammarSize() + MOST_EXPRESSIONS) {
            return false;
        }
        epoch++;
        broad.clear();
        states = new HashMap<>();
        frames = new HashMap<>();
        expressions.forget(grammar.roots());
        start = first();
        return true;
    }

    private int grammarSize = -1;

    private int grammarSize() {
        if (grammarSize < 0) {
            grammarSize = expressions.size();
        }
        return grammarSize;
    }

    /**
     * The same place after {@link #trim}.
     *
     * @param state a state of this machine
     * @return that state, or its successor
     */
    public State current(State state) {
        return state.epoch == epoch ? state : intern(state.expressions, state.frames, state.accepting);
    }

    /**
     * What a text of a state may begin with however it goes on, if that is a long run of the same thing.
     *
     * @param state a state
     * @return a repetition without calls, or null
     */
    public @Nullable Run run(State state) {
        for (Expression e : state.expressions) {
            Expression head = e.leadingRepetition();
            if (head != null && !head.calling && !head.veiled && isBroad(head.parts[0])) {
                return new Run(head.parts[0].structure(), head.parts[0], head.high);
            }
        }
        return null;
    }

    /**
     * A run.
     *
     * @param key how one of it is built, the same in several grammars
     * @param each one of it
     * @param most how many there may be
     */
    public record Run(String key, Expression each, int most) {
    }

    /**
     * Whether a state allows one thing often enough, and counts it: then bytes that are one such thing change nothing but the count,
     * and what may follow behind the run is the same at each place of it.
     *
     * @param state a state
     * @param each that thing
     * @param most how many bytes of it are looked at
     * @param ones the bytes that are one such thing
     * @return true if that is sure
     */
    public boolean countsAlong(State state, Expression each, int most, boolean[] ones) {
        if (state.expressions.length != 1) {
            return false;
        }
        Expression e = state.expressions[0];
        Expression head = e.leadingRepetition();
        if (head == null || head.parts[0] != each || head.low != 0 || head.high < most
                || head.high == Expression.UNBOUNDED) {
            return false;
        }
        Expression rest = e == head ? expressions.epsilon() : e.parts[1];
        Expression one = expressions.concat(expressions.repeat(each, 0, head.high - 1), rest);
        for (int b = 0; b < ones.length; b++) {
            if (ones[b]) {
                State next = next(state, b);
                if (next == null || next.expressions.length != 1 || next.expressions[0] != one
                        || next.frames[0] != state.frames[0]) {
                    return false;
                }
            }
        }
        return true;
    }

    private final Map<Expression, Boolean> broad = new HashMap<>();

    /** Whether most ASCII characters may stand in it. */
    private boolean isBroad(Expression e) {
        return broad.computeIfAbsent(e, each -> {
            int count = 0;
            for (int b = 32; b < 127; b++) {
                count += expressions.next(each, classes[b]).isEmpty() ? 0 : 1;
            }
            return count > 60;
        });
    }

    /**
     * A state that allows one thing again and again.
     *
     * @param each without calls
     * @return a state without an end
     */
    public State repetition(Expression each) {
        Expression all = expressions.repeat(each, 0, Expression.UNBOUNDED);
        return intern(new Expression[]{all}, new Frame[]{root}, true);
    }

    // ---- one byte further

    private static final class Item {
        final Frame frame;
        Expression expression;

        Item(Frame frame, Expression expression) {
            this.frame = frame;
            this.expression = expression;
        }
    }

    /** Whether that says something new. */
    private boolean put(SortedMap<Integer, Item> items, Frame frame, Expression e) {
        Item item = items.get(frame.id);
        if (item == null) {
            if (items.size() >= MOST_ITEMS) {
                throw new GrammarException("The grammar leaves more than " + MOST_ITEMS
                        + " ways open at one place: make it simpler.");
            }
            items.put(frame.id, new Item(frame, e));
            return true;
        }
        Expression both = expressions.union(item.expression, e);
        boolean more = both != item.expression;
        item.expression = both;
        return more;
    }

    private @Nullable State step(State state, int c) {
        if (state.frames.length == 1) {
            // the usual case: inside one rule, no other one begins or ends
            Expression rest = expressions.next(state.expressions[0], c);
            if (rest.isEmpty()) {
                return null;
            }
            boolean whole = expressions.nullable(rest);
            if (!rest.calling && (!whole || state.frames[0] == root)) {
                return intern(new Expression[]{rest}, state.frames, whole);
            }
        }
        SortedMap<Integer, Item> items = new TreeMap<>();
        for (int i = 0; i < state.frames.length; i++) {
            Expression rest = expressions.next(state.expressions[i], c);
            if (!rest.isEmpty()) {
                put(items, state.frames[i], rest);
            }
        }
        return close(items);
    }

    /** Ends the rules that may end, and begins those that are called. */
    private @Nullable State close(SortedMap<Integer, Item> items) {
        if (items.isEmpty()) {
            return null;
        }
        end(items);
        begin(items);
        // a rule that has nothing left but its end goes on in its callers alone
        items.values().removeIf(item -> item.expression.isEpsilon() && item.frame != root);
        Expression[] rests = new Expression[items.size()];
        Frame[] where = new Frame[items.size()];
        int i = 0;
        boolean accepting = false;
        for (Item item : items.values()) {
            rests[i] = item.expression;
            where[i++] = item.frame;
            accepting |= item.frame == root && expressions.nullable(item.expression);
        }
        return intern(rests, where, accepting);
    }

    private void end(SortedMap<Integer, Item> items) {
        ArrayDeque<Item> open = new ArrayDeque<>(items.values());
        while (!open.isEmpty()) {
            Item item = open.poll();
            if (item.frame == root || !expressions.nullable(item.expression)) {
                continue;
            }
            for (int i = 0; i < item.frame.callers.length; i++) {
                Frame caller = item.frame.callers[i];
                if (put(items, caller, item.frame.rests[i])) {
                    Item changed = items.get(caller.id);
                    if (changed != null) {
                        open.add(changed);
                    }
                }
            }
        }
    }

    private void begin(SortedMap<Integer, Item> items) {
        NavigableMap<Integer, SortedMap<Integer, Item>> called = new TreeMap<>();
        int[] rules = new int[rank.length];
        for (Item item : List.copyOf(items.values())) {
            call(item.expression, item.frame, called, rules);
        }
        while (!called.isEmpty()) {
            Map.Entry<Integer, SortedMap<Integer, Item>> first = called.pollFirstEntry();
            Frame frame = frame(first.getValue());
            Expression body = grammar.body(rules[first.getKey()]);
            put(items, frame, body);
            call(body, frame, called, rules);
        }
    }

    private void call(Expression e, Frame frame, NavigableMap<Integer, SortedMap<Integer, Item>> called, int[] rules) {
        if (!e.calling) {
            return;
        }
        for (Calls call : expressions.calls(e)) {
            int place = rank[call.rule()];
            rules[place] = call.rule();
            SortedMap<Integer, Item> callers = called.computeIfAbsent(place, key -> new TreeMap<>());
            if (call.rest().isEpsilon() && frame != root) {
                // nothing is left to do here: it goes on where this rule would
                for (int i = 0; i < frame.callers.length; i++) {
                    put(callers, frame.callers[i], frame.rests[i]);
                }
            } else {
                put(callers, frame, call.rest());
            }
        }
    }

    private Frame frame(SortedMap<Integer, Item> callers) {
        List<Expression> rests = new ArrayList<>();
        List<Frame> where = new ArrayList<>();
        for (Item item : callers.values()) {
            rests.add(item.expression);
            where.add(item.frame);
        }
        Frame fresh = new Frame(frameCount, rests.toArray(Expression[]::new), where.toArray(Frame[]::new));
        Frame old = frames.putIfAbsent(fresh, fresh);
        if (old != null) {
            return old;
        }
        frameCount++;
        return fresh;
    }

    private State intern(Expression[] rests, Frame[] where, boolean accepting) {
        State fresh = new State(rests, where, accepting, epoch, classCount);
        State old = states.putIfAbsent(fresh, fresh);
        if (old != null) {
            return old;
        }
        made++;
        return fresh;
    }
}
