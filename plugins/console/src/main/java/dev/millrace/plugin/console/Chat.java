/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolApproval;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Gate;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers the page. Each question brings all messages of its conversation: the page keeps them, so a server that starts again
 * loses nothing, and forks, edits and rewinds are the page's own business.
 */
final class Chat {

    private static final int ID_BYTES = 16;

    private final ServerHost host;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Answering> running = new ConcurrentHashMap<>();

    /** An answer that is being generated, and who decides about its calls. */
    private record Answering(Generation generation, Approvals approvals) {
    }

    Chat(ServerHost host) {
        this.host = host;
    }

    /** {@code POST /console/chat}: one line for each event. */
    void answer(Exchange exchange, String caller) throws IOException {
        Question question = Question.read(fields(exchange), host);
        AnswerStream stream = new AnswerStream(new Outflow(exchange, Outflow.Kind.LINES), question.model().model());
        Approvals approvals = new Approvals(question.consent(), stream::approval);
        String id = newId();
        try (Conversation conversation = question.conversation(approvals, caller)) {
            check(question, conversation);
            try (Gate.Place place = host.gate().join(caller)) {
                stream.begun(id);
                while (!place.await(AnswerStream.BEAT)) {
                    stream.beat();
                }
                generate(id, question, conversation, approvals, stream);
            }
        } catch (BusyException e) {
            throw ApiError.busy(429, e.getMessage(), 2);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.busy(503, "The server is stopping.", 5);
        }
    }

    private void generate(String id, Question question, Conversation conversation, Approvals approvals,
            AnswerStream stream) throws IOException, InterruptedException {
        List<Message> messages = question.messages();
        conversation.rewind(messages.size() - 1);
        try (Generation generation = conversation.send(List.of(messages.getLast()))) {
            running.put(id, new Answering(generation, approvals));
            boolean goesOn = messages.getLast().role() == Message.Role.ASSISTANT;
            int before = goesOn ? messages.size() - 1 : messages.size();
            stream.run(generation,
                    () -> conversation.messages().subList(before, conversation.messages().size()));
        } finally {
            running.remove(id);
        }
    }

    private static void check(Question question, Conversation conversation) {
        int tokens;
        try {
            tokens = conversation.promptTokens();
        } catch (MillraceException | IllegalArgumentException e) {
            throw ApiError.wrong("messages", "The messages cannot be put to this model: " + e.getMessage());
        }
        int context = question.model().model().info().contextLength();
        if (tokens >= context) {
            throw new ApiError(400, "The conversation takes " + tokens + " tokens and this model holds " + context
                    + ": rewind it, or begin a new one.", "messages", "context_length_exceeded");
        }
    }

    private String newId() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    /** {@code POST /console/approve}: the user has decided about a call. */
    void approve(Exchange exchange, String caller) throws IOException {
        Fields fields = fields(exchange);
        Answering answering = running(fields);
        String call = fields.requiredText("call");
        ToolApproval approval = fields.flag("allow")
                ? ToolApproval.allowed(caller)
                : ToolApproval.refused(caller, fields.text("reason").filter(text -> !text.isBlank())
                        .map(reason -> "The user does not allow this call: " + reason)
                        .orElse("The user does not allow this call."));
        if (!answering.approvals().decide(call, approval)) {
            throw new ApiError(404, "This call does not wait for a decision.", "call", "not_found");
        }
        done(exchange);
    }

    /** {@code POST /console/stop}: ends an answer; what was said so far stays. */
    void stop(Exchange exchange, String caller) throws IOException {
        running(fields(exchange)).generation().cancel();
        done(exchange);
    }

    /** {@code POST /console/answer-now}: ends the thinking of an answer. */
    void answerNow(Exchange exchange, String caller) throws IOException {
        running(fields(exchange)).generation().answerNow();
        done(exchange);
    }

    private Answering running(Fields fields) {
        Answering answering = running.get(fields.requiredText("answer"));
        if (answering == null || answering.generation().isDone()) {
            throw new ApiError(404, "This answer is over.", "answer", "not_found");
        }
        return answering;
    }

    static Fields fields(Exchange exchange) throws IOException {
        return Fields.of(Json.request(exchange.body()));
    }

    static void done(Exchange exchange) throws IOException {
        exchange.answer(200, "application/json; charset=utf-8", Json.bytes(Json.object()));
    }
}
