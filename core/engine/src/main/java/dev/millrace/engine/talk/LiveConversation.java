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
import java.util.Optional;

/** A conversation: its messages and what was read of them. While an answer is generated, both belong to its thread. */
final class LiveConversation implements Conversations.Member {

    private final Conversations all;
    private final ModelParts model;
    private final ToolsNow toolsNow;
    private final PromptCache cache;
    private final Dialogue dialogue;
    private ConversationOptions options;
    private Stages stages;

    LiveConversation(Conversations all, ModelParts model, ToolsNow toolsNow, ConversationOptions options,
            List<Message> messages, int calls, PromptCache cache, Stages stages) {
        this.all = all;
        this.model = model;
        this.toolsNow = toolsNow;
        this.options = options;
        this.dialogue = new Dialogue(all, messages, calls);
        this.cache = cache;
        this.stages = stages;
    }

    @Override
    public String id() {
        return dialogue.id();
    }

    @Override
    public <T> T ask(String text, Class<T> type) {
        ValueType<T> wanted = ValueType.of(type);
        Optional<AnswerFormat> held = Optional.of(new AnswerFormat.JsonSchema(wanted.schema()));
        return ValueAnswer.read(send(List.of(Message.user(text)), 1, held).getFirst(), wanted, type);
    }

    @Override
    public List<Generation> send(List<Message> added, int answers) {
        return send(added, answers, Optional.empty());
    }

    private List<Generation> send(List<Message> added, int answers, Optional<AnswerFormat> format) {
        Dialogue.check(added);
        if (answers < 1) {
            throw new IllegalArgumentException("At least one answer is asked for, not " + answers + ".");
        }
        return dialogue.idle("send to", () -> {
            renew();
            Stages held = format.map(wanted -> toolsNow.stages(options, wanted)).orElse(stages);
            all.begin(answers);
            int before = dialogue.add(added);
            List<OtherAnswers.Waiting> others = new ArrayList<>();
            try {
                for (int i = 1; i < answers; i++) {
                    others.add(another(before, i));
                }
            } catch (RuntimeException | Error e) {
                dialogue.takeBack(before, answers, others.stream().map(OtherAnswers.Waiting::generation).toList());
                throw e;
            }
            List<Generation> generations = new ArrayList<>();
            others.forEach(other -> generations.add(other.generation()));
            AnswerRun run = new AnswerRun(model, dialogue, options, cache, held, new OtherAnswers(others));
            LiveGeneration generation = new LiveGeneration("millrace-answer", log -> run.run(log, before));
            generations.addFirst(generation);
            dialogue.running(generation);
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
        return dialogue.locked(answering -> answering ? options : toolsNow.renewed(options).orElse(options));
    }

    /** A further answer to the messages so far, in a conversation of its own that is gone when it ends. */
    private OtherAnswers.Waiting another(int before, int number) {
        PromptCache own = new PromptCache(model.scheduler(), model.prefixes());
        LiveConversation copy = all.adopt(new LiveConversation(all, model, toolsNow,
                options.withSeed(options.seed() + number * 0x9E3779B97F4A7C15L), dialogue.messages(),
                dialogue.calls(), own, stages.fork()));
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
        return now().definitions();
    }

    @Override
    public List<Message> messages() {
        return dialogue.messages();
    }

    @Override
    public int promptTokens() {
        return model.prompt(messages(), now()).ids().length;
    }

    @Override
    public Conversation fork() {
        return dialogue.idle("fork", () -> {
            ConversationOptions own = options.sampling().seed().isPresent() ? options : options.withSeed(all.newSeed());
            LiveConversation copy = new LiveConversation(all, model, toolsNow, own, dialogue.messages(),
                    dialogue.calls(), cache.fork(),
                    stages.fork());
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
