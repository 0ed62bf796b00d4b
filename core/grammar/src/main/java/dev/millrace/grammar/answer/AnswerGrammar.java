/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.answer;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.grammar.machine.ByteSet;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.grammar.schema.Notation;
import dev.millrace.grammar.schema.SchemaGrammar;
import dev.millrace.grammar.source.CodePoints;
import dev.millrace.grammar.source.Gbnf;
import dev.millrace.grammar.source.PatternSource;
import dev.millrace.grammar.source.Unmarked;
import dev.millrace.spi.text.AnswerForm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds the grammar of an answer from what was asked for and from how the model's family writes. */
public final class AnswerGrammar {

    private static final int MOST_EXPRESSIONS = 1_000_000;
    private static final int MOST_BREAKS = 2;
    private static final String IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]{0,63}";

    private final Wish wish;
    private final Grammar grammar;
    private final Expressions out;
    private final Marks marks;
    private final AnswerForm form;

    /**
     * What was asked for. Equal ones have the same grammar.
     *
     * @param format what the text must look like
     * @param tools that the model is told of
     * @param choice whether it has to call one
     * @param strict whether calls are held to the tools' schemas
     * @param open names of tools whose arguments are free all the same
     * @param form how the model's family writes
     * @param insideThinking whether the prompt has opened thinking
     */
    public record Wish(AnswerFormat format, List<ToolDefinition> tools, ToolChoice choice, boolean strict,
            Set<String> open, AnswerForm form, boolean insideThinking) {

        /** Copies the collections. */
        public Wish {
            tools = List.copyOf(tools);
            open = Set.copyOf(open);
        }

        /**
         * Whether anything is asked for.
         *
         * @return false if the answer is free
         */
        public boolean bounds() {
            return !(format instanceof AnswerFormat.Text) || choice.required() || (strict && !tools.isEmpty());
        }
    }

    private AnswerGrammar(Wish wish, Tokenizer tokenizer) {
        this.wish = wish;
        this.out = new Expressions(MOST_EXPRESSIONS);
        this.grammar = new Grammar(out);
        this.marks = new Marks(tokenizer, out);
        this.form = wish.form();
    }

    /**
     * The grammar of an answer.
     *
     * @param wish what was asked for
     * @param tokenizer knows the control tokens
     * @return a grammar over the bytes of text and the spellings of control tokens
     * @throws GrammarException if something cannot be enforced
     */
    public static Grammar of(Wish wish, Tokenizer tokenizer) {
        AnswerGrammar answer = new AnswerGrammar(wish, tokenizer);
        answer.grammar.start(answer.thinking(answer.body()));
        return answer.grammar;
    }

    /** Thinking is free, and comes first. */
    private Expression thinking(Expression body) {
        if (form.thinkingEnd().isEmpty()) {
            return body;
        }
        List<String> ends = form.textStart().isEmpty() ? List.of(form.thinkingEnd()) : form.marks();
        Expression breaks = form.breaks()
                ? out.repeat(out.text("\n"), 0, MOST_BREAKS)
                : out.epsilon();
        Expression rest = out.row(free(ends), cutCharacter(), marks.spell(form.thinkingEnd()), breaks, body);
        if (wish.insideThinking()) {
            return rest;
        }
        return marks.begins(form.thinkingStart())
                ? out.union(body, out.concat(marks.spell(form.thinkingStart()), rest))
                : body;
    }

    /** A budget can end thinking behind any token, so also inside a character. */
    private Expression cutCharacter() {
        Expression more = out.bytes(ByteSet.range(0x80, 0xbf));
        return out.optional(out.union(List.of(out.bytes(ByteSet.range(0xc2, 0xdf)),
                out.concat(out.bytes(ByteSet.range(0xe0, 0xef)), out.optional(more)),
                out.concat(out.bytes(ByteSet.range(0xf0, 0xf4)), out.repeat(more, 0, 2)))));
    }

    private Expression free(List<String> without) {
        return Unmarked.of(out, CodePoints.ALL, out.empty(), without);
    }

    private Expression body() {
        Expression text = marks.spell(form.textStart());
        boolean free = wish.format() instanceof AnswerFormat.Text;
        if (wish.choice().required()) {
            return calls();
        }
        if (wish.tools().isEmpty() || form.calls().isEmpty()) {
            return out.concat(text, value());
        }
        if (!free) {
            return out.union(out.concat(text, value()), calls());
        }
        AnswerForm.Calls calls = form.calls().getFirst();
        Expression words = free(form.marks());
        if (!text.equals(out.epsilon())) {
            return out.union(out.concat(text, words), calls());
        }
        if (calls.trigger().isEmpty()) {
            // told from text by its beginning alone
            Expression begin = out.concat(out.text(calls.open() + calls.beforeName()), out.not(out.empty()));
            return out.union(calls(), out.and(words, out.not(begin)));
        }
        Expression some = calls();
        return out.concat(words, out.repeat(out.concat(some, words), 0, Expression.UNBOUNDED));
    }

    // ---- the text

    private Expression value() {
        return switch (wish.format()) {
            case AnswerFormat.Text free -> free(form.marks());
            case AnswerFormat.JsonSchema json -> SchemaGrammar.of(json.schema(), grammar,
                    Notation.json(out, form.marks()));
            case AnswerFormat.Grammar source -> Gbnf.read(source.source(), grammar, marks::token);
            case AnswerFormat.Pattern pattern -> PatternSource.whole(pattern.regex(), out);
        };
    }

    // ---- calls

    private List<ToolDefinition> callable() {
        String name = wish.choice().name();
        return name.isEmpty()
                ? wish.tools()
                : wish.tools().stream().filter(tool -> tool.name().equals(name)).toList();
    }

    /** Calls in the first form in which all tools can be written. */
    private Expression calls() {
        if (form.calls().isEmpty()) {
            throw new GrammarException("This model's dialect has no form for calls: it cannot be held to them.");
        }
        GrammarException problem = null;
        for (AnswerForm.Calls each : form.calls()) {
            try {
                return calls(each);
            } catch (GrammarException e) {
                problem = problem == null ? e : problem;
            }
        }
        throw problem == null ? new GrammarException("There is no tool to call.") : problem;
    }

    private Expression calls(AnswerForm.Calls how) {
        boolean python = how.arguments() == AnswerForm.Arguments.PYTHON;
        Notation notation = python ? Notation.python(out, form.marks()) : Notation.json(out, form.marks());
        List<Expression> each = new ArrayList<>();
        for (ToolDefinition tool : callable()) {
            each.add(out.row(out.text(tool.name()), marks.spell(how.afterName()), arguments(tool, how, notation)));
        }
        Expression one = out.row(marks.spell(how.beforeName()), out.union(each), marks.spell(how.afterArguments()));
        int calls = grammar.declare("call");
        grammar.define(calls, one);
        Expression more = how.between().isEmpty() || !wish.choice().name().isEmpty()
                ? out.epsilon()
                : out.repeat(out.concat(marks.spell(how.between()), out.call(calls)), 0, Expression.UNBOUNDED);
        return out.row(marks.spell(how.lead()), marks.spell(how.trigger()), marks.spell(how.open()), out.call(calls),
                more,
                marks.spell(how.close()));
    }

    private Expression arguments(ToolDefinition tool, AnswerForm.Calls how, Notation notation) {
        if (wish.open().contains(tool.name())) {
            return open(how, notation);
        }
        Map<String, @Nullable Object> schema = closed(tool.parameters());
        try {
            return how.arguments() == AnswerForm.Arguments.PYTHON
                    ? SchemaGrammar.arguments(schema, grammar, notation,
                            out.concat(out.text(","), out.optional(out.text(" "))))
                    : SchemaGrammar.of(schema, grammar, notation);
        } catch (GrammarException e) {
            throw new GrammarException("The tool " + tool.name() + ": " + e.getMessage());
        }
    }

    /** Any arguments that the dialect's parser reads. */
    private Expression open(AnswerForm.Calls how, Notation notation) {
        if (how.arguments() != AnswerForm.Arguments.PYTHON) {
            return SchemaGrammar.of(Map.of("type", "object"), grammar, notation);
        }
        Expression argument = out.row(PatternSource.whole(IDENTIFIER, out), out.text("="),
                SchemaGrammar.of(Map.of(), grammar, notation));
        Expression more = out.row(out.text(","), out.optional(out.text(" ")), argument);
        return out.optional(out.concat(argument, out.repeat(more, 0, Expression.UNBOUNDED)));
    }

    /** Arguments are an object, and what its schema does not name is none of them, unless it says so. */
    private static Map<String, @Nullable Object> closed(Map<String, @Nullable Object> parameters) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>(parameters);
        schema.putIfAbsent("type", "object");
        boolean composed = List.of("allOf", "anyOf", "oneOf", "$ref", "if", "patternProperties", "dependentSchemas",
                "dependencies", "unevaluatedProperties").stream().anyMatch(schema::containsKey);
        if (!composed) {
            schema.putIfAbsent("properties", Map.of());
            schema.putIfAbsent("additionalProperties", false);
        }
        return schema;
    }
}
