/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Statement.Binding;
import dev.millrace.text.template.syntax.Statement.Branch;
import dev.millrace.text.template.syntax.Statement.MacroCode;
import dev.millrace.text.template.syntax.Statement.Parameter;
import dev.millrace.text.template.syntax.Statement.Target;
import dev.millrace.text.template.syntax.Token.Kind;
import dev.millrace.text.template.value.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a whole template. */
public final class StatementParser {

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final OperandParser operands;
    /** Loops around the statement that is read; a macro begins anew. */
    private int loops;

    private StatementParser(TokenStream tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
        this.operands = expressions.operands();
    }

    public static List<Statement> parse(String source) {
        StatementParser parser = new StatementParser(new TokenStream(Lexer.tokens(source)));
        return parser.body(Set.of());
    }

    /** Statements up to a block that begins with one of the words; that word is read, what follows it is not. */
    private List<Statement> body(Set<String> ends) {
        tokens.enter();
        List<Statement> body = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> body.add(new Statement.Text(token.line(), MarkedText.trusted(token.text())));
                case PRINT_BEGIN -> {
                    body.add(new Statement.Print(token.line(), expressions.tuple(true)));
                    tokens.expect(Kind.PRINT_END, "the end of the print statement");
                }
                case BLOCK_BEGIN -> {
                    if (tokens.current().kind() == Kind.NAME && ends.contains(tokens.current().text())) {
                        tokens.leave();
                        return List.copyOf(body);
                    }
                    body.add(statement());
                }
                case END -> {
                    if (!ends.isEmpty()) {
                        throw TemplateException
                                .of("a block is not closed: " + String.join(" or ", ends.stream().sorted().toList())
                                        + " is missing", token.line());
                    }
                    tokens.leave();
                    return List.copyOf(body);
                }
                case BLOCK_END, PRINT_END, NAME, STRING, INTEGER, FLOAT, OPERATOR -> throw TemplateException
                        .of(token.shown() + " is unexpected", token.line());
            }
        }
    }

    /** Statements up to the end word, which is read with the end of its block. */
    private List<Statement> bodyUntil(String end) {
        List<Statement> body = body(Set.of(end));
        tokens.next();
        blockEnd();
        return body;
    }

    private void blockEnd() {
        tokens.expect(Kind.BLOCK_END, "the end of the block");
    }

    private Statement statement() {
        Token tag = tokens.expect(Kind.NAME, "the name of a tag");
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> branches(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "call" -> call(line);
            case "filter" -> {
                Expression filter = operands.filters();
                blockEnd();
                yield new Statement.FilterBlock(line, filter, bodyUntil("endfilter"));
            }
            case "with" -> with(line);
            case "generation" -> {
                blockEnd();
                int outer = loops;
                loops = 0;
                List<Statement> body = bodyUntil("endgeneration");
                loops = outer;
                yield new Statement.Scoped(line, body);
            }
            case "block" -> block(line);
            case "break" -> {
                requireLoop(tag);
                yield new Statement.Break(line);
            }
            case "continue" -> {
                requireLoop(tag);
                yield new Statement.Continue(line);
            }
            case "print" -> print(line);
            case "autoescape" -> unescaped(line);
            case "include", "import", "from", "extends" -> throw TemplateException
                    .of("'" + tag.text() + "' needs other templates, and a chat template stands alone", line);
            default -> throw TemplateException.of("there is no tag '" + tag.text() + "'", line);
        };
    }

    /** Values with commas, printed one after the other. */
    private Statement print(int line) {
        List<Expression> parts = new ArrayList<>();
        do {
            parts.add(expressions.expression());
        } while (tokens.skipOperator(","));
        blockEnd();
        return new Statement.Print(line, new Expression.Joined(List.copyOf(parts)));
    }

    private Statement unescaped(int line) {
        if (!(expressions.expression() instanceof Expression.Literal literal) || Values.truth(literal.value())) {
            throw TemplateException.of("escaping of HTML is not supported", line);
        }
        blockEnd();
        return new Statement.Scoped(line, bodyUntil("endautoescape"));
    }

    private void requireLoop(Token tag) {
        if (loops == 0) {
            throw TemplateException.of("'" + tag.text() + "' stands outside a loop", tag.line());
        }
        blockEnd();
    }

    private Statement branches(int line) {
        List<Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        while (true) {
            Expression test = expressions.tuple(false);
            blockEnd();
            branches.add(new Branch(test, body(Set.of("elif", "else", "endif"))));
            String word = tokens.name();
            if (word.equals("elif")) {
                continue;
            }
            blockEnd();
            if (word.equals("else")) {
                otherwise = bodyUntil("endif");
            }
            return new Statement.If(line, List.copyOf(branches), otherwise);
        }
    }

    private Statement loop(int line) {
        Target target = targets(false);
        if (!tokens.skipName("in")) {
            throw tokens.unexpected("'in'");
        }
        if (target.equals(new Target.Variable("loop"))) {
            throw TemplateException.of("'loop' cannot be the variable of a loop", line);
        }
        Expression over = expressions.tuple(false);
        Expression filter = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        blockEnd();
        loops++;
        List<Statement> body = body(Set.of("endfor", "else"));
        loops--;
        List<Statement> otherwise = List.of();
        String word = tokens.name();
        blockEnd();
        if (word.equals("else")) {
            otherwise = bodyUntil("endfor");
        }
        return new Statement.For(line, target, over, filter, recursive, body, otherwise);
    }

    private Target targets(boolean fields) {
        List<Target> targets = new ArrayList<>();
        do {
            if (!targets.isEmpty() && (tokens.current().name("in") || tokens.current().operator("=")
                    || tokens.current().kind() == Kind.BLOCK_END || tokens.current().operator(")"))) {
                return new Target.Unpacked(List.copyOf(targets));
            }
            targets.add(target(fields));
        } while (tokens.skipOperator(","));
        return targets.size() == 1 ? targets.getFirst() : new Target.Unpacked(List.copyOf(targets));
    }

    private Target target(boolean fields) {
        if (tokens.skipOperator("(")) {
            tokens.enter();
            Target inner = targets(fields);
            tokens.leave();
            tokens.operator(")");
            return inner;
        }
        String name = tokens.name();
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw tokens.wrong("'" + name + "' cannot be assigned to");
        }
        return fields && tokens.skipOperator(".") ? new Target.Field(name, tokens.name()) : new Target.Variable(name);
    }

    private Statement set(int line) {
        Target target = targets(true);
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            blockEnd();
            return new Statement.Assign(line, target, value);
        }
        Expression filter = tokens.skipOperator("|") ? operands.filters() : null;
        blockEnd();
        return new Statement.Capture(line, target, filter, bodyUntil("endset"));
    }

    private Statement macro(int line) {
        String name = tokens.name();
        return new Statement.Define(line, code(name, parameters(), "endmacro"));
    }

    private MacroCode code(String name, List<Parameter> parameters, String end) {
        blockEnd();
        Set<String> outer = operands.watch();
        int outerLoops = loops;
        loops = 0;
        List<Statement> body = bodyUntil(end);
        loops = outerLoops;
        return new MacroCode(name, parameters, body, operands.unwatch(outer));
    }

    private List<Parameter> parameters() {
        tokens.operator("(");
        List<Parameter> parameters = new ArrayList<>();
        while (!tokens.skipOperator(")")) {
            String name = tokens.name();
            Expression preset = tokens.skipOperator("=") ? expressions.expression() : null;
            if (preset == null && !parameters.isEmpty() && parameters.getLast().preset() != null) {
                throw tokens.wrong("a parameter without a default follows one with a default");
            }
            parameters.add(new Parameter(name, preset));
            if (!tokens.current().operator(")")) {
                tokens.operator(",");
            }
        }
        return List.copyOf(parameters);
    }

    private Statement call(int line) {
        List<Parameter> parameters = tokens.current().operator("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw TemplateException.of("'call' needs a call", line);
        }
        return new Statement.CallBlock(line, call, code("caller", parameters, "endcall"));
    }

    private Statement with(int line) {
        List<Binding> bindings = new ArrayList<>();
        while (tokens.current().kind() != Kind.BLOCK_END) {
            if (!bindings.isEmpty()) {
                tokens.operator(",");
            }
            Target target = target(false);
            tokens.operator("=");
            bindings.add(new Binding(target, expressions.expression()));
        }
        blockEnd();
        return new Statement.With(line, List.copyOf(bindings), bodyUntil("endwith"));
    }

    private Statement block(int line) {
        String name = tokens.name();
        tokens.skipName("scoped");
        tokens.skipName("required");
        blockEnd();
        List<Statement> body = body(Set.of("endblock"));
        tokens.next();
        tokens.skipName(name);
        blockEnd();
        return new Statement.Scoped(line, body);
    }
}
