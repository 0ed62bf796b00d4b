/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.source.CodePoints;
import dev.millrace.grammar.source.Unmarked;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the characters of a string are spelled between quotes. Some texts must not be spelled in any string, because whoever reads
 * the answer would take them for marks: their first character can be written as an escape.
 */
final class Quote {

    private static final CodePoints CONTROLS = CodePoints.of(0, 0x1f);
    private static final String SHORT = "nrtbf";
    private static final String SHORT_MEANING = "\n\r\t\b\f";
    private static final String HEXADECIMAL = "0123456789abcdefABCDEF";

    private final Expressions out;
    private final char mark;
    private final boolean json;
    private final List<String> forbidden;
    private final CodePoints raw;
    private final CodePoints notRaw;
    private final Expression escapes;
    private final Expression free;
    private @Nullable Expression cleanRest;
    private @Nullable Expression harmless;
    private final IdentityHashMap<CodePoints, Expression> spelled = new IdentityHashMap<>();

    /**
     * Strings.
     *
     * @param out where expressions are made
     * @param mark the quote
     * @param json whether escapes are those of JSON, else those of Python
     * @param forbidden texts that no string may spell
     */
    Quote(Expressions out, char mark, boolean json, List<String> forbidden) {
        this.out = out;
        this.mark = mark;
        this.json = json;
        this.forbidden = List.copyOf(forbidden);
        this.raw = CodePoints.ALL.minus(CONTROLS).minus(CodePoints.of(mark + "\\"));
        this.notRaw = raw.not();
        this.escapes = escapes();
        this.free = out.union(raw.utf8(out), escapes);
    }

    Expression mark() {
        return out.text(String.valueOf(mark));
    }

    /** Escapes of single characters, in any spelling. */
    private Expression escapes() {
        Expression hex = CodePoints.of(HEXADECIMAL).utf8(out);
        Expression low = CodePoints.of("cdefCDEF").utf8(out);
        Expression two = out.row(hex, hex);
        Expression d = CodePoints.of("dD").utf8(out);
        // a pair of surrogates is one character, and half of one is none
        Expression single = out.union(
                out.row(CodePoints.of(HEXADECIMAL).minus(CodePoints.of("dD")).utf8(out), hex, two),
                out.row(d, CodePoints.of("01234567").utf8(out), two));
        List<Expression> all = new ArrayList<>();
        if (json) {
            all.add(CodePoints.of("\"\\/bfnrt").utf8(out));
            all.add(out.concat(out.text("u"), single));
            all.add(out.row(out.text("u"), d, CodePoints.of("89abAB").utf8(out), two, out.text("\\u"), d, low, two));
        } else {
            all.add(CodePoints.of("'\"\\nrt").utf8(out));
            all.add(out.concat(out.text("u"), single));
            all.add(out.concat(out.text("x"), two));
        }
        return out.concat(out.text("\\"), out.union(all));
    }

    /** A character of a set, in the one spelling that is used where it matters which character it is. */
    Expression spell(CodePoints set) {
        return spelled.computeIfAbsent(set, this::make);
    }

    private Expression make(CodePoints set) {
        List<Expression> all = new ArrayList<>();
        all.add(set.minus(notRaw).utf8(out));
        for (int c = 0; c < 0x80; c++) {
            if (set.has(c) && !raw.has(c)) {
                all.add(out.text(escape(c)));
            }
        }
        return out.union(all);
    }

    private String escape(int c) {
        if (c == '\\' || c == mark) {
            return "\\" + (char) c;
        }
        int at = SHORT_MEANING.indexOf(c);
        if (at >= 0 && (json || at < 3)) {
            return "\\" + SHORT.charAt(at);
        }
        return json
                ? String.format(Locale.ROOT, "\\u%04x", c)
                : String.format(Locale.ROOT, "\\x%02x", c);
    }

    /** A text in that one spelling, without quotes. */
    String spell(String text) {
        StringBuilder all = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (raw.has(c)) {
                all.appendCodePoint(c);
            } else {
                all.append(escape(c));
            }
        });
        return clean(all.toString());
    }

    /** The same with the beginning of each forbidden text escaped. */
    private String clean(String text) {
        String all = text;
        for (String each : forbidden) {
            String start = each.substring(0, Character.charCount(each.codePointAt(0)));
            StringBuilder escaped = new StringBuilder();
            start.chars().forEach(c -> escaped.append(String.format(Locale.ROOT, "\\u%04x", c)));
            all = all.replace(each, escaped + each.substring(start.length()));
        }
        return all;
    }

    /**
     * A character that begins no forbidden text, in any spelling: where characters are counted, those that could begin one are
     * escaped, which costs no value and spares the work of looking at both at once.
     */
    Expression harmless() {
        Expression known = harmless;
        if (known == null) {
            CodePoints firsts = CodePoints.NONE;
            for (String each : forbidden) {
                firsts = firsts.or(CodePoints.of(each.codePointAt(0), each.codePointAt(0)));
            }
            known = out.union(raw.minus(firsts).utf8(out), escapes);
            harmless = known;
        }
        return known;
    }

    boolean hasForbidden() {
        return !forbidden.isEmpty();
    }

    /** All strings in which no forbidden text is spelled. */
    Expression clean() {
        Expression known = cleanRest;
        if (known == null) {
            known = forbidden.isEmpty()
                    ? out.repeat(free, 0, Expression.UNBOUNDED)
                    : Unmarked.of(out, raw, escapes, forbidden);
            cleanRest = known;
        }
        return known;
    }
}
