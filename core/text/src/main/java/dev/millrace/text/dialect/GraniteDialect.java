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

/**
 * Granite 3 and Phi-4-mini: calls as a JSON list after {@code <|tool_call|>}, which Phi closes by {@code <|/tool_call|>};
 * thinking between {@code <think>} and {@code </think>}.
 */
@Component(service = Dialect.class)
public final class GraniteDialect implements Dialect {

    private static final String START = "<|tool_call|>";
    private static final String END = "<|/tool_call|>";

    private static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("<think>", Part.TEXT, Part.THINKING),
            new Mark("</think>", Part.THINKING, Part.TEXT),
            new Mark(START, Part.TEXT, Part.CALLS),
            new Mark(END, Part.CALLS, Part.TEXT));

    /** Stateless. */
    public GraniteDialect() {
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        AnswerForm.Calls calls = new AnswerForm.Calls("", START, "[", "{\"name\": \"", "\", \"arguments\": ",
                AnswerForm.Arguments.JSON, "}", ", ", hasToken.test(END) ? "]" + END : "]");
        return Optional.of(new AnswerForm("<think>", "</think>", "", SYNTAX.spellings(), false, List.of(calls)));
    }

    @Override
    public String id() {
        return "granite";
    }

    @Override
    public int match(ModelText model) {
        if (model.template().contains(START)) {
            return 85;
        }
        return model.hasToken().test(START) ? 65 : 0;
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
    public String write(List<ToolCall> calls) {
        return START + JsonWriter.list(calls);
    }
}
