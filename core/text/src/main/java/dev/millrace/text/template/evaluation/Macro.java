/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.evaluation;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Statement.MacroCode;
import dev.millrace.text.template.syntax.Statement.Parameter;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Attributed;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Undefined;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A macro with the scope in which it was defined. */
final class Macro implements Callable, Attributed {

    /** Runs the statements of the macro. */
    @FunctionalInterface
    interface Body {
        MarkedText run(Scope scope);
    }

    private final MacroCode code;
    private final Scope scope;
    private final Evaluator evaluator;
    private final Body body;

    Macro(MacroCode code, Scope scope, Evaluator evaluator, Body body) {
        this.code = code;
        this.scope = scope;
        this.evaluator = evaluator;
        this.body = body;
    }

    @Override
    public String type() {
        return "Macro";
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "name" -> MarkedText.trusted(code.name());
            case "arguments" ->
                new Tuple(code.parameters().stream().map(p -> (Object) MarkedText.trusted(p.name())).toList());
            case "catch_kwargs" -> code.implicit().contains("kwargs");
            case "catch_varargs" -> code.implicit().contains("varargs");
            case "caller" -> code.implicit().contains("caller");
            default -> null;
        };
    }

    @Override
    public Object call(Interpreter run, Arguments arguments) {
        run.budget().enter();
        Scope inner = new Scope(scope);
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        bindParameters(arguments.positional(), named, inner);
        bindImplicit(arguments.positional(), named, inner);
        MarkedText text = body.run(inner);
        run.budget().leave();
        return text;
    }

    private void bindParameters(List<Object> positional, Map<String, Object> named, Scope inner) {
        for (int i = 0; i < code.parameters().size(); i++) {
            Parameter parameter = code.parameters().get(i);
            Object value = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
            if (value == null) {
                value = parameter.preset() != null
                        ? evaluator.evaluate(parameter.preset(), inner)
                        : new Undefined("parameter '" + parameter.name() + "' was not provided");
            }
            inner.set(parameter.name(), value);
        }
    }

    private void bindImplicit(List<Object> positional, Map<String, Object> named, Scope inner) {
        if (code.implicit().contains("caller") && !inner.declares("caller")) {
            Object caller = named.remove("caller");
            inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
        }
        if (code.implicit().contains("kwargs")) {
            Dict rest = new Dict();
            named.forEach((name, value) -> rest.put(MarkedText.trusted(name), value));
            inner.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw TemplateException.of("macro '" + code.name() + "' takes no keyword argument '"
                    + named.keySet().iterator().next() + "'");
        }
        int known = code.parameters().size();
        if (code.implicit().contains("varargs")) {
            inner.set("varargs",
                    new Tuple(List.copyOf(positional.subList(Math.min(known, positional.size()), positional.size()))));
        } else if (positional.size() > known) {
            throw TemplateException.of("macro '" + code.name() + "' takes not more than " + known + " argument(s)");
        }
    }
}
