/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.tools.ToolOffer;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Keeps a conversation up with its tools: what it has of them changes between two answers, and never within one.
 *
 * @param sources where they come from
 * @param offers which of them the model is told of
 * @param formats the stages that hold an answer to a format, and calls to the tools
 */
record ToolsNow(ToolSources sources, Function<ToolSources.Table, ToolOffer> offers,
        BiFunction<ConversationOptions, AnswerFormat, Stages> formats) {

    /** The options with the tools that there are now; empty if the model has to be told of no change. */
    Optional<ConversationOptions> renewed(ConversationOptions options) {
        ToolSources.Table now = sources.now();
        return now.definitions().equals(options.table().definitions())
                && now.tools().keySet().equals(options.tools().keySet())
                        ? Optional.empty()
                        : Optional.of(options.withTools(now.after(options.table()), offers.apply(now)));
    }

    /** The stages for a format, with these tools. */
    Stages stages(ConversationOptions options, AnswerFormat format) {
        return formats.apply(options, format);
    }
}
