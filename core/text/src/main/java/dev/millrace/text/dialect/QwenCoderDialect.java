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
 * Qwen3-Coder and its kin: as {@link HermesDialect}, but each call is written in tags, {@code <function=name>} and
 * {@code <parameter=key>}. The tags cannot keep a value from spelling a mark, so calls of earlier turns, where a template leaves them
 * out, are written as Hermes does.
 */
@Component(service = Dialect.class)
public final class QwenCoderDialect implements Dialect {

    private static final AnswerSyntax SYNTAX = HermesDialect.SYNTAX.withTaggedCalls()
            .with(new Mark(TaggedCalls.FUNCTION, Part.TEXT, Part.CALLS, true));

    /** Stateless. */
    public QwenCoderDialect() {
    }

    /** Calls in JSON between the same marks: the dialect reads them, too, and values need no escapes of their own there. */
    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return new HermesDialect().form(hasToken);
    }

    @Override
    public String id() {
        return "qwen-coder";
    }

    @Override
    public int match(ModelText model) {
        String template = model.template();
        return template.contains(HermesDialect.START) && template.contains("<function=")
                && template.contains("<parameter=") ? 90 : 0;
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
        return new HermesDialect().write(calls);
    }
}
