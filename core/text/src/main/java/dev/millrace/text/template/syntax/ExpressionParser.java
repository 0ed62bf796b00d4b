/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.template.syntax.Expression.Operation;
import dev.millrace.text.template.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads expressions with the precedence that Jinja2 has; a method per level, loosest first. */
final class ExpressionParser {

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final int MAX_CHAIN = 100;

    private final TokenStream tokens;
    private final OperandParser operands;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        this.operands = new OperandParser(tokens, this);
    }

    /** The parser for what stands between operators. */
    OperandParser operands() {
        return operands;
    }

    Expression expression() {
        return expression(true);
    }

    /** One expression, or several with commas, which make a tuple. */
    Expression tuple(boolean conditional) {
        List<Expression> items = new ArrayList<>();
        boolean tuple = false;
        while (!tupleEnds()) {
            items.add(expression(conditional));
            if (!tokens.skipOperator(",")) {
                break;
            }
            tuple = true;
        }
        if (items.isEmpty()) {
            throw tokens.unexpected("an expression");
        }
        return tuple ? new Expression.TupleOf(List.copyOf(items)) : items.getFirst();
    }

    private boolean tupleEnds() {
        Token token = tokens.current();
        return token.kind() == Kind.BLOCK_END || token.kind() == Kind.PRINT_END || token.operator(")")
                || token.name("recursive");
    }

    private Expression expression(boolean conditional) {
        tokens.enter();
        Expression result = conditional ? conditional() : or();
        tokens.leave();
        return result;
    }

    private Expression conditional() {
        Expression value = or();
        int links = 0;
        while (tokens.skipName("if")) {
            chain(++links);
            Expression test = or();
            Expression otherwise = tokens.skipName("else") ? expression(true) : null;
            value = new Expression.Conditional(test, value, otherwise);
        }
        return value;
    }

    void chain(int links) {
        if (links > MAX_CHAIN) {
            throw tokens.wrong("a chain has more than " + MAX_CHAIN + " links");
        }
    }

    private Expression or() {
        Expression first = and();
        if (!tokens.current().name("or")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipName("or")) {
            parts.add(and());
        }
        return new Expression.AnyOf(List.copyOf(parts));
    }

    private Expression and() {
        Expression first = not();
        if (!tokens.current().name("and")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipName("and")) {
            parts.add(not());
        }
        return new Expression.AllOf(List.copyOf(parts));
    }

    private Expression not() {
        if (!tokens.skipName("not")) {
            return comparison();
        }
        tokens.enter();
        Expression value = not();
        tokens.leave();
        return new Expression.Not(value);
    }

    private Expression comparison() {
        Expression first = sum();
        List<Operation> rest = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                tokens.next();
                rest.add(new Operation(token.text(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Operation("in", sum()));
            } else if (token.name("not") && tokens.ahead().name("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Operation("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expression.Comparison(first, List.copyOf(rest));
            }
        }
    }

    private Expression sum() {
        Expression first = joined();
        List<Operation> rest = new ArrayList<>();
        while (tokens.current().operator("+") || tokens.current().operator("-")) {
            rest.add(new Operation(tokens.next().text(), joined()));
        }
        return rest.isEmpty() ? first : new Expression.Arithmetic(first, List.copyOf(rest));
    }

    private Expression joined() {
        Expression first = product();
        if (!tokens.current().operator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Expression.Joined(List.copyOf(parts));
    }

    private Expression product() {
        Expression first = power();
        List<Operation> rest = new ArrayList<>();
        while (tokens.current().operator("*") || tokens.current().operator("/") || tokens.current().operator("//")
                || tokens.current().operator("%")) {
            rest.add(new Operation(tokens.next().text(), power()));
        }
        return rest.isEmpty() ? first : new Expression.Arithmetic(first, List.copyOf(rest));
    }

    private Expression power() {
        Expression first = operands.unary(true);
        List<Operation> rest = new ArrayList<>();
        while (tokens.skipOperator("**")) {
            rest.add(new Operation("**", operands.unary(true)));
        }
        return rest.isEmpty() ? first : new Expression.Arithmetic(first, List.copyOf(rest));
    }
}
