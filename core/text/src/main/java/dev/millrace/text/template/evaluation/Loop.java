/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.evaluation;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Attributed;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Comparisons;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Sized;
import dev.millrace.text.template.value.Undefined;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. */
final class Loop implements Attributed, Callable, Sized {

    /** Runs the loop again over other elements, one level deeper. */
    @FunctionalInterface
    interface Recursion {
        MarkedText run(Object over, int depth);
    }

    private static final Map<String, Builtin> METHODS = Map.of("cycle",
            (run, loop, arguments) -> ((Loop) loop).cycle(arguments),
            "changed", (run, loop, arguments) -> ((Loop) loop).changed(run, arguments));

    private final List<Object> elements;
    private final int depth;
    private final @Nullable Recursion recursion;
    private int index;
    private @Nullable List<Object> before;

    Loop(List<Object> elements, int depth, @Nullable Recursion recursion) {
        this.elements = elements;
        this.depth = depth;
        this.recursion = recursion;
    }

    void at(int element) {
        index = element;
    }

    @Override
    public int length() {
        return elements.size();
    }

    @Override
    public String type() {
        return "LoopContext";
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) elements.size() - index;
            case "revindex0" -> elements.size() - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == elements.size() - 1;
            case "length" -> (long) elements.size();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> index > 0 ? elements.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index + 1 < elements.size()
                    ? elements.get(index + 1)
                    : new Undefined("there is no next item");
            default -> {
                Builtin method = METHODS.get(name);
                yield method == null ? null : new Callable.Function("method", method, this);
            }
        };
    }

    private Object cycle(Arguments arguments) {
        List<Object> values = arguments.positional();
        if (values.isEmpty()) {
            throw TemplateException.of("no items for cycling given");
        }
        return values.get(index % values.size());
    }

    private Object changed(Interpreter run, Arguments arguments) {
        List<Object> now = arguments.positional();
        boolean changed = before == null || !Comparisons.equal(before, now, run.budget());
        before = now;
        return changed;
    }

    @Override
    public Object call(Interpreter run, Arguments arguments) {
        if (recursion == null) {
            throw TemplateException.of("The loop must have the 'recursive' marker to be called recursively.");
        }
        return recursion.run(arguments.only("iterable").need(0, "iterable"), depth + 1);
    }
}
