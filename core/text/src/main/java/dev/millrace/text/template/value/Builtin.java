/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** A filter, a test, a function or a method of the language. */
@FunctionalInterface
public interface Builtin {

    /**
     * Calls it.
     *
     * @param run the rendering that asks
     * @param value what is filtered or tested, or whose method it is
     * @param arguments what stands in the parentheses
     */
    Object apply(Interpreter run, Object value, Arguments arguments);
}
