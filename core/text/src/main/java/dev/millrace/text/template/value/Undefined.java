/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;

/**
 * What a missing name, key or attribute gives: it prints as nothing, is false and empty, and fails on any other use.
 *
 * @param problem the failure
 */
public record Undefined(String problem) implements Typed {

    private static final int MAX_NAME = 200;

    public static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    public static Undefined attribute(Object of, String name) {
        String shown = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name;
        return new Undefined("'" + owner(of) + "' has no attribute " + Characters.quoted(shown));
    }

    public static Undefined element(Object of, Object key) {
        return key instanceof MarkedText name
                ? attribute(of, name.text())
                : new Undefined(owner(of) + " has no element " + (key instanceof Number ? key : "of that key"));
    }

    /** What the sandbox of transformers does not let templates read. */
    public static Undefined unsafe(Object of, String name) {
        return new Undefined("access to attribute " + Characters.quoted(name) + " of " + Characters.quoted(Types.of(of))
                + " object is unsafe.");
    }

    private static String owner(Object of) {
        return of == None.NONE ? "None" : Types.of(of) + " object";
    }

    public TemplateException failure() {
        return TemplateException.of(problem);
    }

    @Override
    public String type() {
        return "Undefined";
    }
}
