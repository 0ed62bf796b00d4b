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
 * Mistral: calls after {@code [TOOL_CALLS]}, as a JSON list, or each as {@code name[ARGS]{...}} after a mark of its own;
 * thinking between {@code [THINK]} and {@code [/THINK]}.
 */
@Component(service = Dialect.class)
public final class MistralDialect implements Dialect {

    private static final String START = "[TOOL_CALLS]";

    private static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("[THINK]", Part.TEXT, Part.THINKING),
            new Mark("[/THINK]", Part.THINKING, Part.TEXT),
            new Mark(START, Part.TEXT, Part.CALLS),
            new Mark(START, Part.CALLS, Part.CALLS)).withWords("[ARGS]", "[CALL_ID]");

    /** Stateless. */
    public MistralDialect() {
    }

    /** Newer vocabularies have a mark before the arguments, older models write a list. */
    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        AnswerForm.Calls calls = hasToken.test("[ARGS]")
                ? new AnswerForm.Calls("", START, "", "", "[ARGS]", AnswerForm.Arguments.JSON, "", START, "")
                : new AnswerForm.Calls("", START, "[", "{\"name\": \"", "\", \"arguments\": ",
                        AnswerForm.Arguments.JSON, "}", ", ", "]");
        return Optional.of(new AnswerForm("[THINK]", "[/THINK]", "", SYNTAX.spellings(), false, List.of(calls)));
    }

    @Override
    public String id() {
        return "mistral";
    }

    @Override
    public int match(ModelText model) {
        if (model.template().contains(START)) {
            return 90;
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
        return START + JsonWriter.list(calls);
    }
}
