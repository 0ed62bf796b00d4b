/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.engine.tools.ToolOffer;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Collects how a conversation with a model elsewhere is to be. What only an engine of our own can do is refused, with a sentence that
 * says so.
 */
final class RemoteBuilder extends CommonBuilder {

    private final RemoteParts model;
    private boolean strict;

    RemoteBuilder(Conversations conversations, RemoteParts model, Extensions extensions) {
        super(conversations, extensions);
        this.model = model;
    }

    @Override
    public Conversation.Builder stopTokens(Set<Integer> ids) {
        if (!ids.isEmpty()) {
            throw elsewhere("tokens that end an answer");
        }
        return this;
    }

    private IllegalArgumentException elsewhere(String what) {
        return new IllegalArgumentException("The model " + model.reference()
                + " runs elsewhere and cannot be asked for " + what
                + ": leave that out, or take a model of this machine.");
    }

    @Override
    public Conversation.Builder loops(LoopLimits limits) {
        // whoever runs the model looks after it
        return this;
    }

    @Override
    public Conversation.Builder format(AnswerFormat wanted) {
        if (!(wanted instanceof AnswerFormat.Text) && !(wanted instanceof AnswerFormat.JsonSchema)) {
            throw elsewhere("an answer of the kind " + wanted.getClass().getSimpleName());
        }
        format = wanted;
        return this;
    }

    @Override
    public Conversation.Builder strict(boolean held) {
        strict = held;
        return this;
    }

    @Override
    public Conversation.Builder plain() {
        throw elsewhere("bare text");
    }

    @Override
    public Conversation.Builder restore(Path file) {
        saved = ConversationFile.describe(file, model.reference());
        return this;
    }

    @Override
    public Conversation start() {
        ToolSources sources = sources();
        ToolSources.Table table = sources.now();
        ToolBox.check(toolChoice, table.definitions().keySet());
        Function<ToolSources.Table, ToolOffer> offers = offers(
                tool -> RemoteParts.estimate(tool.name() + tool.description() + Json.write(tool.parameters())));
        Sampling how = sampling == null ? model.defaults() : sampling;
        ConversationOptions options = new ConversationOptions(table, offers.apply(table), user, guards(), approver,
                extensions.watch(), how, how.seed().orElse(0), maxTokens, maxToolRounds, stop, Set.of(),
                logprobs, reasoning, LoopLimits.OFF, format, priority, deadline);
        Set<String> held = new HashSet<>(table.definitions().keySet());
        held.removeIf(name -> !strictByName.getOrDefault(name, strict));
        return conversations.adopt(new RemoteConversation(conversations, model,
                before -> ToolsNow.renewed(before, sources, offers).orElse(before), options,
                new RemoteWishes(format, toolChoice, held), start(saved), saved == null ? 0 : saved.calls()));
    }
}
