/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;

/** Filters that make numbers. */
final class NumberFilters {

    static final Map<String, Builtin> TABLE = Map.of(
            "abs", (run, value, arguments) -> absolute(value),
            "int", NumberFilters::integer,
            "float", NumberFilters::real,
            "round", NumberFilters::round,
            "filesizeformat", NumberFilters::fileSize);

    private static final int MAX_DIGITS = 400;

    private NumberFilters() {
    }

    private static Object absolute(Object value) {
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        if (!Numbers.isNumber(value)) {
            throw TemplateException.of("bad operand type for abs(): '" + Types.of(value) + "'");
        }
        return value instanceof Double d ? (Object) Math.abs(d) : Numbers.shortest(Numbers.integer(value).abs());
    }

    private static Object integer(Interpreter run, Object value, Arguments arguments) {
        arguments.only("default", "base");
        Object preset = arguments.get(0, "default", 0L);
        int base = arguments.integer(1, "base", 10);
        return switch (value) {
            case Undefined missing -> throw missing.failure();
            case Double d -> Double.isFinite(d) ? Numbers.truncate(d) : preset;
            case MarkedText text -> parsed(text.text().strip(), base, preset);
            default -> Numbers.isInteger(value) ? Numbers.shortest(Numbers.integer(value)) : preset;
        };
    }

    private static Object parsed(String text, int base, Object preset) {
        if (text.length() > MAX_DIGITS) {
            return preset;
        }
        String digits = text.replaceAll("(?<=[0-9A-Za-z])_(?=[0-9A-Za-z])", "");
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "\0";
        String sign = digits.startsWith("-") || digits.startsWith("+") ? digits.substring(0, 1) : "";
        String magnitude = digits.substring(sign.length());
        if (magnitude.toLowerCase(Locale.ROOT).startsWith(prefix)) {
            magnitude = magnitude.substring(2);
        }
        if (magnitude.isEmpty() || base < 2 || base > 36) {
            return preset;
        }
        if (magnitude.chars().allMatch(c -> Character.digit(c, base) >= 0)) {
            return Numbers.shortest(new BigInteger((sign.equals("-") ? "-" : "") + magnitude, base));
        }
        Object real = parsedReal(text, preset);
        return real instanceof Double d && base == 10 && Double.isFinite(d) ? Numbers.truncate(d) : preset;
    }

    private static Object real(Interpreter run, Object value, Arguments arguments) {
        Object preset = arguments.only("default").get(0, "default", 0.0);
        return switch (value) {
            case Undefined missing -> throw missing.failure();
            case MarkedText text -> parsedReal(text.text().strip(), preset);
            default -> Numbers.isNumber(value) ? (Object) Numbers.real(value) : preset;
        };
    }

    private static Object parsedReal(String text, Object preset) {
        if (text.length() > MAX_DIGITS) {
            return preset;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            case "nan", "+nan", "-nan" -> Double.NaN;
            default -> text.matches(
                    "[+-]?([0-9](_?[0-9])*\\.?([0-9](_?[0-9])*)?|\\.[0-9](_?[0-9])*)([eE][+-]?[0-9](_?[0-9])*)?")
                            ? (Object) Double.parseDouble(text.replace("_", ""))
                            : preset;
        };
    }

    private static Object round(Interpreter run, Object value, Arguments arguments) {
        arguments.only("precision", "method");
        int digits = arguments.integer(0, "precision", 0);
        String method = arguments.text(1, "method", "common").text();
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        if (!Numbers.isNumber(value)) {
            throw TemplateException.of("type " + Types.of(value) + " doesn't define __round__ method");
        }
        return switch (method) {
            case "common" -> value instanceof Double d
                    ? (Object) Numbers.round(d, digits, RoundingMode.HALF_EVEN)
                    : roundedInteger(Numbers.integer(value), digits);
            case "ceil", "floor" -> {
                double scale = Math.pow(10, digits);
                double scaled = Numbers.real(value) * scale;
                yield (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
            }
            default -> throw TemplateException.of("method must be common, ceil or floor");
        };
    }

    private static Object roundedInteger(BigInteger value, int digits) {
        if (digits >= 0) {
            return Numbers.shortest(value);
        }
        if (digits < -2000) {
            return 0L;
        }
        return Numbers.shortest(new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toBigInteger());
    }

    private static Object fileSize(Interpreter run, Object value, Arguments arguments) {
        boolean binary = arguments.only("binary").flag(0, "binary", false);
        Object number = real(run, value, Arguments.NONE);
        double bytes = number instanceof Double d ? d : 0;
        double base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return MarkedText.trusted("1 Byte");
        }
        if (bytes < base) {
            return MarkedText.trusted((long) bytes + " Bytes");
        }
        String[] units = binary
                ? new String[]{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
                : new String[]{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
        double unit = base;
        int i = 0;
        while (i < units.length - 1 && bytes >= unit * base) {
            unit *= base;
            i++;
        }
        return MarkedText.trusted(String.format(Locale.ROOT, "%.1f %s", bytes / unit, units[i]));
    }
}
