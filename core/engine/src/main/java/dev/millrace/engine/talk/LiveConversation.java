/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ValueType;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.sample.Stages;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A conversation: its messages and what was read of them. While an answer is generated, both belong to its thread. */
final class LiveConversation implements Conversation {

    private final Conversations all;
    private final String id;
    private final ModelParts model;
    private final ToolsNow toolsNow;
    private final PromptCache cache;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Message> messages;
    private ConversationOptions options;
    private Stages stages;
    private @Nullable LiveGeneration running;
    private int calls;
    private boolean closed;

    LiveConversation(Conversations all, ModelParts model, ToolsNow toolsNow, ConversationOptions options,
            List<Message> messages, int calls, PromptCache cache, Stages stages) {
        this.all = all;
        this.id = all.newId();
        this.model = model;
        this.toolsNow = toolsNow;
        this.options = options;
        this.messages = new ArrayList<>(messages);
        this.calls = calls;
        this.cache = cache;
        this.stages = stages;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public <T> T ask(String text, Class<T> type) {
        ValueType<T> wanted = ValueType.of(type);
        Optional<AnswerFormat> held = Optional.of(new AnswerFormat.JsonSchema(wanted.schema()));
        try (Generation generation = send(List.of(Message.user(text)), 1, held).getFirst()) {
            Answer answer = generation.answer();
            if (answer.reason() != FinishReason.STOP) {
                throw new MillraceException("The answer ended before a value of " + type.getSimpleName()
                        + " was whole: " + answer.reason() + " after " + answer.usage().completionTokens()
                        + " tokens.");
            }
            return wanted.read(Json.parse(answer.text()));
        }
    }

    @Override
    public List<Generation> send(List<Message> added, int answers) {
        return send(added, answers, Optional.empty());
    }

    private List<Generation> send(List<Message> added, int answers, Optional<AnswerFormat> format) {
        check(added);
        if (answers < 1) {
            throw new IllegalArgumentException("At least one answer is asked for, not " + answers + ".");
        }
        return idle("send to", () -> {
            renew();
            Stages held = format.map(wanted -> toolsNow.stages(options, wanted)).orElse(stages);
            all.begin(answers);
            int before = messages.size();
            messages.addAll(added);
            List<Generation> generations = new ArrayList<>();
            List<OtherAnswers.Waiting> others = new ArrayList<>();
            for (int i = 1; i < answers; i++) {
                OtherAnswers.Waiting other = another(before, i);
                others.add(other);
                generations.add(other.generation());
            }
            AnswerRun run = new AnswerRun(model, this, options, cache, held, new OtherAnswers(others));
            LiveGeneration generation = new LiveGeneration("millrace-answer", log -> run.run(log, before));
            generations.addFirst(generation);
            running = generation;
            generation.start();
            return generations;
        });
    }

    /** Takes the tools that there are now. What holds calls to them is made anew if they have changed. */
    private void renew() {
        Optional<ConversationOptions> now = toolsNow.renewed(options);
        if (now.isPresent()) {
            stages = toolsNow.stages(now.get(), now.get().format());
            options = now.get();
        }
    }

    private ConversationOptions now() {
        lock.lock();
        try {
            return running == null ? toolsNow.renewed(options).orElse(options) : options;
        } finally {
            lock.unlock();
        }
    }

    private static void check(List<Message> added) {
        if (added.isEmpty()) {
            throw new IllegalArgumentException("There is no message to send.");
        }
        Message last = added.getLast();
        if (last.role() == Message.Role.SYSTEM) {
            throw new IllegalArgumentException(
                    "The last message comes from the user, a tool or the assistant, not " + last.role() + ".");
        }
        if (last.role() == Message.Role.ASSISTANT && !last.toolCalls().isEmpty()) {
            throw new IllegalArgumentException("The beginning of an answer has no tool calls.");
        }
    }

    /** A further answer to the messages so far, in a conversation of its own that is gone when it ends. */
    private OtherAnswers.Waiting another(int before, int number) {
        PromptCache own = new PromptCache(model.scheduler(), model.prefixes());
        LiveConversation copy = all.adopt(new LiveConversation(all, model, toolsNow,
                options.withSeed(options.seed() + number * 0x9E3779B97F4A7C15L), messages, calls, own, stages.fork()));
        AnswerRun run = new AnswerRun(model, copy, copy.options, own, copy.stages, new OtherAnswers(List.of()));
        LiveGeneration generation = new LiveGeneration("millrace-answer", log -> {
            try {
                run.run(log, before);
            } finally {
                copy.close();
            }
        });
        copy.lock.lock();
        try {
            copy.running = generation;
        } finally {
            copy.lock.unlock();
        }
        return new OtherAnswers.Waiting(generation, own);
    }

    @Override
    public List<ToolDefinition> tools() {
        return now().definitions();
    }

    @Override
    public List<Message> messages() {
        lock.lock();
        try {
            return List.copyOf(messages);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int promptTokens() {
        return model.prompt(messages(), now()).ids().length;
    }

    @Override
    public Conversation fork() {
        return idle("fork", () -> {
            ConversationOptions own = options.sampling().seed().isPresent() ? options : options.withSeed(all.newSeed());
            LiveConversation copy = new LiveConversation(all, model, toolsNow, own, messages, calls, cache.fork(),
                    stages.fork());
            return all.adopt(copy);
        });
    }

    @Override
    public void rewind(int keep) {
        idle("rewind", () -> {
            if (keep < 0 || keep > messages.size()) {
                throw new IllegalArgumentException(
                        "The conversation has " + messages.size() + " messages; it cannot keep " + keep + ".");
            }
            messages.subList(keep, messages.size()).clear();
            return this;
        });
    }

    @Override
    public void save(Path file) {
        idle("save", () -> {
            ConversationFile.save(file, model, messages, calls, cache);
            return this;
        });
    }

    private <T> T idle(String what, Supplier<T> work) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The conversation is closed.");
            }
            if (running != null) {
                throw new IllegalStateException(
                        "Cannot " + what + " a conversation while it generates an answer: wait for it, or cancel it.");
            }
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    // ---- for the answer's thread

    void add(Message message) {
        lock.lock();
        try {
            messages.add(message);
        } finally {
            lock.unlock();
        }
    }

    /** The answer goes on where the last message ended: the whole takes its place. */
    void replaceLast(Message message) {
        lock.lock();
        try {
            messages.set(messages.size() - 1, message);
        } finally {
            lock.unlock();
        }
    }

    String nextCallId() {
        lock.lock();
        try {
            return "call_" + ++calls;
        } finally {
            lock.unlock();
        }
    }

    /** The answer is over; from now on the next may be asked for. */
    void answered() {
        all.ended();
        lock.lock();
        try {
            running = null;
        } finally {
            lock.unlock();
        }
    }

    /** The answer failed: forgets everything since it was asked for, so that it can be asked for again. */
    void failed(int before) {
        all.ended();
        lock.lock();
        try {
            if (before < messages.size()) {
                messages.subList(before, messages.size()).clear();
            }
            running = null;
        } finally {
            lock.unlock();
        }
    }

    /** Asks a running answer to end, without waiting for it. */
    void cancel() {
        LiveGeneration generation = running();
        if (generation != null) {
            generation.cancel();
        }
    }

    boolean isOwnThread() {
        LiveGeneration generation = running();
        return generation != null && generation.isOwnThread();
    }

    private @Nullable LiveGeneration running() {
        lock.lock();
        try {
            return running;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        LiveGeneration generation;
        boolean first;
        lock.lock();
        try {
            first = !closed;
            closed = true;
            generation = running;
        } finally {
            lock.unlock();
        }
        if (generation != null) {
            generation.close();
        }
        if (first) {
            all.forget(this);
            cache.close();
        }
    }
}
