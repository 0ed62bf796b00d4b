/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.dialect.PlainDialect;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Text from its first token on, with no thinking and no calls: what a model writes that was not asked to chat. */
final class BareText implements Dialect {

    private final PlainDialect plain = new PlainDialect();

    @Override
    public String id() {
        return "bare";
    }

    /** Never chosen for a model, only for a conversation. */
    @Override
    public int match(ModelText model) {
        return 0;
    }

    @Override
    public DialectParser parser(boolean insideThinking) {
        return plain.parser(false);
    }

    @Override
    public String write(List<ToolCall> calls) {
        return plain.write(calls);
    }

    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.of(new AnswerForm("", "", "", List.of(), false, List.of()));
    }
}
