/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.Machine;
import dev.millrace.grammar.machine.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A grammar in tests, byte by byte. */
public final class Walker {

    private final Machine machine;

    public Walker(Grammar grammar) {
        machine = new Machine(grammar);
    }

    public static Walker of(Object schema) {
        return grammar(grammar -> SchemaGrammar.of(schema, grammar, Notation.json(grammar.expressions(), List.of())));
    }

    public static Walker grammar(Function<Grammar, Expression> source) {
        return new Walker(made(source));
    }

    public static Grammar made(Function<Grammar, Expression> source) {
        Grammar grammar = new Grammar(new Expressions(500_000));
        grammar.start(source.apply(grammar));
        return grammar;
    }

    public boolean accepts(String text) {
        @Nullable
        State state = machine.start();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            state = machine.next(state, b & 0xff);
            if (state == null) {
                return false;
            }
        }
        return state.isAccepting();
    }

    /** Whether it allows a value, with its members in some order. */
    public boolean writes(JsonNode value) {
        return writes(machine.start(), value, State::isAccepting);
    }

    private boolean writes(State from, JsonNode value, Predicate<State> then) {
        if (value.isArray()) {
            return text(from, "[", inside -> items(inside, value, 0, then));
        }
        if (value.isObject()) {
            return text(from, "{", inside -> members(inside, value, new LinkedHashSet<>(), then));
        }
        return text(from, Instances.spellings(value).getFirst(), then);
    }

    private boolean items(State from, JsonNode array, int index, Predicate<State> then) {
        if (index == array.size()) {
            return text(from, "]", then);
        }
        return text(from, index == 0 ? "" : ",",
                at -> writes(at, array.get(index), after -> items(after, array, index + 1, then)));
    }

    private boolean members(State from, JsonNode object, Set<String> done, Predicate<State> then) {
        if (done.size() == object.size()) {
            return text(from, "}", then);
        }
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            if (done.contains(member.getKey())) {
                continue;
            }
            Set<String> now = new LinkedHashSet<>(done);
            now.add(member.getKey());
            String name = Instances.spellings(TextNode.valueOf(member.getKey())).getFirst();
            if (text(from, (done.isEmpty() ? "" : ",") + name + ":",
                    at -> writes(at, member.getValue(), after -> members(after, object, now, then)))) {
                return true;
            }
        }
        return false;
    }

    private boolean text(State from, String text, Predicate<State> then) {
        @Nullable
        State state = from;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            state = machine.next(state, b & 0xff);
            if (state == null) {
                return false;
            }
        }
        return then.test(state);
    }

    /** A random text: any byte that is allowed, likelier an end the longer it gets. */
    public String walk(Random random, int enough) {
        State state = machine.start();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<Integer> ways = new ArrayList<>();
        while (true) {
            ways.clear();
            int closing = 0;
            for (int b = 0; b < 256; b++) {
                if (machine.next(state, b) != null) {
                    ways.add(b);
                    if ("\"}],:".indexOf(b) >= 0) {
                        closing++;
                    }
                }
            }
            if (state.isAccepting() && (ways.isEmpty() || random.nextInt(4) == 0 || out.size() > enough)) {
                return out.toString(StandardCharsets.UTF_8);
            }
            if (out.size() > 40 * enough) {
                return "";
            }
            int pick = ways.get(random.nextInt(ways.size()));
            if (closing > 0 && (random.nextInt(3) == 0 || out.size() > enough)) {
                for (int b : "\"}],:".getBytes(StandardCharsets.US_ASCII)) {
                    if (ways.contains(b)) {
                        pick = b;
                        break;
                    }
                }
            }
            out.write(pick);
            state = Objects.requireNonNull(machine.next(state, pick));
        }
    }
}
