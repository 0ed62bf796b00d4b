/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Slices;
import dev.millrace.text.template.value.Types;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * How Python formats one value: {@code [[fill]align][sign][#][0][width][,][.precision][type]}.
 *
 * @param fill character that fills the width
 * @param align one of {@code < > ^ =}, or 0 for the default of the type
 * @param sign one of {@code + -} and space
 * @param alternate whether {@code 0x} and its kin are written
 * @param width least width
 * @param grouping {@code ,} or {@code _} between groups of digits, or 0
 * @param precision digits or characters, or -1
 * @param type letter of the type, or 0
 */
record FormatSpec(int fill, char align, char sign, boolean alternate, int width, char grouping, int precision,
        char type) {

    /** No float has more digits behind its point. */
    private static final int MAX_PRECISION = 1100;

    private static final FormatSpec PLAIN = parse("");

    static FormatSpec parse(String spec) {
        int at = 0;
        int fill = ' ';
        char align = 0;
        int points = Characters.length(spec);
        int second = points > 1 ? spec.offsetByCodePoints(0, 1) : -1;
        if (second > 0 && "<>^=".indexOf(spec.charAt(second)) >= 0) {
            fill = spec.codePointAt(0);
            align = spec.charAt(second);
            at = second + 1;
        } else if (!spec.isEmpty() && "<>^=".indexOf(spec.charAt(0)) >= 0) {
            align = spec.charAt(0);
            at = 1;
        }
        char sign = '-';
        if (at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0) {
            sign = spec.charAt(at++);
        }
        boolean alternate = at < spec.length() && spec.charAt(at) == '#';
        at += alternate ? 1 : 0;
        if (at < spec.length() && spec.charAt(at) == '0') {
            if (align == 0) {
                fill = '0';
                align = '=';
            }
            at++;
        }
        int digits = digits(spec, at);
        int width = number(spec, at, digits, 0);
        at = digits;
        char grouping = at < spec.length() && ",_".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : 0;
        int precision = -1;
        if (at < spec.length() && spec.charAt(at) == '.') {
            digits = digits(spec, at + 1);
            precision = number(spec, at + 1, digits, -1);
            at = digits;
        }
        char type = at < spec.length() ? spec.charAt(at++) : 0;
        if (at < spec.length()) {
            throw TemplateException.of("Invalid format specifier '" + spec + "'");
        }
        return new FormatSpec(fill, align, sign, alternate, width, grouping, precision, type);
    }

    private static int digits(String spec, int from) {
        int at = from;
        while (at < spec.length() && spec.charAt(at) >= '0' && spec.charAt(at) <= '9') {
            at++;
        }
        return at;
    }

    private static int number(String spec, int from, int to, int preset) {
        if (to - from > 7) {
            throw TemplateException.of("Too many decimal digits in format string");
        }
        return from == to ? preset : Integer.parseInt(spec.substring(from, to));
    }

    MarkedText format(Object value, Budget budget) {
        budget.characters(Math.max(width, precision) + 1L);
        if (Numbers.isNumber(value) && !(value instanceof Boolean && equals(PLAIN))) {
            return MarkedText.trusted(number(value, budget));
        }
        if (type != 0 && type != 's') {
            throw TemplateException
                    .of("Unknown format code '" + type + "' for object of type '" + Types.of(value) + "'");
        }
        MarkedText text = Printer.text(value, budget);
        if (precision >= 0) {
            text = (MarkedText) Slices.slice(text, null, (long) precision, null, budget);
        }
        return TextLayout.padded(text, width, MarkedText.trusted(Character.toString(fill)), align == 0 ? '<' : align,
                budget);
    }

    private String number(Object value, Budget budget) {
        boolean whole = Numbers.isInteger(value) && (type == 0 || "dxXobcn".indexOf(type) >= 0);
        if (type == 'c') {
            return Character.toString(Math.clamp(Numbers.index(value), 0, Character.MAX_CODE_POINT));
        }
        String digits = whole ? whole(Numbers.integer(value)) : real(value);
        boolean negative = digits.startsWith("-");
        String magnitude = negative ? digits.substring(1) : digits;
        String prefix = (negative ? "-" : sign == '-' ? "" : Character.toString(sign))
                + (alternate && whole && "xXob".indexOf(type) >= 0 && type != 0 ? "0" + type : "");
        if (grouping != 0) {
            magnitude = grouped(magnitude);
        }
        int missing = Math.max(0, width - prefix.length() - magnitude.length());
        String filling = Character.toString(fill).repeat(missing);
        return switch (align) {
            case '=' -> prefix + filling + magnitude;
            case '<' -> prefix + magnitude + filling;
            case '^' -> TextLayout.padded(MarkedText.trusted(prefix + magnitude), width,
                    MarkedText.trusted(Character.toString(fill)), '^', budget).text();
            default -> filling + prefix + magnitude;
        };
    }

    private String whole(BigInteger value) {
        return switch (type) {
            case 'x' -> value.toString(16);
            case 'X' -> value.toString(16).toUpperCase(Locale.ROOT);
            case 'o' -> value.toString(8);
            case 'b' -> value.toString(2);
            default -> value.toString();
        };
    }

    private String grouped(String magnitude) {
        int point = magnitude.indexOf('.');
        StringBuilder out = new StringBuilder(magnitude);
        for (int i = (point < 0 ? magnitude.length() : point) - 3; i > 0; i -= 3) {
            out.insert(i, grouping);
        }
        return out.toString();
    }

    private String real(Object value) {
        double number = Numbers.real(value);
        if (!Double.isFinite(number)) {
            return Numbers.repr(number);
        }
        int digits = precision < 0 ? 6 : precision;
        if (digits > MAX_PRECISION) {
            throw TemplateException.of("precision too big");
        }
        return switch (type) {
            case 'f', 'F' -> fixed(number, digits);
            case '%' -> fixed(number * 100, digits) + "%";
            case 'e', 'E' -> exponent(number, digits, type);
            case 'g', 'G' -> general(number, digits);
            case 0 -> precision < 0 ? Numbers.repr(number) : general(number, digits);
            default -> throw TemplateException
                    .of("Unknown format code '" + type + "' for object of type '" + Types.of(value) + "'");
        };
    }

    private static String fixed(double value, int digits) {
        String text = new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
        return (1 / value < 0 || value < 0) && !text.startsWith("-") ? "-" + text : text;
    }

    private static String exponent(double value, int digits, char letter) {
        if (value == 0) {
            return (digits == 0 ? "0" : "0." + "0".repeat(digits)) + letter + "+00";
        }
        BigDecimal exact = new BigDecimal(value);
        exact = exact.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
        int power = exact.precision() - exact.scale() - 1;
        String mantissa = exact.movePointLeft(power).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
        return mantissa + letter + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }

    private String general(double value, int digits) {
        int significant = Math.max(1, digits);
        BigDecimal exact = new BigDecimal(value).round(new MathContext(significant, RoundingMode.HALF_EVEN));
        int power = value == 0 ? 0 : exact.precision() - exact.scale() - 1;
        String text;
        if (power < -4 || power >= significant) {
            text = exponent(value, significant - 1, type == 'G' ? 'E' : 'e');
            int e = text.indexOf(type == 'G' ? 'E' : 'e');
            return trimmed(text.substring(0, e)) + text.substring(e);
        }
        text = fixed(value, Math.max(0, significant - 1 - power));
        return trimmed(text);
    }

    private static String trimmed(String digits) {
        return digits.indexOf('.') < 0 ? digits : digits.replaceAll("\\.?0+$", "");
    }
}
