/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects how a conversation is to be. */
final class ConversationSetup implements Conversation.Builder {

    private static final int TOOL_STEPS = 8;

    private final RunningModel model;
    private final List<ToolGuard> guards = new ArrayList<>();
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final Map<String, ToolDefinition> declared = new LinkedHashMap<>();
    private final List<Message> messages = new ArrayList<>();
    private @Nullable String system;
    private @Nullable Sampling sampling;
    private ConversationFile.@Nullable Saved saved;
    private int maxTokens = Integer.MAX_VALUE;
    private int maxToolSteps = TOOL_STEPS;

    ConversationSetup(RunningModel model) {
        this.model = model;
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
            for (Tool tool : provider.tools()) {
                unique(tool.definition().name());
                tools.put(tool.definition().name(), tool);
            }
        }
        return this;
    }

    @Override
    public Conversation.Builder suggestedTools() {
        return tools(model.suggestedTools().toArray(ToolProvider[]::new));
    }

    @Override
    public Conversation.Builder declare(List<ToolDefinition> definitions) {
        for (ToolDefinition definition : definitions) {
            unique(definition.name());
            declared.put(definition.name(), definition);
        }
        return this;
    }

    private void unique(String name) {
        if (tools.containsKey(name) || declared.containsKey(name)) {
            throw new IllegalArgumentException(
                    "Two tools have the name " + name + ": rename or leave out one of them.");
        }
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
    public Conversation.Builder maxToolSteps(int steps) {
        if (steps < 0) {
            throw new IllegalArgumentException("Tool steps are 0 or more, not " + steps + ".");
        }
        maxToolSteps = steps;
        return this;
    }

    @Override
    public Conversation.Builder restore(Path file) {
        saved = ConversationFile.describe(file, model);
        return this;
    }

    @Override
    public Conversation start() {
        List<ToolGuard> all = new ArrayList<>(model.services().guards);
        all.addAll(guards);
        Sampling how = sampling == null ? model.defaults() : sampling;
        Settings settings = new Settings(tools, declared, all, how, how.seed().orElseGet(model::newSeed), maxTokens,
                maxToolSteps);
        List<Message> start = new ArrayList<>();
        if (saved != null) {
            start.addAll(saved.messages());
        }
        if (system != null) {
            start.removeIf(message -> message.role() == Message.Role.SYSTEM);
            start.addFirst(Message.system(system));
        }
        start.addAll(messages);
        PromptCache cache = saved == null
                ? new PromptCache(model.scheduler())
                : ConversationFile.cache(saved, model);
        Stages stages = Stages.of(model.services().stages, new Stages.Context(model.tokenizer(),
                model.file().endTokens(), settings.definitions(), AnswerFormat.TEXT, how));
        return model.adopt(
                new LiveConversation(model, settings, start, saved == null ? 0 : saved.calls(), cache, stages));
    }
}
