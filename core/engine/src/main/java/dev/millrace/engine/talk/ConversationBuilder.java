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
import dev.millrace.api.Tool;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
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
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final Set<String> suggested = new HashSet<>();
    private final Map<String, ToolDefinition> told = new LinkedHashMap<>();
    private final Map<String, ToolDefinition> declared = new LinkedHashMap<>();
    private final Set<ToolProvider> asked = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Whose each tool is, for messages. */
    private final Map<String, String> origins = new HashMap<>();
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
    public Conversation.Builder tools(ToolProvider... providers) {
        for (ToolProvider provider : providers) {
            if (!asked.add(provider)) {
                continue;
            }
            // asked once: what a tool says of itself later can end no answer
            Map<String, ToolDefinition> definitions = new LinkedHashMap<>();
            List<Tool> offered = provider.tools();
            for (Tool tool : offered) {
                ToolDefinition definition = tool.definition();
                unique(definition.name(), provider.name());
                if (definitions.put(definition.name(), definition) != null) {
                    throw twice(definition.name(), provider.name(), provider.name());
                }
            }
            // all of a provider, or nothing
            int at = 0;
            for (ToolDefinition definition : definitions.values()) {
                tools.put(definition.name(),
                        InstalledTool.of(provider, offered.get(at++), definition, extensions.installedTools()));
                told.put(definition.name(), definition);
                origins.put(definition.name(), provider.name());
            }
        }
        return this;
    }

    @Override
    public Conversation.Builder suggestedTools() {
        List<ToolProvider> providers = extensions.suggestedTools().get();
        tools(providers.toArray(ToolProvider[]::new));
        List<String> names = providers.stream().map(ToolProvider::name).toList();
        origins.forEach((tool, provider) -> {
            if (names.contains(provider)) {
                suggested.add(tool);
            }
        });
        return this;
    }

    @Override
    public Conversation.Builder declare(List<ToolDefinition> definitions) {
        for (ToolDefinition definition : definitions) {
            unique(definition.name(), "declared ones");
            declared.put(definition.name(), definition);
            origins.put(definition.name(), "declared ones");
        }
        return this;
    }

    private void unique(String name, String origin) {
        String before = origins.get(name);
        if (before != null) {
            throw twice(name, before, origin);
        }
    }

    private static IllegalArgumentException twice(String name, String one, String other) {
        return new IllegalArgumentException("Two tools have the name " + name + ", of " + one + " and of " + other
                + ": rename or leave out one of them.");
    }

    @Override
    public Conversation.Builder guard(ToolGuard guard) {
        guards.add(guard);
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
        for (String text : texts) {
            if (text.isEmpty() || !text.equals(Json.wellFormed(text))) {
                throw new IllegalArgumentException(
                        "A stop string has at least one character, and none of them is half of a"
                                + " surrogate pair: \"" + Json.wellFormed(text) + "\".");
            }
        }
        stop = new StopStrings(texts, inThinking);
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
        List<ToolGuard> all = new ArrayList<>(extensions.guards().get());
        all.addAll(guards);
        Map<String, ToolDefinition> definitions = new LinkedHashMap<>(told);
        definitions.putAll(declared);
        HeldCalls calls = heldCalls();
        callable(calls.isWanted(List.copyOf(definitions.values())));
        Sampling how = sampling == null ? model.sampling() : sampling;
        how.penalties().bias().keySet().forEach(id -> inVocabulary(id, "A biased token"));
        // what a model was made for it is always told of
        Set<String> choosable = new HashSet<>(tools.keySet());
        choosable.removeAll(suggested);
        ToolOffer offer = new ToolOffer(definitions, choosable, toolChoice.name(),
                selection == null ? extensions.selection() : selection, extensions.selectors(), tokens());
        ConversationOptions options = new ConversationOptions(tools, definitions, offer, all, how,
                how.seed().orElseGet(conversations::newSeed), maxTokens,
                maxToolRounds, stop, stopTokens, logprobs, reasoning, loops, format, priority, deadline);
        List<Message> start = new ArrayList<>();
        if (saved != null) {
            start.addAll(saved.messages());
        }
        if (system != null) {
            start.removeIf(message -> message.role() == Message.Role.SYSTEM);
            start.addFirst(Message.system(system));
        }
        start.addAll(messages);
        ToolChoice chosen = toolChoice;
        LoopLimits limits = loops;
        Function<AnswerFormat, Stages> formats = wanted -> {
            enforceable(wanted);
            return calls.stages(extensions.stages().get(), new Stages.Context(model.tokenizer(), model.endTokens(),
                    options.definitions(), wanted, how, limits,
                    model.dialect().form(token -> model.tokenizer().id(token).isPresent()), chosen, false, Set.of()));
        };
        Stages stages = formats.apply(format);
        PromptCache cache = saved == null
                ? new PromptCache(model.scheduler(), model.prefixes())
                : ConversationFile.cache(saved, model);
        return conversations.adopt(
                new LiveConversation(conversations, model, options, start, saved == null ? 0 : saved.calls(), cache,
                        stages, formats));
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

    private void callable(boolean held) {
        boolean bound = held || toolChoice.required();
        if (bound && extensions.stages().get().stream().noneMatch(SamplerStage.Factory::enforcesToolCalls)) {
            throw new IllegalArgumentException(
                    "No plugin is here that can hold the model to tool calls: add one, or leave the choice to the model.");
        }
        String named = toolChoice.name();
        boolean none = told.isEmpty() && declared.isEmpty();
        boolean missing = !named.isEmpty() && !told.containsKey(named) && !declared.containsKey(named);
        if (toolChoice.required() && (none || missing)) {
            throw new IllegalArgumentException("The model has to call a tool that is not there: "
                    + (none ? "there are none at all" : named) + ".");
        }
    }
}
