/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.source;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.GrammarException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads grammars in GBNF as llama.cpp does: rules {@code name ::= ...} with literals, classes of characters, groups, alternatives,
 * repetitions, control tokens in angle brackets and comments. A text is what the rule {@code root} says.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md">llama.cpp, GBNF guide</a>
 */
public final class Gbnf {

    private static final int MOST_TIMES = 2000;
    private static final int MOST_DEPTH = 200;

    private final String text;
    private final Grammar grammar;
    private final Expressions out;
    private final Function<String, @Nullable Expression> tokens;
    private final Map<String, Integer> rules = new LinkedHashMap<>();
    private final Map<String, Expression> bodies = new LinkedHashMap<>();
    private int at;
    private int depth;

    private Gbnf(String text, Grammar grammar, Function<String, @Nullable Expression> tokens) {
        this.text = text;
        this.grammar = grammar;
        this.out = grammar.expressions();
        this.tokens = tokens;
    }

    /**
     * Reads a grammar.
     *
     * @param text the whole source
     * @param grammar gets its rules
     * @param tokens how a token that is named in angle brackets is spelled, or null if there is no such token
     * @return the texts of {@code root}
     * @throws GrammarException if it is malformed
     */
    public static Expression read(String text, Grammar grammar, Function<String, @Nullable Expression> tokens) {
        return new Gbnf(text, grammar, tokens).read();
    }

    private Expression read() {
        space(true);
        while (at < text.length()) {
            String name = name();
            space(false);
            if (!skip("::=")) {
                throw wrong("expected ::= after the name of a rule");
            }
            space(true);
            Expression body = alternatives(false);
            if (at < text.length() && text.charAt(at) != '\r' && text.charAt(at) != '\n') {
                throw wrong("expected the end of the rule");
            }
            rule(name);
            // as llama.cpp does: the last definition counts
            bodies.put(name, body);
            space(true);
        }
        if (!bodies.containsKey("root")) {
            throw new GrammarException("The grammar has no rule named root, with which a text begins.");
        }
        rules.forEach((name, rule) -> {
            Expression body = bodies.get(name);
            if (body == null) {
                throw new GrammarException("The grammar uses a rule that is not defined: " + name + ".");
            }
            grammar.define(rule, body);
        });
        return out.call(rule("root"));
    }

    private int rule(String name) {
        return rules.computeIfAbsent(name, grammar::declare);
    }

    private GrammarException wrong(String why) {
        int line = 1 + (int) text.substring(0, Math.min(at, text.length())).chars().filter(c -> c == '\n').count();
        String found = at >= text.length()
                ? "the end"
                : text.substring(at, Math.min(text.length(), at + 20)).lines().findFirst().orElse("a line end");
        return new GrammarException(
                "The grammar cannot be read: " + why + ", in line " + line + ", found: " + found + ".");
    }

    private boolean skip(String what) {
        if (!text.startsWith(what, at)) {
            return false;
        }
        at += what.length();
        return true;
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void space(boolean lines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isName(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }

    private String name() {
        int start = at;
        while (isName(peek())) {
            at++;
        }
        if (start == at) {
            throw wrong("expected the name of a rule");
        }
        return text.substring(start, at);
    }

    private Expression alternatives(boolean nested) {
        if (++depth > MOST_DEPTH) {
            throw wrong("groups are nested more than " + MOST_DEPTH + " deep");
        }
        List<Expression> all = new ArrayList<>();
        all.add(row(nested));
        while (skip("|")) {
            space(true);
            all.add(row(nested));
        }
        depth--;
        return out.union(all);
    }

    private Expression row(boolean nested) {
        List<Expression> parts = new ArrayList<>();
        while (at < text.length()) {
            char c = peek();
            Expression part;
            if (c == '"') {
                part = literal();
            } else if (c == '[') {
                part = characterClass().utf8(out);
            } else if (c == '.') {
                at++;
                part = CodePoints.ALL.utf8(out);
            } else if (c == '(') {
                at++;
                space(true);
                part = alternatives(true);
                if (!skip(")")) {
                    throw wrong("expected ')'");
                }
            } else if (c == '<' || c == '!') {
                part = token();
            } else if (isName(c)) {
                part = out.call(rule(name()));
            } else {
                break;
            }
            space(nested);
            parts.add(repeated(part, nested));
        }
        return out.row(parts.toArray(Expression[]::new));
    }

    private Expression repeated(Expression part, boolean nested) {
        Expression all = part;
        while (true) {
            if (skip("*")) {
                all = out.repeat(all, 0, Expression.UNBOUNDED);
            } else if (skip("+")) {
                all = out.repeat(all, 1, Expression.UNBOUNDED);
            } else if (skip("?")) {
                all = out.repeat(all, 0, 1);
            } else if (skip("{")) {
                all = counted(all, nested);
            } else {
                return all;
            }
            space(nested);
        }
    }

    private Expression counted(Expression part, boolean nested) {
        space(nested);
        int least = number();
        space(nested);
        int most = least;
        if (skip(",")) {
            space(nested);
            most = Character.isDigit(peek()) ? number() : Expression.UNBOUNDED;
            space(nested);
        }
        if (!skip("}")) {
            throw wrong("expected '}'");
        }
        if (most < least) {
            throw wrong("a repetition has its bounds the wrong way round");
        }
        return out.repeat(part, least, most);
    }

    private int number() {
        int start = at;
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(MOST_TIMES + 1, 10 * value + peek() - '0');
            at++;
        }
        if (start == at) {
            throw wrong("expected a number");
        }
        if (value > MOST_TIMES) {
            throw wrong("a repetition has more than " + MOST_TIMES + " times");
        }
        return value;
    }

    private Expression literal() {
        at++;
        StringBuilder spelled = new StringBuilder();
        while (peek() != '"') {
            spelled.appendCodePoint(character());
        }
        at++;
        return out.text(spelled.toString());
    }

    private CodePoints characterClass() {
        at++;
        boolean negated = skip("^");
        CodePoints set = CodePoints.NONE;
        while (peek() != ']') {
            int from = character();
            int to = from;
            if (peek() == '-' && !text.startsWith("-]", at)) {
                at++;
                to = character();
            }
            if (to >= from) {
                set = set.or(CodePoints.of(from, to));
            }
        }
        at++;
        return negated ? set.not() : set;
    }

    private int character() {
        if (at >= text.length()) {
            throw wrong("a literal or class does not end");
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        char kind = peek();
        at++;
        return switch (kind) {
            case 'x' -> hexadecimal(2);
            case 'u' -> hexadecimal(4);
            case 'U' -> hexadecimal(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\', '"', '[', ']', '-' -> kind;
            default -> throw wrong("the escape \\" + kind + " is not known");
        };
    }

    private int hexadecimal(int digits) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw wrong("expected " + digits + " hexadecimal digits");
            }
            value = value << 4 | digit;
            at++;
        }
        if (value > Character.MAX_CODE_POINT || (value >= 0xd800 && value < 0xe000)) {
            throw wrong("there is no such character");
        }
        return (int) value;
    }

    private Expression token() {
        if (peek() == '!') {
            throw wrong("all tokens but one, !<...>, are not supported");
        }
        int end = text.indexOf('>', at);
        if (end < 0) {
            throw wrong("a token in angle brackets does not end");
        }
        String spelling = text.substring(at, end + 1);
        Expression token = tokens.apply(spelling);
        if (token == null) {
            throw wrong("the model has no such token");
        }
        at = end + 1;
        return token;
    }
}
