/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelection;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.tools.ToolOffer;
import dev.millrace.json.Json;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Collects how a conversation is to be. */
final class ConversationBuilder implements Conversation.Builder {

    private static final int TOOL_ROUNDS = 8;
    private static final int MOST_ALTERNATIVES = 100;

    private final Conversations conversations;
    private ModelParts model;
    private final Extensions extensions;
    private final List<ToolGuard> guards = new ArrayList<>();
    private ToolApprover approver = ToolApprover.NOBODY;
    private String user = "";
    private boolean suggested;
    private final ToolBox box = new ToolBox();
    private final List<Message> messages = new ArrayList<>();
    private @Nullable String system;
    private @Nullable Sampling sampling;
    private ConversationFile.@Nullable Saved saved;
    private StopStrings stop = StopStrings.NONE;
    private Set<Integer> stopTokens = Set.of();
    private OptionalInt logprobs = OptionalInt.empty();
    private Reasoning reasoning = Reasoning.DEFAULT;
    private LoopLimits loops = LoopLimits.DEFAULT;
    private AnswerFormat format = AnswerFormat.TEXT;
    private ToolChoice toolChoice = ToolChoice.AUTO;
    private @Nullable ToolSelection selection;
    private @Nullable Boolean strict;
    private final Map<String, Boolean> strictByName = new HashMap<>();
    private int maxTokens = Integer.MAX_VALUE;
    private int maxToolRounds = TOOL_ROUNDS;
    private int priority;
    private Optional<Duration> deadline = Optional.empty();

    ConversationBuilder(Conversations conversations, ModelParts model, Extensions extensions) {
        this.conversations = conversations;
        this.model = model;
        this.extensions = extensions;
    }

    @Override
    public Conversation.Builder system(String text) {
        system = text;
        return this;
    }

    @Override
    public Conversation.Builder messages(List<Message> before) {
        messages.clear();
        messages.addAll(before);
        return this;
    }

    @Override
    public Conversation.Builder tools(ToolProvider... more) {
        box.add(List.of(more));
        return this;
    }

    @Override
    public Conversation.Builder suggestedTools() {
        suggested = true;
        return tools(extensions.suggestedTools().get().toArray(ToolProvider[]::new));
    }

    @Override
    public Conversation.Builder declare(List<ToolDefinition> definitions) {
        box.declare(definitions);
        return this;
    }

    @Override
    public Conversation.Builder guard(ToolGuard guard) {
        guards.add(guard);
        return this;
    }

    @Override
    public Conversation.Builder approver(ToolApprover asks) {
        approver = asks;
        return this;
    }

    @Override
    public Conversation.Builder user(String name) {
        user = name;
        return this;
    }

    @Override
    public Conversation.Builder sampling(Sampling how) {
        sampling = how;
        return this;
    }

    @Override
    public Conversation.Builder maxTokens(int tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("An answer has 1 token or more, not " + tokens + ".");
        }
        maxTokens = tokens;
        return this;
    }

    @Override
    public Conversation.Builder maxToolRounds(int rounds) {
        if (rounds < 0) {
            throw new IllegalArgumentException("Rounds of tool calls are 0 or more, not " + rounds + ".");
        }
        maxToolRounds = rounds;
        return this;
    }

    @Override
    public Conversation.Builder stop(List<String> texts, boolean inThinking) {
        stop = StopStrings.of(texts, inThinking);
        return this;
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
    public Conversation.Builder logprobs(int alternatives) {
        if (alternatives < 0 || alternatives > MOST_ALTERNATIVES) {
            throw new IllegalArgumentException(
                    "From 0 to " + MOST_ALTERNATIVES + " alternatives are told, not " + alternatives + ".");
        }
        logprobs = OptionalInt.of(alternatives);
        return this;
    }

    @Override
    public Conversation.Builder reasoning(Reasoning how) {
        reasoning = how;
        return this;
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
    public Conversation.Builder toolChoice(ToolChoice choice) {
        toolChoice = choice;
        return this;
    }

    @Override
    public Conversation.Builder toolSelection(ToolSelection wanted) {
        selection = wanted;
        return this;
    }

    @Override
    public Conversation.Builder strict(boolean held) {
        strict = held;
        return this;
    }

    @Override
    public Conversation.Builder strict(String tool, boolean held) {
        strictByName.put(tool, held);
        return this;
    }

    @Override
    public Conversation.Builder priority(int level) {
        priority = level;
        return this;
    }

    @Override
    public Conversation.Builder deadline(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("An answer needs time, more than " + time + ".");
        }
        deadline = Optional.of(time);
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
        List<ToolGuard> own = List.copyOf(guards);
        Supplier<List<ToolGuard>> all = () -> {
            List<ToolGuard> now = new ArrayList<>(extensions.guards().get());
            now.addAll(own);
            return now;
        };
        ToolSources sources = box.sources(extensions.installedTools(),
                suggested ? extensions.suggestedTools() : List::of);
        ToolSources.Table table = sources.now();
        HeldCalls calls = heldCalls();
        Sampling how = sampling == null ? model.sampling() : sampling;
        how.penalties().bias().keySet().forEach(id -> inVocabulary(id, "A biased token"));
        ToolChoice chosen = toolChoice;
        ToolSelection choice = selection == null ? extensions.selection() : selection;
        ToIntFunction<ToolDefinition> tokens = tokens();
        Function<ToolSources.Table, ToolOffer> offers = now -> new ToolOffer(now.definitions(), now.choosable(),
                chosen.name(), choice, extensions.selectors(), tokens);
        ConversationOptions options = new ConversationOptions(table, offers.apply(table), user, all, approver,
                extensions.listeners(), how, how.seed().orElseGet(conversations::newSeed), maxTokens, maxToolRounds,
                stop, stopTokens, logprobs, reasoning, loops, format, priority, deadline);
        List<Message> start = new ArrayList<>();
        if (saved != null) {
            start.addAll(saved.messages());
        }
        if (system != null) {
            start.removeIf(message -> message.role() == Message.Role.SYSTEM);
            start.addFirst(Message.system(system));
        }
        start.addAll(messages);
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
                options, start, saved == null ? 0 : saved.calls(), cache, stages));
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
