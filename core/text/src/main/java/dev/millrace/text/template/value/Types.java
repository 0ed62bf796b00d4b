/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import java.math.BigInteger;
import java.util.List;

/** Python's names of types. */
public final class Types {

    private Types() {
    }

    /** What Python calls the type of a value. */
    public static String of(Object value) {
        return switch (value) {
            case MarkedText text -> text.isMarkup() ? "Markup" : "str";
            case Boolean truth -> "bool";
            case Long number -> "int";
            case BigInteger number -> "int";
            case Double number -> "float";
            case List<?> list -> "list";
            case Typed typed -> typed.type();
            default -> throw new IllegalStateException("No value of a template: " + value.getClass());
        };
    }
}
