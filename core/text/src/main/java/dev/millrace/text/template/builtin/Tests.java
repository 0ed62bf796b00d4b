/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.string.TextMethods;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Comparisons;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Lazy;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What may stand behind {@code is}. */
public final class Tests {

    public static final Map<String, Builtin> TABLE = table();

    private Tests() {
    }

    /** A test that looks at its value alone. */
    @FunctionalInterface
    private interface Kind {
        boolean of(Object value);
    }

    private static Map<String, Builtin> table() {
        Map<String, Builtin> table = new HashMap<>();
        Map<String, Kind> kinds = Map.ofEntries(
                Map.entry("defined", value -> !(value instanceof Undefined)),
                Map.entry("undefined", value -> value instanceof Undefined),
                Map.entry("none", value -> value == None.NONE),
                Map.entry("boolean", value -> value instanceof Boolean),
                Map.entry("true", value -> value instanceof Boolean b && b),
                Map.entry("false", value -> value instanceof Boolean b && !b),
                Map.entry("integer", value -> Numbers.isInteger(value) && !(value instanceof Boolean)),
                Map.entry("float", value -> value instanceof Double),
                Map.entry("number", Numbers::isNumber),
                Map.entry("string", value -> value instanceof MarkedText),
                Map.entry("mapping", value -> value instanceof Dict),
                Map.entry("sequence",
                        value -> value instanceof MarkedText || value instanceof List<?> || value instanceof Tuple
                                || value instanceof Dict || value instanceof Lazy.Range || value instanceof Undefined),
                Map.entry("iterable", Tests::isIterable),
                Map.entry("callable", value -> value instanceof Callable || value instanceof Undefined),
                Map.entry("odd", value -> Numbers.compare(modulo(value, 2L), 1L) == 0),
                Map.entry("even", value -> Numbers.compare(modulo(value, 2L), 0L) == 0),
                Map.entry("escaped", value -> value instanceof MarkedText text && text.isMarkup()));
        kinds.forEach((name, kind) -> table.put(name, (run, value, arguments) -> {
            arguments.only();
            return kind.of(value);
        }));
        table.put("upper", (run, value, arguments) -> cased(run, value, "isupper"));
        table.put("lower", (run, value, arguments) -> cased(run, value, "islower"));
        table.put("divisibleby",
                (run, value,
                        arguments) -> Numbers.compare(modulo(value, arguments.only("num").need(0, "num")), 0L) == 0);
        table.put("sameas", (run, value, arguments) -> same(value, arguments.only("other").need(0, "other")));
        table.put("filter",
                (run, value, arguments) -> value instanceof MarkedText name && Filters.TABLE.containsKey(name.text()));
        table.put("test",
                (run, value, arguments) -> value instanceof MarkedText name && Tests.TABLE.containsKey(name.text()));
        compares(table, "==", "eq", "equalto", "==");
        compares(table, "!=", "ne", "!=");
        compares(table, "<", "lt", "lessthan", "<");
        compares(table, "<=", "le", "<=");
        compares(table, ">", "gt", "greaterthan", ">");
        compares(table, ">=", "ge", ">=");
        compares(table, "in", "in");
        return Map.copyOf(table);
    }

    static boolean isIterable(Object value) {
        return value instanceof MarkedText || value instanceof List<?> || value instanceof Tuple
                || value instanceof Dict
                || value instanceof Lazy || value instanceof Undefined;
    }

    private static void compares(Map<String, Builtin> table, String operator, String... names) {
        for (String name : names) {
            table.put(name,
                    (run, value, arguments) -> Comparisons.holds(operator, value,
                            arguments.only("other").need(0, "other"), run.budget()));
        }
    }

    private static Object modulo(Object value, Object divisor) {
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        if (!Numbers.isNumber(value) || !Numbers.isNumber(divisor)) {
            throw TemplateException.of("unsupported operand type(s) for %: '" + Types.of(value) + "' and '"
                    + Types.of(divisor) + "'");
        }
        return Numbers.arithmetic("%", value, divisor);
    }

    private static Object cased(Interpreter run, Object value, String method) {
        Object bound = TextMethods.find(Printer.text(value, run.budget()), method);
        return bound == null ? false : run.call(bound, Arguments.NONE);
    }

    @SuppressWarnings("ReferenceEquality") // identity is what the test asks for; constants of Python are one object each
    private static boolean same(Object a, Object b) {
        boolean constant = a instanceof Long || a instanceof Boolean || a instanceof MarkedText;
        return a == b || (constant && a.equals(b));
    }
}
