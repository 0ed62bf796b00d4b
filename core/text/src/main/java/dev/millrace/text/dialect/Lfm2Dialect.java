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
import org.osgi.service.component.annotations.Component;

/**
 * LFM2 and LFM2.5: {@code <think>...</think>}, and Python calls in a list between {@code <|tool_call_start|>} and
 * {@code <|tool_call_end|>}, or JSON there. Text is taken exactly as it stands, since the templates add no line breaks.
 */
@Component(service = Dialect.class)
public final class Lfm2Dialect implements Dialect {

    private static final String START = "<|tool_call_start|>";
    private static final String END = "<|tool_call_end|>";

    private static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("<think>", Part.TEXT, Part.THINKING),
            new Mark("</think>", Part.THINKING, Part.TEXT),
            new Mark(START, Part.TEXT, Part.CALLS),
            new Mark(START, Part.CALLS, Part.CALLS),
            new Mark(END, Part.CALLS, Part.TEXT));

    /** Stateless. */
    public Lfm2Dialect() {
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("<think>", "</think>", "", SYNTAX.spellings(), false,
                List.of(
                        new AnswerForm.Calls("", START, "[", "", "(", AnswerForm.Arguments.PYTHON, ")", ", ",
                                "]" + END),
                        new AnswerForm.Calls("", START, "[", "{\"name\": \"", "\", \"arguments\": ",
                                AnswerForm.Arguments.JSON, "}", ", ", "]" + END))));
    }

    @Override
    public String id() {
        return "lfm2";
    }

    @Override
    public int match(ModelText model) {
        if (model.hasToken().test(START) && model.hasToken().test(END)) {
            return 100;
        }
        return model.template().contains(START) || model.template().contains("<|tool_list_start|>") ? 90 : 0;
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
        String body = PythonWriter.canWrite(calls) ? "[" + PythonWriter.calls(calls) + "]" : JsonWriter.list(calls);
        return START + body + END;
    }
}
