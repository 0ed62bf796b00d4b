/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** What Python says of values: their types, truth, equality, order and elements. */
final class Values {

    private static final int MAX_DEPTH = 200;

    private Values() {
    }

    static String type(Object value) {
        return switch (value) {
            case MarkedText text -> text.isMarkup() ? "Markup" : "str";
            case Boolean _ -> "bool";
            case Long _,BigInteger _ -> "int";
            case Double _ -> "float";
            case None _ -> "NoneType";
            case List<?> _ -> "list";
            case Tuple _ -> "tuple";
            case Dict _ -> "dict";
            case Undefined _ -> "Undefined";
            case Lazy.View view -> view.type();
            case Lazy.Range _ -> "range";
            case Lazy _ -> "generator";
            case Attributed thing -> thing.type();
            case Callable function -> function.type();
            default -> throw new IllegalStateException("No value of a template: " + value.getClass());
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case MarkedText text -> !text.isEmpty();
            case None _,Undefined _ -> false;
            case Long n -> n != 0;
            case Double d -> d != 0;
            case List<?> list -> !list.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case Dict dict -> dict.size() > 0;
            case Lazy.View view -> !view.items().isEmpty();
            case Lazy.Range range -> !range.items().isEmpty();
            default -> true;
        };
    }

    static MarkedText text(Object value) {
        return switch (value) {
            case MarkedText text -> text;
            case Undefined missing -> throw missing.failure();
            default -> throw TemplateException.of("expected a string, not " + type(value));
        };
    }

    @SuppressWarnings("unchecked") // lists inside a template hold values
    static List<Object> list(List<?> list) {
        return (List<Object>) list;
    }

    /** What a loop over the value sees. */
    static List<Object> elements(Object value, Budget budget) {
        return switch (value) {
            case List<?> list -> list(list);
            case Tuple tuple -> tuple.items();
            case Dict dict -> {
                budget.elements(dict.size());
                yield dict.keys();
            }
            case Lazy lazy -> lazy.take();
            case Undefined _ -> List.of();
            case MarkedText text -> characters(text.plain(), budget);
            default -> throw TemplateException.of("'" + type(value) + "' object is not iterable");
        };
    }

    private static List<Object> characters(MarkedText text, Budget budget) {
        budget.elements(text.length());
        List<Object> out = new ArrayList<>(text.length());
        String all = text.text();
        for (int i = 0; i < all.length();) {
            int next = i + Character.charCount(all.codePointAt(i));
            out.add(text.slice(i, next));
            i = next;
        }
        return out;
    }

    static long length(Object value) {
        return switch (value) {
            case MarkedText text -> Characters.length(text.text());
            case List<?> list -> list.size();
            case Tuple tuple -> tuple.items().size();
            case Dict dict -> dict.size();
            case Lazy.View view -> view.items().size();
            case Lazy.Range range -> range.items().size();
            case Undefined _ -> 0;
            case Loop loop -> loop.length();
            default -> throw TemplateException.of("object of type '" + type(value) + "' has no len()");
        };
    }

    static boolean equal(Object a, Object b, Budget budget) {
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
            case Undefined _ -> b instanceof Undefined;
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
    static int compare(String operator, Object a, Object b, Budget budget) {
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
                .of("'" + operator + "' not supported between instances of '" + type(a) + "' and '" + type(b)
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
            case MarkedText _ -> throw TemplateException
                    .of("'in <string>' requires string as left operand, not " + type(sought));
            case Dict dict -> dict.has(sought);
            case List<?> _,Tuple _,Lazy _,Undefined _ -> holds(elements(in, budget), sought, budget);
            default -> throw TemplateException.of("argument of type '" + type(in) + "' is not iterable");
        };
    }

    private static boolean holds(List<Object> elements, Object sought, Budget budget) {
        for (Object element : elements) {
            if (equal(element, sought, budget)) {
                return true;
            }
        }
        return false;
    }
}
