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
import dev.millrace.engine.tools.ToolOffer;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Collects how a conversation with a model elsewhere is to be. What only an engine of our own can do is refused, with a sentence that
 * says so.
 */
final class RemoteBuilder implements Conversation.Builder {

    private static final int TOOL_ROUNDS = 8;

    private final Conversations conversations;
    private final RemoteParts model;
    private final Extensions extensions;
    private final List<ToolGuard> guards = new ArrayList<>();
    private final ToolBox box = new ToolBox();
    private ToolApprover approver = ToolApprover.NOBODY;
    private String user = "";
    private boolean suggested;
    private final List<Message> messages = new ArrayList<>();
    private @Nullable String system;
    private @Nullable Sampling sampling;
    private ConversationFile.@Nullable Saved saved;
    private StopStrings stop = StopStrings.NONE;
    private Reasoning reasoning = Reasoning.DEFAULT;
    private AnswerFormat format = AnswerFormat.TEXT;
    private ToolChoice toolChoice = ToolChoice.AUTO;
    private @Nullable ToolSelection selection;
    private boolean strict;
    private final Map<String, Boolean> strictByName = new HashMap<>();
    private int maxTokens = Integer.MAX_VALUE;
    private int maxToolRounds = TOOL_ROUNDS;
    private int priority;
    private Optional<Duration> deadline = Optional.empty();

    RemoteBuilder(Conversations conversations, RemoteParts model, Extensions extensions) {
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
        box.add(List.of(providers));
        return this;
    }

    @Override
    public Conversation.Builder suggestedTools() {
        suggested = true;
        return tools(extensions.suggestedTools().get().toArray(ToolProvider[]::new));
    }

    @Override
    public Conversation.Builder declare(List<ToolDefinition> tools) {
        box.declare(tools);
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
    public Conversation.Builder stop(List<String> texts, boolean inThinking) {
        stop = StopStrings.of(texts, inThinking);
        return this;
    }

    @Override
    public Conversation.Builder stopTokens(Set<Integer> ids) {
        if (!ids.isEmpty()) {
            throw elsewhere("tokens that end an answer");
        }
        return this;
    }

    @Override
    public Conversation.Builder logprobs(int alternatives) {
        throw elsewhere("how likely its tokens were");
    }

    private IllegalArgumentException elsewhere(String what) {
        return new IllegalArgumentException("The model " + model.reference()
                + " runs elsewhere and cannot be asked for " + what
                + ": leave that out, or take a model of this machine.");
    }

    @Override
    public Conversation.Builder reasoning(Reasoning how) {
        reasoning = how;
        return this;
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
    public Conversation.Builder plain() {
        throw elsewhere("bare text");
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
    public Conversation.Builder restore(Path file) {
        saved = ConversationFile.describe(file, model.reference());
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
        ToolBox.check(toolChoice, table.definitions().keySet());
        ToolChoice chosen = toolChoice;
        ToolSelection choice = selection == null ? extensions.selection() : selection;
        Function<ToolSources.Table, ToolOffer> offers = now -> new ToolOffer(now.definitions(), now.tools().keySet(),
                chosen.name(), choice, extensions.selectors(),
                tool -> RemoteParts.estimate(tool.name() + tool.description() + Json.write(tool.parameters())));
        Sampling how = sampling == null ? model.defaults() : sampling;
        ConversationOptions options = new ConversationOptions(table, offers.apply(table), user, all, approver,
                extensions.listeners(), how, how.seed().orElse(0), maxTokens, maxToolRounds, stop, Set.of(),
                OptionalInt.empty(), reasoning, LoopLimits.OFF, format, priority, deadline);
        Set<String> held = new HashSet<>(table.definitions().keySet());
        held.removeIf(name -> !strictByName.getOrDefault(name, strict));
        List<Message> start = new ArrayList<>();
        if (saved != null) {
            start.addAll(saved.messages());
        }
        if (system != null) {
            start.removeIf(message -> message.role() == Message.Role.SYSTEM);
            start.addFirst(Message.system(system));
        }
        start.addAll(messages);
        return conversations.adopt(new RemoteConversation(conversations, model,
                before -> ToolsNow.renewed(before, sources, offers).orElse(before), options,
                new RemoteWishes(format, toolChoice, held), start, saved == null ? 0 : saved.calls()));
    }
}
