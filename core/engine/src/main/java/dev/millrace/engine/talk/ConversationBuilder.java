/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.tools.ToolOffer;
import dev.millrace.json.Json;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Collects how a conversation is to be. */
final class ConversationBuilder extends CommonBuilder {

    private ModelParts model;
    private Set<Integer> stopTokens = Set.of();
    private LoopLimits loops = LoopLimits.DEFAULT;
    private @Nullable Boolean strict;

    ConversationBuilder(Conversations conversations, ModelParts model, Extensions extensions) {
        super(conversations, extensions);
        this.model = model;
    }

    @Override
    public Conversation.Builder stopTokens(Set<Integer> ids) {
        ids.forEach(id -> inVocabulary(id, "A stop token"));
        stopTokens = Set.copyOf(ids);
        return this;
    }

    private void inVocabulary(int id, String what) {
        if (id < 0 || id >= model.info().vocabularySize()) {
            throw new IllegalArgumentException(what + " is an id from 0 to " + (model.info().vocabularySize() - 1)
                    + " in this model, not " + id + ".");
        }
    }

    @Override
    public Conversation.Builder loops(LoopLimits limits) {
        loops = limits;
        return this;
    }

    @Override
    public Conversation.Builder format(AnswerFormat wanted) {
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
        model = model.plain();
        return this;
    }

    @Override
    public Conversation.Builder restore(Path file) {
        saved = ConversationFile.describe(file, model);
        return this;
    }

    @Override
    public Conversation start() {
        ToolSources sources = sources();
        ToolSources.Table table = sources.now();
        HeldCalls calls = heldCalls();
        Sampling how = sampling == null ? model.sampling() : sampling;
        how.penalties().bias().keySet().forEach(id -> inVocabulary(id, "A biased token"));
        ToolChoice chosen = toolChoice;
        Function<ToolSources.Table, ToolOffer> offers = offers(tokens());
        ConversationOptions options = new ConversationOptions(table, offers.apply(table), user, guards(), approver,
                extensions.watch(), how, how.seed().orElseGet(conversations::newSeed), maxTokens, maxToolRounds,
                stop, stopTokens, logprobs, reasoning, loops, format, priority, deadline);
        LoopLimits limits = loops;
        BiFunction<ConversationOptions, AnswerFormat, Stages> formats = (now, wanted) -> {
            callable(calls.isWanted(now.definitions()), chosen, now.toolNames());
            enforceable(wanted);
            return calls.stages(extensions.stages().get(), new Stages.Context(model.tokenizer(), model.endTokens(),
                    now.definitions(), wanted, how, limits,
                    model.dialect().form(token -> model.tokenizer().id(token).isPresent()), chosen, false, Set.of()));
        };
        Stages stages = formats.apply(options, format);
        PromptCache cache = saved == null
                ? new PromptCache(model.scheduler(), model.prefixes())
                : ConversationFile.cache(saved, model);
        return conversations.adopt(new LiveConversation(conversations, model, new ToolsNow(sources, offers, formats),
                options, start(saved), saved == null ? 0 : saved.calls(), cache, stages));
    }

    /** About how many tokens a tool takes in a prompt: templates write definitions as JSON, or much like it. */
    private ToIntFunction<ToolDefinition> tokens() {
        PromptTokenizer tokenizer = model.tokenizer();
        return tool -> tokenizer.encode(Json.write(Map.of("name", tool.name(), "description", tool.description(),
                "parameters", tool.parameters()))).length;
    }

    private void enforceable(AnswerFormat wanted) {
        if (!(wanted instanceof AnswerFormat.Text)
                && extensions.stages().get().stream().noneMatch(factory -> factory.enforces(wanted))) {
            throw new IllegalArgumentException("No plugin is here that can enforce an answer of the kind "
                    + wanted.getClass().getSimpleName() + ": add one, or ask for free text.");
        }
    }

    private HeldCalls heldCalls() {
        Holding usual = strict == null ? model.holding() : strict ? Holding.MUST : Holding.NOT;
        return new HeldCalls(usual, strictByName, conversations::tellOnce);
    }

    private void callable(boolean held, ToolChoice choice, Set<String> names) {
        boolean bound = held || choice.required();
        if (bound && extensions.stages().get().stream().noneMatch(SamplerStage.Factory::enforcesToolCalls)) {
            throw new IllegalArgumentException(
                    "No plugin is here that can hold the model to tool calls: add one, or leave the choice to the model.");
        }
        ToolBox.check(choice, names);
    }
}
