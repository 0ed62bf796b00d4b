/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** What any conversation may be told before it starts, wherever its model runs. */
abstract sealed class CommonBuilder implements Conversation.Builder permits ConversationBuilder, RemoteBuilder {

    private static final int TOOL_ROUNDS = 8;
    private static final int MOST_ALTERNATIVES = 100;

    final Conversations conversations;
    final Extensions extensions;
    private final List<ToolGuard> guards = new ArrayList<>();
    ToolApprover approver = ToolApprover.NOBODY;
    String user = "";
    private boolean suggested;
    private final ToolBox box = new ToolBox();
    private final List<Message> messages = new ArrayList<>();
    private @Nullable String system;
    @Nullable
    Sampling sampling;
    ConversationFile.@Nullable Saved saved;
    StopStrings stop = StopStrings.NONE;
    Reasoning reasoning = Reasoning.DEFAULT;
    AnswerFormat format = AnswerFormat.TEXT;
    OptionalInt logprobs = OptionalInt.empty();
    ToolChoice toolChoice = ToolChoice.AUTO;
    private @Nullable ToolSelection selection;
    final Map<String, Boolean> strictByName = new HashMap<>();
    int maxTokens = Integer.MAX_VALUE;
    int maxToolRounds = TOOL_ROUNDS;
    int priority;
    Optional<Duration> deadline = Optional.empty();

    CommonBuilder(Conversations conversations, Extensions extensions) {
        this.conversations = conversations;
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
    public Conversation.Builder logprobs(int alternatives) {
        if (alternatives < 0 || alternatives > MOST_ALTERNATIVES) {
            throw new IllegalArgumentException(
                    "From 0 to " + MOST_ALTERNATIVES + " alternatives are told, not " + alternatives + ".");
        }
        logprobs = OptionalInt.of(alternatives);
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
    public Conversation.Builder reasoning(Reasoning how) {
        reasoning = how;
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

    /** The guards that there are at a time: those of plugins first. */
    final Supplier<List<ToolGuard>> guards() {
        List<ToolGuard> own = List.copyOf(guards);
        return () -> {
            List<ToolGuard> now = new ArrayList<>(extensions.guards().get());
            now.addAll(own);
            return now;
        };
    }

    /** Where the tools come from. */
    final ToolSources sources() {
        return box.sources(extensions.installedTools(), suggested ? extensions.suggestedTools() : List::of);
    }

    /**
     * What the model is told of the tools that there are at a time.
     *
     * @param tokens about how many a tool takes in a prompt
     */
    final Function<ToolSources.Table, ToolOffer> offers(ToIntFunction<ToolDefinition> tokens) {
        ToolChoice chosen = toolChoice;
        ToolSelection choice = selection == null ? extensions.selection() : selection;
        return now -> new ToolOffer(now.definitions(), now.choosable(), chosen.name(), choice, extensions.selectors(),
                tokens);
    }

    /** The messages that the conversation starts with. */
    final List<Message> start(ConversationFile.@Nullable Saved from) {
        List<Message> start = new ArrayList<>();
        if (from != null) {
            start.addAll(from.messages());
        }
        if (system != null) {
            start.removeIf(message -> message.role() == Message.Role.SYSTEM);
            start.addFirst(Message.system(system));
        }
        start.addAll(messages);
        return start;
    }
}
