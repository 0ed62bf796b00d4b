/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import java.util.List;

/** Python's {@code format % values}. */
public final class PercentFormat {

    private final MarkedText format;
    private final Object values;
    private final Budget budget;
    private final MarkedText.Builder out = new MarkedText.Builder();
    private int at;
    private int used;

    private PercentFormat(MarkedText format, Object values, Budget budget) {
        this.format = format;
        this.values = values;
        this.budget = budget;
    }

    public static MarkedText format(MarkedText format, Object values, Budget budget) {
        return new PercentFormat(format, values, budget).run();
    }

    private MarkedText run() {
        String all = format.text();
        while (at < all.length()) {
            int percent = all.indexOf('%', at);
            int end = percent < 0 ? all.length() : percent;
            budget.characters((long) end - at);
            out.append(format, at, end);
            at = end + 1;
            if (percent >= 0) {
                directive(all);
            }
        }
        boolean left = values instanceof Tuple tuple
                ? used < tuple.items().size()
                : !(values instanceof Dict) && !(values instanceof List<?>) && !(values instanceof Undefined)
                        && used == 0;
        if (left) {
            throw TemplateException.of("not all arguments converted during string formatting");
        }
        return out.build().like(format);
    }

    private void directive(String all) {
        Object named = null;
        if (at < all.length() && all.charAt(at) == '(') {
            int close = all.indexOf(')', at);
            if (close < 0) {
                throw TemplateException.of("incomplete format key");
            }
            if (!(values instanceof Dict dict)) {
                throw TemplateException.of("format requires a mapping");
            }
            named = dict.get(all.substring(at + 1, close));
            if (named == null) {
                throw TemplateException.of("there is no value for a format key");
            }
            at = close + 1;
        }
        int flags = at;
        while (at < all.length() && "#0- +".indexOf(all.charAt(at)) >= 0) {
            at++;
        }
        String flag = all.substring(flags, at);
        int digits = at;
        while (at < all.length() && (Character.digit(all.charAt(at), 10) >= 0 || all.charAt(at) == '.')) {
            at++;
        }
        String size = all.substring(digits, at);
        if (at >= all.length()) {
            throw TemplateException.of("incomplete format");
        }
        char type = all.charAt(at++);
        if (type == '%') {
            out.append("%");
            return;
        }
        MarkedText text = converted(named == null ? next() : named, type, flag, size);
        budget.characters(text.length());
        out.append(text);
    }

    private Object next() {
        if (values instanceof Tuple tuple) {
            if (used >= tuple.items().size()) {
                throw TemplateException.of("not enough arguments for format string");
            }
            return tuple.items().get(used++);
        }
        if (used++ > 0) {
            throw TemplateException.of("not enough arguments for format string");
        }
        return values;
    }

    private MarkedText converted(Object value, char type, String flags, String size) {
        boolean left = flags.contains("-");
        if (type == 's' || type == 'r' || type == 'a') {
            MarkedText text = type == 's' ? Printer.text(value, budget) : Printer.repr(value, budget);
            return FormatSpec.parse((left ? "<" : ">") + size).format(Markup.beside(format, text, budget), budget);
        }
        if ("diuxXofFeEgGc".indexOf(type) < 0) {
            throw TemplateException.of("unsupported format character '" + type + "'");
        }
        if (type == 'c' && value instanceof MarkedText text) {
            return text;
        }
        if (!Numbers.isNumber(value)) {
            throw TemplateException.of("%" + type + " format: a real number is required, not " + Types.of(value));
        }
        Object number = "diu".indexOf(type) >= 0 && value instanceof Double d ? Numbers.truncate(d) : value;
        String sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
        String spec = (left ? "<" : flags.contains("0") ? "" : ">") + sign + (flags.contains("#") ? "#" : "")
                + (!left && flags.contains("0") ? "0" : "") + size + ("iu".indexOf(type) >= 0 ? 'd' : type);
        return FormatSpec.parse(spec).format(number instanceof Boolean b ? (Object) (b ? 1L : 0L) : number, budget);
    }
}
