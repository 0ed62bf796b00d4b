/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Component;

/** The fallback for models that write nothing but text. */
@Component(service = Dialect.class)
public final class PlainDialect implements Dialect {

    /** Stateless. */
    public PlainDialect() {
    }

    /** Text, and thinking where the prompt has opened it. */
    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("<think>", "</think>", "", List.of(), true, List.of()));
    }

    @Override
    public String id() {
        return "plain";
    }

    @Override
    public int match(ModelText model) {
        return 1;
    }

    @Override
    public DialectParser parser(boolean insideThinking) {
        return parser(insideThinking, List.of());
    }

    @Override
    public DialectParser parser(boolean insideThinking, List<ToolDefinition> tools) {
        AnswerSyntax syntax = insideThinking ? ThinkDialect.SYNTAX : new AnswerSyntax();
        return new AnswerParser(syntax, insideThinking, Signatures.of(tools));
    }

    /** JSON, one call per line: a model that has no marks for calls reads that best. */
    @Override
    public String write(List<ToolCall> calls) {
        return ThinkDialect.lines(calls);
    }
}
