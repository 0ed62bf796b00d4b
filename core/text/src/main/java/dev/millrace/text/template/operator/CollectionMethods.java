/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.operator;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Comparisons;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Lazy;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Methods of Python's {@code dict}, {@code list} and {@code tuple} that change nothing. The others do not exist for templates. */
final class CollectionMethods {

    private static final Set<String> UNSAFE_DICT = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> UNSAFE_LIST = Set.of("append", "extend", "insert", "pop", "remove", "clear",
            "reverse",
            "sort");

    private static final Map<String, Builtin> DICT = Map.of(
            "get", (run, dict, arguments) -> {
                Object found = ((Dict) dict).get(arguments.only("key", "default").need(0, "key"));
                return found == null ? arguments.get(1, "default", None.NONE) : found;
            },
            "items", (run, dict, arguments) -> view(run, "dict_items", dict, ((Dict) dict).items()),
            "keys", (run, dict, arguments) -> view(run, "dict_keys", dict, ((Dict) dict).keys()),
            "values", (run, dict, arguments) -> view(run, "dict_values", dict, ((Dict) dict).values()),
            "copy", (run, dict, arguments) -> dict);

    private static final Map<String, Builtin> LIST = Map.of(
            "index", (run, list, arguments) -> index(run, list, arguments),
            "count", (run, list, arguments) -> {
                Object sought = arguments.only("value").need(0, "value");
                return Values.elements(list, run.budget()).stream()
                        .filter(item -> Comparisons.equal(item, sought, run.budget()))
                        .count();
            },
            "copy", (run, list, arguments) -> list);

    private CollectionMethods() {
    }

    /** The method, bound to its object, or null if there is none of that name. */
    static @Nullable Object find(Object of, String name) {
        Builtin method = switch (of) {
            case Dict dict -> DICT.get(name);
            case Tuple tuple -> name.equals("copy") ? null : LIST.get(name);
            default -> LIST.get(name);
        };
        if (method != null) {
            return new Callable.Function("builtin_function_or_method", method, of);
        }
        boolean unsafe = of instanceof Dict
                ? UNSAFE_DICT.contains(name)
                : of instanceof List<?> && UNSAFE_LIST.contains(name);
        return unsafe ? Undefined.unsafe(of, name) : null;
    }

    private static Object view(Interpreter run, String type, Object dict, List<Object> items) {
        run.budget().elements(((Dict) dict).size());
        return new Lazy.View(type, items);
    }

    private static Object index(Interpreter run, Object list, Arguments arguments) {
        Object sought = arguments.only("value").need(0, "value");
        List<Object> items = Values.elements(list, run.budget());
        for (int i = 0; i < items.size(); i++) {
            if (Comparisons.equal(items.get(i), sought, run.budget())) {
                return (long) i;
            }
        }
        throw TemplateException.of(Printer.repr(sought, run.budget()).text() + " is not in list");
    }
}
