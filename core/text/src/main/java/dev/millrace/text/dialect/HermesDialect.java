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

/**
 * Hermes, Qwen, Granite and others: {@code <think>...</think>}, and each call as JSON between {@code <tool_call>} and
 * {@code </tool_call>}. Their templates put every mark on a line of its own, so line breaks beside marks are no text.
 */
@Component(service = Dialect.class)
public final class HermesDialect implements Dialect {

    static final String START = "<tool_call>";
    private static final String END = "</tool_call>";

    static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("<think>", Part.TEXT, Part.THINKING),
            new Mark("</think>", Part.THINKING, Part.TEXT),
            new Mark(START, Part.TEXT, Part.CALLS),
            new Mark(START, Part.CALLS, Part.CALLS),
            new Mark(END, Part.CALLS, Part.TEXT)).withNewlinesInMarks();

    /** Stateless. */
    public HermesDialect() {
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("<think>", "</think>", "", SYNTAX.spellings(), true,
                List.of(new AnswerForm.Calls("", START, "\n", "{\"name\": \"", "\", \"arguments\": ",
                        AnswerForm.Arguments.JSON, "}", "\n" + END + "\n" + START + "\n", "\n" + END))));
    }

    @Override
    public String id() {
        return "hermes";
    }

    @Override
    public int match(ModelText model) {
        if (model.template().contains(START)) {
            return 80;
        }
        return model.hasToken().test(START) ? 60 : 0;
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

    @Override
    public String write(List<ToolCall> calls) {
        return calls.stream().map(call -> START + "\n" + JsonWriter.object(call, "arguments") + "\n" + END)
                .collect(Collectors.joining("\n"));
    }
}
