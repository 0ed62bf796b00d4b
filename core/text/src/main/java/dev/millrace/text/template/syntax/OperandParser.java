/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Expression.CallArguments;
import dev.millrace.text.template.syntax.Expression.Keyword;
import dev.millrace.text.template.syntax.Expression.Pair;
import dev.millrace.text.template.syntax.Token.Kind;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what stands between operators: literals, names, and what follows them in dots, brackets, bars and tests. */
final class OperandParser {

    private static final Set<String> IMPLICIT = Set.of("caller", "varargs", "kwargs");
    private static final int MAX_DIGITS = 400;

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    /** Names of a macro's implicit arguments that were read since the last {@link #watch}. */
    private Set<String> seen = new HashSet<>();

    OperandParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Begins to note implicit arguments for one macro; gives what was noted for the one around it. */
    Set<String> watch() {
        Set<String> outer = seen;
        seen = new HashSet<>();
        return outer;
    }

    /** Ends a macro; what it speaks of counts for the one around it too. */
    Set<String> unwatch(Set<String> outer) {
        Set<String> inner = seen;
        seen = outer;
        seen.addAll(inner);
        return Set.copyOf(inner);
    }

    Expression unary(boolean filters) {
        Expression value;
        if (tokens.current().operator("-") || tokens.current().operator("+")) {
            boolean negative = tokens.next().text().equals("-");
            tokens.enter();
            Expression inner = unary(false);
            tokens.leave();
            value = negative ? new Expression.Negative(inner) : new Expression.Positive(inner);
        } else {
            value = primary();
        }
        return suffixes(value, filters);
    }

    private Expression suffixes(Expression begin, boolean filters) {
        Expression value = begin;
        boolean filtered = false;
        for (int links = 1;; links++) {
            expressions.chain(links);
            Token token = tokens.current();
            if (token.operator("(")) {
                value = new Expression.Call(value, callArguments());
            } else if (!filtered && (token.operator(".") || token.operator("["))) {
                value = subscript(value);
            } else if (filters && token.operator("|")) {
                filtered = true;
                tokens.next();
                value = filter(value);
            } else if (filters && token.name("is")) {
                filtered = true;
                tokens.next();
                value = test(value);
            } else {
                return value;
            }
        }
    }

    /** A filter behind its bar; with no value it works on a block. */
    Expression filter(@Nullable Expression value) {
        String name = dotted();
        return new Expression.Filtered(value, name,
                tokens.current().operator("(") ? callArguments() : CallArguments.NONE);
    }

    /** Filters of a block, up to its end. */
    Expression filters() {
        Expression value = filter(null);
        int links = 0;
        while (tokens.skipOperator("|")) {
            expressions.chain(++links);
            value = filter(value);
        }
        return value;
    }

