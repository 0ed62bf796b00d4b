/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Lazy;
import dev.millrace.text.template.value.Namespace;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Functions that every template finds: Jinja2's and those of transformers. */
public final class Functions {

    /** As Jinja2's sandbox has it. */
    private static final int MAX_RANGE = 100_000;

    public static final Map<String, Callable> TABLE = Map.of(
            "range", function((run, value, arguments) -> range(run, arguments)),
            "namespace", function((run, value, arguments) -> namespace(run, arguments)),
            "dict", function((run, value, arguments) -> dict(run, arguments)),
            "cycler", function((run, value, arguments) -> new Cycler(arguments.positional())),
            "joiner", function((run, value, arguments) -> new Joiner(arguments.only("sep").text(0, "sep", ", "))),
            "raise_exception", function((run, value, arguments) -> {
                throw TemplateException
                        .refusal(Printer.text(arguments.only("message").need(0, "message"), run.budget()).text(), 0);
            }),
            "strftime_now", function((run, value, arguments) -> MarkedText
                    .trusted(Strftime.format(run.clock(), arguments.only("format").text(0, "format").text(),
                            run.budget()))));

    private Functions() {
    }

    private static Callable function(Builtin body) {
        return new Callable.Function("function", body, None.NONE);
    }

    private static Object range(Interpreter run, Arguments arguments) {
        List<Object> bounds = arguments.positional();
        if (bounds.isEmpty() || bounds.size() > 3 || !arguments.named().isEmpty()) {
            throw TemplateException.of("range expected 1 to 3 arguments, got " + bounds.size());
        }
        long start = bounds.size() == 1 ? 0 : Numbers.index(bounds.get(0));
        long stop = Numbers.index(bounds.get(bounds.size() == 1 ? 0 : 1));
        long step = bounds.size() == 3 ? Numbers.index(bounds.get(2)) : 1;
        if (step == 0) {
            throw TemplateException.of("range() arg 3 must not be zero");
        }
        long size = Math.max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
        if (size > MAX_RANGE) {
            throw TemplateException
                    .of("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MAX_RANGE + ").");
        }
        run.budget().elements(size);
        List<Object> items = new ArrayList<>((int) size);
        for (long i = 0; i < size; i++) {
            items.add(start + i * step);
        }
        return new Lazy.Range(start, stop, step, items);
    }

    private static Object namespace(Interpreter run, Arguments arguments) {
        Namespace namespace = new Namespace();
        for (Dict.Entry entry : ((Dict) dict(run, arguments)).entries()) {
            namespace.set(Values.text(entry.key()).text(), entry.value());
        }
        return namespace;
    }

    private static Object dict(Interpreter run, Arguments arguments) {
        Dict out = new Dict();
        if (arguments.positional().size() > 1) {
            throw TemplateException.of("dict expected at most 1 argument, got " + arguments.positional().size());
        }
        if (!arguments.positional().isEmpty()) {
            Object from = arguments.positional().getFirst();
            if (from instanceof Dict dict) {
                run.budget().elements(dict.size());
                dict.entries().forEach(entry -> out.put(entry.key(), entry.value()));
            } else {
                for (Object pair : Values.elements(from, run.budget())) {
                    List<Object> parts = Values.elements(pair, run.budget());
                    if (parts.size() != 2) {
                        throw TemplateException.of("a pair for a dict has " + parts.size() + " elements");
                    }
                    run.budget().elements(1);
                    out.put(parts.get(0), parts.get(1));
                }
            }
        }
        run.budget().elements(arguments.named().size());
        arguments.named().forEach((name, value) -> out.put(MarkedText.trusted(name), value));
        return out;
    }
}
