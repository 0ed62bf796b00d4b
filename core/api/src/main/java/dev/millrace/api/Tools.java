/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A fixed set of tools: written as tools, offered by providers, or made from methods that carry {@link ToolSpec}.
 *
 * <p>
 * A method becomes a tool like this. Its parameters become the JSON schema: text is a {@code string}; {@code byte} to
 * {@code long} and {@code BigInteger} an {@code integer}; {@code float}, {@code double} and {@code BigDecimal} a
 * {@code number}; an enum a {@code string} with its constants in lower case; arrays, {@code List}, {@code Collection},
 * {@code Iterable} and {@code Set} an {@code array}; records and {@code Map<String, T>} an {@code object};
 * {@code Optional<T>} is a {@code T} that may be left out; {@code Object} takes anything. {@link Param} describes
 * parameters and components of records. A parameter of the type {@link Progress} is no argument: the method tells it how far it is.
 *
 * <p>
 * What the model sends is converted where that is safe: a number that stands in a string, a whole {@code double} for an
 * integer, an enum constant in any case. Everything else, and an unknown or missing argument, becomes a
 * {@link ToolResult#error} which tells the model what was expected and what it gave; the method is not called.
 *
 * <p>
 * What the method returns becomes plain data (see the package description): a record a map in the order of its
 * components, an enum constant its name in lower case, an {@code Optional} its value or null, times, UUIDs and URIs their
 * text. A method that returns a record promises its schema ({@link ToolDefinition#output}). {@code void} becomes
 * {@code {"ok": true}}; a {@link ToolResult} stays as it is. What the method throws reaches the
 * caller of {@link Tool#call} as it is. Methods may be called by several threads at once.
 */
public final class Tools implements ToolProvider {

    private static final Tools NONE = new Tools(List.of());

    private final List<Tool> tools;

    private Tools(List<Tool> tools) {
        this.tools = List.copyOf(tools);
    }

    /**
     * Gathers tools. They keep the order of the sources; those of one object with annotated methods stand in the order of
     * their names, for Java does not tell in which order methods were written.
     *
     * <p>
     * An object with annotated methods gives those methods and nothing else, also if it is a {@link ToolProvider}: a
     * provider may thus answer {@code Tools.of(this).tools()}.
     *
     * @param sources each an object with methods that carry {@link ToolSpec}, of any visibility, its own or inherited; a
     *            {@link Tool}; or a {@link ToolProvider}, which is asked once and now
     * @return the tools
     * @throws IllegalArgumentException if a source is none of these, a parameter has no name or a type that has no schema,
     *             a method is not accessible, or two tools have the same name
     */
    public static Tools of(Object... sources) {
        List<Tool> tools = new ArrayList<>();
        for (Object source : sources) {
            List<Tool> methods = ToolMethod.of(source);
            if (!methods.isEmpty()) {
                tools.addAll(methods);
            } else if (source instanceof Tool tool) {
                tools.add(tool);
            } else if (source instanceof ToolProvider provider) {
                tools.addAll(provider.tools());
            } else {
                throw new IllegalArgumentException(source.getClass().getName()
                        + " is not a tool: implement Tool or ToolProvider, or annotate methods with @ToolSpec.");
            }
        }
        Set<String> names = new HashSet<>();
        for (Tool tool : tools) {
            String name = tool.definition().name();
            if (!names.add(name)) {
                throw new IllegalArgumentException(
                        "Two tools are named " + name + ": give one another name with @ToolSpec(name = ...).");
            }
        }
        return new Tools(tools);
    }

    /**
     * No tools.
     *
     * @return an empty set
     */
    public static Tools none() {
        return NONE;
    }

    @Override
    public List<Tool> tools() {
        return tools;
    }
}
