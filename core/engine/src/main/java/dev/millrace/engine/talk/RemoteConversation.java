/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ValueType;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A conversation with a model that runs elsewhere. What was read is kept there, if at all. */
final class RemoteConversation implements Conversations.Member {

    private final Conversations all;
    private final RemoteParts model;
    private final UnaryOperator<ConversationOptions> renewal;
    private ConversationOptions options;
    private final RemoteWishes wishes;
    private final Dialogue dialogue;

    RemoteConversation(Conversations all, RemoteParts model, UnaryOperator<ConversationOptions> renewal,
            ConversationOptions options, RemoteWishes wishes,
            List<Message> messages, int calls) {
        this.all = all;
        this.model = model;
        this.renewal = renewal;
        this.options = options;
        this.wishes = wishes;
        this.dialogue = new Dialogue(all, messages, calls);
    }

    @Override
    public String id() {
        return dialogue.id();
    }

    @Override
    public <T> T ask(String text, Class<T> type) {
        ValueType<T> wanted = ValueType.of(type);
        return ValueAnswer.read(send(List.of(Message.user(text)), 1,
                wishes.with(new AnswerFormat.JsonSchema(wanted.schema()))).getFirst(), wanted, type);
    }

    @Override
    public List<Generation> send(List<Message> added, int answers) {
        return send(added, answers, wishes);
    }

    private List<Generation> send(List<Message> added, int answers, RemoteWishes asked) {
        Dialogue.check(added);
        if (answers < 1) {
            throw new IllegalArgumentException("At least one answer is asked for, not " + answers + ".");
        }
        return dialogue.idle("send to", () -> {
            options = renewal.apply(options);
            all.begin(answers);
            int before = dialogue.add(added);
            List<LiveGeneration> generations = new ArrayList<>();
            try {
                for (int i = 1; i < answers; i++) {
                    generations.add(another(i, before, asked));
                }
            } catch (RuntimeException | Error e) {
                dialogue.takeBack(before, answers, generations);
                throw e;
            }
            generations.addFirst(answer(before, asked));
            generations.forEach(LiveGeneration::start);
            return List.copyOf(generations);
        });
    }

    /** The options with the tools that there are now; those of an answer stay as they are. */
    private ConversationOptions now() {
        return dialogue.locked(answering -> answering ? options : renewal.apply(options));
    }

    private LiveGeneration answer(int before, RemoteWishes asked) {
        RemoteRun run = new RemoteRun(model, dialogue, options, asked);
        LiveGeneration generation = new LiveGeneration("millrace-answer", log -> run.run(log, before));
        dialogue.running(generation);
        return generation;
    }

    /** A further answer to the messages so far, in a conversation of its own that is gone when it ends. */
    private LiveGeneration another(int number, int before, RemoteWishes asked) {
        RemoteConversation copy = all.adopt(new RemoteConversation(all, model, renewal,
                options.withSeed(options.seed() + number), wishes, dialogue.messages(), dialogue.calls()));
        RemoteRun run = new RemoteRun(model, copy.dialogue, copy.options, asked);
        LiveGeneration generation = new LiveGeneration("millrace-answer", log -> {
            try {
                run.run(log, before);
            } finally {
                copy.close();
            }
        });
        copy.dialogue.running(generation);
        return generation;
    }

    @Override
    public List<Message> messages() {
        return dialogue.messages();
    }

    @Override
    public List<ToolDefinition> tools() {
        return now().definitions();
    }

    @Override
    public int promptTokens() {
        int tokens = 1;
        for (Message message : messages()) {
            tokens += RemoteParts.estimate(message.content());
            for (ToolCall call : message.toolCalls()) {
                tokens += RemoteParts.estimate(call.name() + Json.write(call.arguments()));
            }
        }
        for (ToolDefinition tool : now().definitions()) {
            tokens += RemoteParts.estimate(tool.name() + tool.description() + Json.write(tool.parameters()));
        }
        return tokens;
    }

    @Override
    public Conversation fork() {
        return dialogue.idle("fork", () -> all.adopt(new RemoteConversation(all, model, renewal, options, wishes,
                dialogue.messages(), dialogue.calls())));
    }

    @Override
    public void rewind(int messages) {
        dialogue.idle("rewind", () -> {
            dialogue.keep(messages);
            return this;
        });
    }

    @Override
    public void save(Path file) {
        dialogue.idle("save", () -> {
            ConversationFile.save(file, model.reference(), dialogue.messages(), dialogue.calls());
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
        }
    }
}
