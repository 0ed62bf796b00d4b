/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.operator.Subscripts;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All filters by name: the tables for text, sequences and numbers, and the filters for single values. */
public final class Filters {

    public static final Map<String, Builtin> TABLE = table();

    private Filters() {
    }

    private static Map<String, Builtin> table() {
        Map<String, Builtin> table = new HashMap<>(TextFilters.TABLE);
        table.putAll(SequenceFilters.TABLE);
        table.putAll(NumberFilters.TABLE);
        table.put("default", Filters::preset);
        table.put("d", Filters::preset);
        table.put("tojson", Filters::json);
        table.put("attr",
                (run, value, arguments) -> {
                    String name = arguments.only("name").text(0, "name").text();
                    Object found = Subscripts.member(value, name);
                    return found == null ? Undefined.attribute(value, name) : found;
                });
        return Map.copyOf(table);
    }

    private static Object preset(Interpreter run, Object value, Arguments arguments) {
        arguments.only("default_value", "boolean");
        boolean missing = value instanceof Undefined || (arguments.flag(1, "boolean", false) && !Values.truth(value));
        return missing ? arguments.get(0, "default_value", MarkedText.EMPTY) : value;
    }

    /** As transformers has it: no keys sorted, no HTML escaped, other characters as they are. */
    private static Object json(Interpreter run, Object value, Arguments arguments) {
        arguments.only("ensure_ascii", "indent", "separators", "sort_keys");
        Object indent = arguments.get(1, "indent", None.NONE);
        String level = null;
        if (indent instanceof MarkedText text) {
            level = text.text();
        } else if (indent != None.NONE) {
            int width = Math.max(0, Numbers.index(indent));
            run.budget().characters(width);
            level = " ".repeat(width);
        }
        String between = level == null ? ", " : ",";
        String behindKey = ": ";
        Object separators = arguments.get(2, "separators", None.NONE);
        if (separators != None.NONE) {
            List<Object> parts = Values.elements(separators, run.budget());
            if (parts.size() != 2) {
                throw TemplateException.of("separators must be two strings");
            }
            between = Values.text(parts.get(0)).text();
            behindKey = Values.text(parts.get(1)).text();
        }
        return JsonText.of(value,
                new JsonText.Style(arguments.flag(0, "ensure_ascii", false), level, between, behindKey,
                        arguments.flag(3, "sort_keys", false)),
                run.budget());
    }
}
