/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.talk;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.settings.Prompt;
import dev.millrace.plugin.mqtt.store.Answers;
import dev.millrace.plugin.mqtt.store.Inbox;
import dev.millrace.plugin.mqtt.store.Outbox;
import dev.millrace.plugin.mqtt.store.Question;
import dev.millrace.plugin.mqtt.tool.Payload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Takes questions from the inbox, asks a model, and puts the answers into the outbox: as many at once as it is told. */
public final class Asker implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Asker.class.getName());
    private static final long BUSY_MILLIS = 500;
    private static final String ALL = "*";

    private final Inbox inbox;
    private final Outbox outbox;
    private final Answers answers;
    private final Models models;
    private final ToolProvider own;
    private final List<ToolGuard> guards;
    private final Runnable room;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    /**
     * Begins to ask.
     *
     * @param own tools of topics
     * @param guards asked before a call runs, beside those of the runtime
     * @param room called when the inbox has room again
     */
    public Asker(int atOnce, Inbox inbox, Outbox outbox, Answers answers, Models models, ToolProvider own,
            List<ToolGuard> guards,
            Runnable room) {
        this.inbox = inbox;
        this.outbox = outbox;
        this.answers = answers;
        this.models = models;
        this.own = own;
        this.guards = List.copyOf(guards);
        this.room = room;
        for (int i = 0; i < atOnce; i++) {
            threads.add(Thread.ofVirtual().name("millrace-mqtt-asker-" + i).unstarted(this::run));
        }
    }

    /** Begins to ask. To be called once. */
    public void start() {
        threads.forEach(Thread::start);
    }

    private void run() {
        try {
            while (!closed) {
                Optional<Question> question = inbox.take();
                if (question.isEmpty()) {
                    return;
                }
                answer(question.get());
                room.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed; what was asked stays in the inbox
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "Questions and answers cannot be kept any more: " + e.getMessage()
                    + ". No more is asked until the disk is seen to and this is started again.", e);
        }
    }

    private void answer(Question question) throws IOException, InterruptedException {
        Outgoing answer;
        try {
            answer = patiently(question);
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            stopIfClosed();
            LOG.log(System.Logger.Level.WARNING,
                    "A question of " + question.topic() + " has no answer: " + e.getMessage());
            answer = failure(question, String.valueOf(e.getMessage()));
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // a fault of a plugin, or a bundle that was built against something else; the next question is asked all the same
            stopIfClosed();
            LOG.log(System.Logger.Level.ERROR, "A question of " + question.topic() + " has no answer.", e);
            answer = failure(question, "The question failed: " + e);
        }
        if (question.answerTopic().isPresent()) {
            Optional<String> key = question.key();
            if (key.isPresent()) {
                answers.put(key.get(), answer, question.prompt().repeatSeconds());
            }
            outbox.add(answer, OptionalLong.of(question.number()));
        }
        inbox.done(question);
    }

    private void stopIfClosed() throws InterruptedException {
        if (closed || Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
    }

    /** A model that has too much to do is asked again. */
    private Outgoing patiently(Question question) throws IOException, InterruptedException {
        while (true) {
            try {
                return asked(question);
            } catch (BusyException e) {
                LOG.log(System.Logger.Level.DEBUG, "The model is busy.", e);
                Thread.sleep(BUSY_MILLIS);
            }
        }
    }

    private Outgoing asked(Question question) throws IOException, InterruptedException {
        Prompt prompt = question.prompt();
        if (question.payload().length > prompt.maxBytes()) {
            throw new IllegalArgumentException("The message has " + question.payload().length
                    + " bytes, and at most " + prompt.maxBytes() + " are read: send less, or set maxBytes.");
        }
        String text = Template.fill(question, Payload.of(question.payload()));
        if (text.isBlank()) {
            throw new IllegalArgumentException("The message is empty.");
        }
        Model model = models.model(prompt.model());
        Conversation.Builder builder = model.conversation().maxTokens(prompt.maxTokens())
                .deadline(Duration.ofSeconds(prompt.seconds()));
        prompt.system().ifPresent(builder::system);
        guards.forEach(builder::guard);
        builder.tools(tools(prompt).toArray(ToolProvider[]::new));
        try (Conversation conversation = builder.start(); Generation generation = conversation.send(text)) {
            return heard(question, generation);
        }
    }

    private List<ToolProvider> tools(Prompt prompt) {
        Map<String, ToolProvider> present = new LinkedHashMap<>();
        present.put(own.name(), own);
        models.tools().forEach(provider -> present.putIfAbsent(provider.name(), provider));
        List<ToolProvider> wanted = new ArrayList<>();
        for (String name : prompt.tools()) {
            if (name.equals(ALL)) {
                present.values().stream().filter(each -> !wanted.contains(each)).forEach(wanted::add);
                continue;
            }
            ToolProvider provider = present.get(name);
            if (provider == null) {
                throw new IllegalArgumentException("There are no tools of " + name + " now; there are those of "
                        + String.join(", ", present.keySet()) + ".");
            }
            if (!wanted.contains(provider)) {
                wanted.add(provider);
            }
        }
        return wanted;
    }

    private Outgoing heard(Question question, Generation generation) throws IOException, InterruptedException {
        StringBuilder text = new StringBuilder();
        ArrayNode calls = Json.array();
        FinishReason reason = FinishReason.STOP;
        for (Event event : generation) {
            switch (event) {
                case Event.Text piece -> text.append(piece.text());
                case Event.ToolAnswered answered -> {
                    ObjectNode call = Json.object();
                    call.put("name", answered.call().name());
                    call.set("arguments", Json.tree(answered.call().arguments()));
                    call.set("result", Json.tree(answered.result().value()));
                    call.put("failed", answered.result().error());
                    calls.add(call);
                    if (question.callsTopic().isPresent()) {
                        outbox.add(Outgoing.text(question.callsTopic().get(), Json.text(call), false),
                                OptionalLong.empty());
                    }
                }
                case Event.Finished finished -> reason = finished.reason();
                default -> {
                    // what it thinks is nobody's
                }
            }
        }
        if (reason == FinishReason.CANCELLED) {
            throw new MillraceException("The answer was cancelled.");
        }
        if (!question.prompt().json()) {
            return outgoing(question, text.toString(), Map.of("reason", word(reason)));
        }
        ObjectNode answer = Json.object();
        answer.put("text", text.toString());
        answer.set("calls", calls);
        answer.put("reason", word(reason));
        answer.put("topic", question.topic());
        return outgoing(question, Json.text(answer), Map.of("reason", word(reason)));
    }

    private static Outgoing failure(Question question, String message) {
        if (!question.prompt().json()) {
            return outgoing(question, message, Map.of("reason", "error"));
        }
        ObjectNode answer = Json.object();
        answer.put("error", message);
        answer.put("reason", "error");
        answer.put("topic", question.topic());
        return outgoing(question, Json.text(answer), Map.of("reason", "error"));
    }

    private static String word(FinishReason reason) {
        return reason.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static Outgoing outgoing(Question question, String text, Map<String, String> properties) {
        return new Outgoing(question.answerTopic().orElse(""), text.getBytes(StandardCharsets.UTF_8), false,
                question.correlation(), properties);
    }

    /** Stops what is asked; it is asked again at the next start. */
    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        try {
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(10));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
