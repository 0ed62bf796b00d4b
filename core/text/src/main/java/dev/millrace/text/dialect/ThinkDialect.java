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
import dev.millrace.spi.text.ThinkingMarks;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;

/** Models that think between {@code <think>} and {@code </think>} and call no tools, for example DeepSeek R1. */
@Component(service = Dialect.class)
public final class ThinkDialect implements Dialect {

    static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("<think>", Part.TEXT, Part.THINKING),
            new Mark("</think>", Part.THINKING, Part.TEXT)).withNewlinesInMarks();

    /** Stateless. */
    public ThinkDialect() {
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("<think>", "</think>", "", SYNTAX.spellings(), true,
                List.of()));
    }

    @Override
    public String id() {
        return "think";
    }

    @Override
    public int match(ModelText model) {
        return model.hasToken().test("<think>") || model.template().contains("</think>") ? 10 : 0;
    }

    @Override
    public DialectParser parser(boolean insideThinking) {
        return parser(insideThinking, List.of());
    }

    @Override
    public DialectParser parser(boolean insideThinking, List<ToolDefinition> tools) {
        return new AnswerParser(SYNTAX, insideThinking, Signatures.of(tools));
    }

    @Override
    public Optional<ThinkingMarks> thinkingMarks() {
        return SYNTAX.thinkingMarks();
    }

    /** JSON, one call per line: a model that has no marks for calls reads that best. */
    @Override
    public String write(List<ToolCall> calls) {
        return lines(calls);
    }

    static String lines(List<ToolCall> calls) {
        return calls.stream().map(call -> JsonWriter.object(call, "arguments")).collect(Collectors.joining("\n"));
    }
}
