/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.operator;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.string.Markup;
import dev.millrace.text.template.string.PercentFormat;
import dev.millrace.text.template.string.TextEdits;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import java.util.ArrayList;
import java.util.List;

/** What {@code + - * / // % **} do with which values. */
public final class Operators {

    private Operators() {
    }

    public static Object apply(String operator, Object a, Object b, Budget budget) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.arithmetic(operator, a, b);
        }
        if (a instanceof Undefined missing && !(operator.equals("%") && b instanceof MarkedText)) {
            throw missing.failure();
        }
        if (operator.equals("%") && a instanceof MarkedText format) {
            return PercentFormat.format(format, b, budget);
        }
        if (b instanceof Undefined missing) {
            throw missing.failure();
        }
        if (operator.equals("+")) {
            if (a instanceof MarkedText x && b instanceof MarkedText y) {
                return Markup.concatenated(x, y, budget);
            }
            if (a instanceof List<?> x && b instanceof List<?> y) {
                return joined(x, y, budget);
            }
            if (a instanceof Tuple x && b instanceof Tuple y) {
                return new Tuple(joined(x.items(), y.items(), budget));
            }
            if (a instanceof MarkedText || a instanceof List<?> || a instanceof Tuple) {
                String type = Types.of(a);
                throw TemplateException
                        .of("can only concatenate " + type + " (not \"" + Types.of(b) + "\") to " + type);
            }
        }
        if (operator.equals("*")) {
            if (Numbers.isInteger(b) && isSequence(a)) {
                return repeated(a, Numbers.index(b), budget);
            }
            if (Numbers.isInteger(a) && isSequence(b)) {
                return repeated(b, Numbers.index(a), budget);
            }
        }
        throw TemplateException
                .of("unsupported operand type(s) for " + (operator.equals("**") ? "** or pow()" : operator)
                        + ": '" + Types.of(a) + "' and '" + Types.of(b) + "'");
    }

    private static boolean isSequence(Object value) {
        return value instanceof MarkedText || value instanceof List<?> || value instanceof Tuple;
    }

    private static List<Object> joined(List<?> a, List<?> b, Budget budget) {
        budget.elements((long) a.size() + b.size());
        List<Object> out = new ArrayList<>(a.size() + b.size());
        out.addAll(a);
        out.addAll(b);
        return out;
    }

    private static Object repeated(Object value, int times, Budget budget) {
        int count = Math.max(0, times);
        return switch (value) {
            case MarkedText text -> TextEdits.repeat(text, count, budget);
            case Tuple tuple -> new Tuple(repeat(tuple.items(), count, budget));
            default -> repeat((List<?>) value, count, budget);
        };
    }

    private static List<Object> repeat(List<?> list, int count, Budget budget) {
        List<Object> out = new ArrayList<>();
        if (!list.isEmpty()) {
            budget.elements((long) list.size() * count);
            for (int i = 0; i < count; i++) {
                out.addAll(list);
            }
        }
        return out;
    }
}
