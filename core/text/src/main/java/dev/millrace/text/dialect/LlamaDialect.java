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
 * Llama 3 and 4: an answer that is nothing but calls, as JSON with {@code "parameters"} or as a Python list, maybe after
 * {@code <|python_tag|>}. Without that tag, an answer counts as calls only if every bit of it is understood.
 */
@Component(service = Dialect.class)
public final class LlamaDialect implements Dialect {

    private static final String START = "<|python_tag|>";

    private static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark("<think>", Part.TEXT, Part.THINKING),
            new Mark("</think>", Part.THINKING, Part.TEXT),
            new Mark(START, Part.TEXT, Part.CALLS),
            new Mark(START, Part.CALLS, Part.CALLS),
            new Mark("<|eom_id|>", Part.CALLS, Part.TEXT),
            new Mark("<|eot_id|>", Part.CALLS, Part.TEXT)).withNewlinesInMarks().withBareCalls();

    /** Stateless. */
    public LlamaDialect() {
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("<think>", "</think>", "", SYNTAX.spellings(), true,
                List.of(new AnswerForm.Calls("", "", "", "{\"name\": \"", "\", \"parameters\": ",
                        AnswerForm.Arguments.JSON, "}", "; ", ""))));
    }

    @Override
    public String id() {
        return "llama";
    }

    @Override
    public int match(ModelText model) {
        String template = model.template();
        boolean header = template.contains("<|start_header_id|>") || template.contains("<|header_start|>");
        if (!header || !template.contains("tools")) {
            return 0;
        }
        return template.contains(START) || model.hasToken().test(START) ? 70 : 50;
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
        return calls.stream().map(call -> JsonWriter.object(call, "parameters")).collect(Collectors.joining("; "));
    }
}
