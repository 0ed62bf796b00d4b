/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.evaluation;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.builtin.Filters;
import dev.millrace.text.template.builtin.Functions;
import dev.millrace.text.template.builtin.Tests;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.operator.Operators;
import dev.millrace.text.template.operator.Subscripts;
import dev.millrace.text.template.syntax.Expression;
import dev.millrace.text.template.syntax.Expression.CallArguments;
import dev.millrace.text.template.syntax.Expression.Operation;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Comparisons;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Slices;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives expressions their values, within a budget. For one rendering. */
public final class Evaluator implements Interpreter {

    private final Budget budget;
    private final Clock clock;

    public Evaluator(Budget budget, Clock clock) {
        this.budget = budget;
        this.clock = clock;
    }

    @Override
    public Budget budget() {
        return budget;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public Object attribute(Object of, String name) {
        return Subscripts.attribute(of, name);
    }

    @Override
    public Object item(Object of, Object key) {
        return Subscripts.item(of, key, budget);
    }

    Object evaluate(Expression expression, Scope scope) {
        budget.enter();
        Object value = switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> name(name.name(), scope);
            case Expression.Attribute attribute ->
                attribute(evaluate(attribute.of(), scope), attribute.name());
            case Expression.Item item ->
                item(evaluate(item.of(), scope), evaluate(item.key(), scope));
            case Expression.Slice slice -> Slices.slice(evaluate(slice.of(), scope), optional(slice.start(), scope),
                    optional(slice.stop(), scope), optional(slice.step(), scope), budget);
            case Expression.Call call -> call(evaluate(call.callee(), scope), arguments(call.arguments(), scope));
            case Expression.Filtered filtered -> filtered(filtered, scope, null);
            case Expression.Tested tested -> test(tested.name(), evaluate(tested.value(), scope),
                    arguments(tested.arguments(), scope));
            case Expression.Arithmetic arithmetic -> arithmetic(arithmetic, scope);
            case Expression.Comparison comparison -> comparison(comparison, scope);
            case Expression.Joined joined -> joined(joined, scope);
            case Expression.AllOf all -> decided(all.parts(), false, scope);
            case Expression.AnyOf any -> decided(any.parts(), true, scope);
            case Expression.Not not -> !Values.truth(evaluate(not.value(), scope));
            case Expression.Negative negative -> Numbers.negative(number(evaluate(negative.value(), scope), "-"));
            case Expression.Positive positive -> positive(number(evaluate(positive.value(), scope), "+"));
            case Expression.Conditional conditional -> conditional(conditional, scope);
            case Expression.ListOf list -> all(list.items(), scope);
            case Expression.TupleOf tuple -> new Tuple(all(tuple.items(), scope));
            case Expression.DictOf dict -> dict(dict, scope);
        };
        budget.leave();
        return value;
    }

    private static Object name(String name, Scope scope) {
        Object value = scope.find(name);
        if (value == null) {
            value = Functions.TABLE.get(name);
        }
        return value == null ? Undefined.name(name) : value;
    }

    private @Nullable Object optional(@Nullable Expression expression, Scope scope) {
        return expression == null ? null : evaluate(expression, scope);
    }

