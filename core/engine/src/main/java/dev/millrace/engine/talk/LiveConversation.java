/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ValueType;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.sample.Stages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** A conversation: its messages and what was read of them. While an answer is generated, both belong to its thread. */
final class LiveConversation implements Conversations.Member {

    private final Conversations all;
    private final ModelParts model;
    private final ConversationOptions options;
    private final PromptCache cache;
    private final Stages stages;
    private final Function<AnswerFormat, Stages> formats;
    private final Dialogue dialogue;

    LiveConversation(Conversations all, ModelParts model, ConversationOptions options, List<Message> messages,
            int calls,
            PromptCache cache, Stages stages, Function<AnswerFormat, Stages> formats) {
        this.all = all;
        this.model = model;
        this.options = options;
        this.dialogue = new Dialogue(all, messages, calls);
        this.cache = cache;
        this.stages = stages;
        this.formats = formats;
    }

    @Override
    public <T> T ask(String text, Class<T> type) {
        ValueType<T> wanted = ValueType.of(type);
        Stages held = formats.apply(new AnswerFormat.JsonSchema(wanted.schema()));
        return ValueAnswer.read(send(List.of(Message.user(text)), 1, held).getFirst(), wanted, type);
    }

    @Override
    public List<Generation> send(List<Message> added, int answers) {
        return send(added, answers, stages);
    }

    private List<Generation> send(List<Message> added, int answers, Stages held) {
        Dialogue.check(added);
        if (answers < 1) {
            throw new IllegalArgumentException("At least one answer is asked for, not " + answers + ".");
        }
        return dialogue.idle("send to", () -> {
            all.begin(answers);
            int before = dialogue.add(added);
            List<Generation> generations = new ArrayList<>();
            List<OtherAnswers.Waiting> others = new ArrayList<>();
            for (int i = 1; i < answers; i++) {
                OtherAnswers.Waiting other = another(before, i);
                others.add(other);
                generations.add(other.generation());
            }
            AnswerRun run = new AnswerRun(model, dialogue, options, cache, held, new OtherAnswers(others));
            LiveGeneration generation = new LiveGeneration("millrace-answer", log -> run.run(log, before));
            generations.addFirst(generation);
            dialogue.running(generation);
            generation.start();
            return generations;
        });
    }

    /** A further answer to the messages so far, in a conversation of its own that is gone when it ends. */
    private OtherAnswers.Waiting another(int before, int number) {
        PromptCache own = new PromptCache(model.scheduler(), model.prefixes());
        LiveConversation copy = all.adopt(new LiveConversation(all, model,
                options.withSeed(options.seed() + number * 0x9E3779B97F4A7C15L), dialogue.messages(), dialogue.calls(),
                own, stages.fork(),
                formats));
        AnswerRun run = new AnswerRun(model, copy.dialogue, copy.options, own, copy.stages,
                new OtherAnswers(List.of()));
        LiveGeneration generation = new LiveGeneration("millrace-answer", log -> {
            try {
                run.run(log, before);
            } finally {
                copy.close();
            }
        });
        copy.dialogue.running(generation);
        return new OtherAnswers.Waiting(generation, own);
    }

    @Override
    public List<ToolDefinition> tools() {
        return options.definitions();
    }

    @Override
    public List<Message> messages() {
        return dialogue.messages();
    }

    @Override
    public int promptTokens() {
        return model.prompt(messages(), options).ids().length;
    }

    @Override
    public Conversation fork() {
        return dialogue.idle("fork", () -> {
            ConversationOptions own = options.sampling().seed().isPresent() ? options : options.withSeed(all.newSeed());
            LiveConversation copy = new LiveConversation(all, model, own, dialogue.messages(), dialogue.calls(),
                    cache.fork(), stages.fork(),
                    formats);
            return all.adopt(copy);
        });
    }

    @Override
    public void rewind(int keep) {
        dialogue.idle("rewind", () -> {
            dialogue.keep(keep);
            return this;
        });
    }

    @Override
    public void save(Path file) {
        dialogue.idle("save", () -> {
            ConversationFile.save(file, model, dialogue.messages(), dialogue.calls(), cache);
            return this;
        });
    }

    @Override
    public void cancel() {
        dialogue.cancel();
    }

    @Override
    public boolean isOwnThread() {
        return dialogue.isOwnThread();
    }

    @Override
    public void close() {
        if (dialogue.close()) {
            all.forget(this);
            cache.close();
        }
    }
}