    private String dotted() {
        StringBuilder name = new StringBuilder(tokens.name());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.name());
        }
        return name.toString();
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        String name = dotted();
        CallArguments arguments = CallArguments.NONE;
        Token token = tokens.current();
        if (token.operator("(")) {
            arguments = callArguments();
        } else if (beginsArgument(token)) {
            if (token.name("is")) {
                throw tokens.wrong("tests cannot be chained with 'is'");
            }
            tokens.enter();
            arguments = new CallArguments(List.of(suffixes(primary(), false)), List.of(), null, null);
            tokens.leave();
        }
        Expression test = new Expression.Tested(value, name, arguments);
        return negated ? new Expression.Not(test) : test;
    }

    private static boolean beginsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !Set.of("else", "or", "and").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> Set.of("(", "[", "{").contains(token.text());
            case DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, END -> false;
        };
    }

    private Expression subscript(Expression of) {
        if (tokens.next().text().equals(".")) {
            Token key = tokens.next();
            if (key.kind() == Kind.NAME) {
                return new Expression.Attribute(of, key.text());
            }
            if (key.kind() == Kind.INTEGER) {
                return new Expression.Item(of, new Expression.Literal(integer(key)));
            }
            throw TemplateException.of("expected a name or number after '.' but found " + key.shown(), key.line());
        }
        Expression first = tokens.current().operator(":") ? null : expressions.expression();
        if (tokens.current().operator(":")) {
            return slice(of, first);
        }
        if (first == null) {
            throw tokens.unexpected("a key");
        }
        Expression key = first;
        if (tokens.current().operator(",")) {
            List<Expression> keys = new ArrayList<>(List.of(first));
            while (tokens.skipOperator(",")) {
                keys.add(expressions.expression());
            }
            key = new Expression.TupleOf(List.copyOf(keys));
        }
        tokens.operator("]");
        return new Expression.Item(of, key);
    }

    private Expression slice(Expression of, @Nullable Expression start) {
        tokens.operator(":");
        Expression stop = sliceEnds() ? null : expressions.expression();
        Expression step = null;
        if (tokens.skipOperator(":") && !sliceEnds()) {
            step = expressions.expression();
        }
        tokens.operator("]");
        return new Expression.Slice(of, start, stop, step);
    }

    private boolean sliceEnds() {
        return tokens.current().operator("]") || tokens.current().operator(":");
    }

    /** Arguments in parentheses. */
    CallArguments callArguments() {
        tokens.operator("(");
        List<Expression> positional = new ArrayList<>();
        List<Keyword> named = new ArrayList<>();
        Expression spread = null;
        Expression spreadNamed = null;
        while (!tokens.skipOperator(")")) {
            if (tokens.skipOperator("*")) {
                require(spread == null && spreadNamed == null);
                spread = expressions.expression();
            } else if (tokens.skipOperator("**")) {
                require(spreadNamed == null);
                spreadNamed = expressions.expression();
            } else if (tokens.current().kind() == Kind.NAME && tokens.ahead().operator("=")) {
                require(spreadNamed == null);
                String name = tokens.name();
                tokens.operator("=");
                named.add(new Keyword(name, expressions.expression()));
            } else {
                require(spread == null && spreadNamed == null && named.isEmpty());
                positional.add(expressions.expression());
            }
            if (!tokens.current().operator(")")) {
                tokens.operator(",");
            }
        }
        return new CallArguments(List.copyOf(positional), List.copyOf(named), spread, spreadNamed);
    }

    private void require(boolean inOrder) {
        if (!inOrder) {
            throw tokens.wrong("arguments are out of order");
        }
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME -> named(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (tokens.current().kind() == Kind.STRING) {
                    text.append(tokens.next().text());
                }
                yield new Expression.Literal(MarkedText.trusted(text.toString()));
            }
            case INTEGER -> new Expression.Literal(integer(token));
            case FLOAT -> new Expression.Literal(Double.parseDouble(token.text()));
            case OPERATOR -> bracket(token);
            case DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, END -> throw TemplateException
                    .of("expected an expression but found " + token.shown(), token.line());
        };
    }

    private Expression named(String name) {
        if (IMPLICIT.contains(name)) {
            seen.add(name);
        }
        return switch (name) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(None.NONE);
            default -> new Expression.Name(name);
        };
    }

    private static Object integer(Token token) {
        String digits = token.text();
        if (digits.length() > MAX_DIGITS) {
            throw TemplateException.of("a number has more than " + MAX_DIGITS + " digits", token.line());
        }
        try {
            BigInteger value = switch (digits.length() > 1 ? Character.toLowerCase(digits.charAt(1)) : ' ') {
                case 'x' -> new BigInteger(digits.substring(2), 16);
                case 'o' -> new BigInteger(digits.substring(2), 8);
                case 'b' -> new BigInteger(digits.substring(2), 2);
                default -> new BigInteger(digits);
            };
            return Numbers.shortest(value);
        } catch (NumberFormatException e) {
            throw TemplateException.of("'" + digits + "' is not a number", token.line());
        }
    }

    private Expression bracket(Token open) {
        return switch (open.text()) {
            case "(" -> parenthesised();
            case "[" -> {
                List<Expression> items = new ArrayList<>();
                while (!tokens.skipOperator("]")) {
                    items.add(expressions.expression());
                    if (!tokens.current().operator("]")) {
                        tokens.operator(",");
                    }
                }
                yield new Expression.ListOf(List.copyOf(items));
            }
            case "{" -> {
                List<Pair> pairs = new ArrayList<>();
                while (!tokens.skipOperator("}")) {
                    Expression key = expressions.expression();
                    tokens.operator(":");
                    pairs.add(new Pair(key, expressions.expression()));
                    if (!tokens.current().operator("}")) {
                        tokens.operator(",");
                    }
                }
                yield new Expression.DictOf(List.copyOf(pairs));
            }
            default -> throw TemplateException.of("expected an expression but found " + open.shown(), open.line());
        };
    }

    private Expression parenthesised() {
        if (tokens.skipOperator(")")) {
            return new Expression.TupleOf(List.of());
        }
        Expression inner = expressions.tuple(true);
        tokens.operator(")");
        return inner;
    }
}