    private List<Object> all(List<Expression> expressions, Scope scope) {
        budget.elements(expressions.size());
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Dict dict(Expression.DictOf dict, Scope scope) {
        budget.elements(dict.pairs().size());
        Dict out = new Dict();
        for (Expression.Pair pair : dict.pairs()) {
            out.put(evaluate(pair.key(), scope), evaluate(pair.value(), scope));
        }
        return out;
    }

    @Override
    public Object call(Object callee, Arguments arguments) {
        return switch (callee) {
            case Callable function -> function.call(this, arguments);
            case Undefined missing -> throw missing.failure();
            default -> throw TemplateException.of("'" + Types.of(callee) + "' object is not callable");
        };
    }

    Arguments arguments(CallArguments written, Scope scope) {
        if (written.isEmpty()) {
            return Arguments.NONE;
        }
        List<Object> positional = new ArrayList<>(all(written.positional(), scope));
        Map<String, Object> named = new LinkedHashMap<>();
        for (Expression.Keyword keyword : written.named()) {
            if (named.put(keyword.name(), evaluate(keyword.value(), scope)) != null) {
                throw TemplateException.of("keyword argument repeated: " + keyword.name());
            }
        }
        if (written.spread() != null) {
            List<Object> spread = Values.elements(evaluate(written.spread(), scope), budget);
            budget.elements(spread.size());
            positional.addAll(spread);
        }
        if (written.spreadNamed() != null) {
            if (!(evaluate(written.spreadNamed(), scope) instanceof Dict dict)) {
                throw TemplateException.of("argument after ** must be a mapping");
            }
            for (Dict.Entry entry : dict.entries()) {
                named.put(Values.text(entry.key()).text(), entry.value());
            }
        }
        return new Arguments(positional, named);
    }

    /** Applies the filters of a block to its body. */
    Object filtered(Expression filters, Scope scope, @Nullable Object body) {
        if (!(filters instanceof Expression.Filtered filtered)) {
            return evaluate(filters, scope);
        }
        budget.enter();
        Expression inner = filtered.value();
        Object value = inner != null ? filtered(inner, scope, body) : body == null ? MarkedText.EMPTY : body;
        Object result = filter(filtered.name(), value, arguments(filtered.arguments(), scope));
        budget.leave();
        return result;
    }

    @Override
    public Object filter(String name, Object value, Arguments arguments) {
        Builtin filter = Filters.TABLE.get(name);
        if (filter == null) {
            throw TemplateException.of("No filter named '" + name + "'");
        }
        budget.enter();
        Object result = filter.apply(this, value, arguments);
        budget.leave();
        return result;
    }

    @Override
    public boolean test(String name, Object value, Arguments arguments) {
        Builtin test = Tests.TABLE.get(name);
        if (test == null) {
            throw TemplateException.of("No test named '" + name + "'");
        }
        return Values.truth(test.apply(this, value, arguments));
    }

    private Object arithmetic(Expression.Arithmetic chain, Scope scope) {
        Object value = evaluate(chain.first(), scope);
        for (Operation operation : chain.rest()) {
            value = Operators.apply(operation.operator(), value, evaluate(operation.right(), scope), budget);
        }
        return value;
    }

    private boolean comparison(Expression.Comparison chain, Scope scope) {
        Object left = evaluate(chain.first(), scope);
        for (Operation operation : chain.rest()) {
            Object right = evaluate(operation.right(), scope);
            if (!Comparisons.holds(operation.operator(), left, right, budget)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private MarkedText joined(Expression.Joined joined, Scope scope) {
        MarkedText.Builder out = new MarkedText.Builder();
        for (Expression part : joined.parts()) {
            MarkedText text = Printer.text(evaluate(part, scope), budget);
            budget.characters(text.length());
            out.append(text);
        }
        return out.build();
    }

    /** The first part whose truth is as sought, else the last. */
    private Object decided(List<Expression> parts, boolean sought, Scope scope) {
        for (int i = 0; i < parts.size() - 1; i++) {
            Object value = evaluate(parts.get(i), scope);
            if (Values.truth(value) == sought) {
                return value;
            }
        }
        return evaluate(parts.getLast(), scope);
    }

    private Object conditional(Expression.Conditional conditional, Scope scope) {
        if (Values.truth(evaluate(conditional.test(), scope))) {
            return evaluate(conditional.then(), scope);
        }
        return conditional.otherwise() == null
                ? new Undefined("the inline if-expression evaluated to false and no else section was defined")
                : evaluate(conditional.otherwise(), scope);
    }

    private static Object number(Object value, String sign) {
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        if (!Numbers.isNumber(value)) {
            throw TemplateException.of("bad operand type for unary " + sign + ": '" + Types.of(value) + "'");
        }
        return value;
    }

    private static Object positive(Object number) {
        return number instanceof Boolean b ? (Object) (b ? 1L : 0L) : number;
    }
}
