/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import java.util.List;

/** How Python compares values: {@code ==}, {@code <} and {@code in} with their kin. */
public final class Comparisons {

    private static final int MAX_DEPTH = 200;

    private Comparisons() {
    }

    /** Whether {@code left operator right} holds. */
    public static boolean holds(String operator, Object left, Object right, Budget budget) {
        return switch (operator) {
            case "==" -> equal(left, right, budget);
            case "!=" -> !equal(left, right, budget);
            case "in" -> contains(right, left, budget);
            case "not in" -> !contains(right, left, budget);
            default -> !isNaN(left) && !isNaN(right)
                    && ordered(operator, compare(operator, left, right, budget));
        };
    }

    private static boolean ordered(String operator, int sign) {
        return switch (operator) {
            case "<" -> sign < 0;
            case "<=" -> sign <= 0;
            case ">" -> sign > 0;
            case ">=" -> sign >= 0;
            default -> throw new IllegalStateException("No comparison " + operator);
        };
    }

    public static boolean equal(Object a, Object b, Budget budget) {
        return equal(a, b, budget, 0);
    }

    @SuppressWarnings("ReferenceEquality") // a short cut, as Python takes it; values of equal content are compared below
    private static boolean equal(Object a, Object b, Budget budget, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw TemplateException.of("values are nested deeper than " + MAX_DEPTH);
        }
        if (a == b) {
            return !(a instanceof Double d && d.isNaN());
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return !isNaN(a) && !isNaN(b) && Numbers.compare(a, b) == 0;
        }
        return switch (a) {
            case MarkedText text -> text.equals(b);
            case Undefined missing -> b instanceof Undefined;
            case List<?> list -> b instanceof List<?> other && equalLists(list, other, budget, depth);
            case Tuple tuple -> b instanceof Tuple other && equalLists(tuple.items(), other.items(), budget, depth);
            case Dict dict -> b instanceof Dict other && equalDicts(dict, other, budget, depth);
            case Lazy.View view ->
                b instanceof Lazy.View other && equalLists(view.items(), other.items(), budget, depth);
            case Lazy.Range range -> b instanceof Lazy.Range other
                    && equalLists(range.items(), other.items(), budget, depth);
            default -> false;
        };
    }

    private static boolean isNaN(Object value) {
        return value instanceof Double d && d.isNaN();
    }

    private static boolean equalLists(List<?> a, List<?> b, Budget budget, int depth) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!equal(a.get(i), b.get(i), budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalDicts(Dict a, Dict b, Budget budget, int depth) {
        if (a.size() != b.size()) {
            return false;
        }
        for (Dict.Entry entry : a.entries()) {
            Object other = b.get(entry.key());
            if (other == null || !equal(entry.value(), other, budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /** Negative, zero or positive, for {@code <} and its kin. */
    public static int compare(String operator, Object a, Object b, Budget budget) {
        return compare(operator, a, b, budget, 0);
    }

    private static int compare(String operator, Object a, Object b, Budget budget, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw TemplateException.of("values are nested deeper than " + MAX_DEPTH);
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b);
        }
        if (a instanceof MarkedText x && b instanceof MarkedText y) {
            return Characters.compare(x.text(), y.text());
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            return compareLists(operator, x, y, budget, depth);
        }
        if (a instanceof Tuple x && b instanceof Tuple y) {
            return compareLists(operator, x.items(), y.items(), budget, depth);
        }
        if (a instanceof Undefined missing) {
            throw missing.failure();
        }
        if (b instanceof Undefined missing) {
            throw missing.failure();
        }
        throw TemplateException
                .of("'" + operator + "' not supported between instances of '" + Types.of(a) + "' and '" + Types.of(b)
                        + "'");
    }

    private static int compareLists(String operator, List<?> a, List<?> b, Budget budget, int depth) {
        int shared = Math.min(a.size(), b.size());
        for (int i = 0; i < shared; i++) {
            if (!equal(a.get(i), b.get(i), budget, depth + 1)) {
                return compare(operator, a.get(i), b.get(i), budget, depth + 1);
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    /** Python's {@code in}. */
    static boolean contains(Object in, Object sought, Budget budget) {
        return switch (in) {
            case MarkedText text when sought instanceof MarkedText part -> {
                budget.search(text.length(), part.length());
                yield text.text().contains(part.text());
            }
            case MarkedText text -> throw TemplateException
                    .of("'in <string>' requires string as left operand, not " + Types.of(sought));
            case Dict dict -> dict.has(sought);
            case List<?> list -> holdsAny(Values.elements(in, budget), sought, budget);
            case Tuple tuple -> holdsAny(Values.elements(in, budget), sought, budget);
            case Lazy lazy -> holdsAny(Values.elements(in, budget), sought, budget);
            case Undefined missing -> holdsAny(Values.elements(in, budget), sought, budget);
            default -> throw TemplateException.of("argument of type '" + Types.of(in) + "' is not iterable");
        };
    }

    private static boolean holdsAny(List<Object> elements, Object sought, Budget budget) {
        for (Object element : elements) {
            if (equal(element, sought, budget)) {
                return true;
            }
        }
        return false;
    }
}
