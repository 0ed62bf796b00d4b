/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Asks by ending the request with questions, which the client answers in the next: what was called runs again from its beginning
 * then, and finds the answers.
 */
final class RoundTripContext extends CallContext {

    private final ObjectNode answers;

    /** Carries the questions out of what was called. */
    static final class QuestionsException extends RuntimeException {

        private static final long serialVersionUID = 1;

        private final transient Map<String, ObjectNode> questions;

        QuestionsException(Map<String, ObjectNode> questions) {
            super("The client is asked.", null, false, false);
            this.questions = questions;
        }

        Map<String, ObjectNode> questions() {
            return questions;
        }
    }

    /**
     * A context.
     *
     * @param answers all that the client has answered in this and earlier rounds
     */
    RoundTripContext(Dialog dialog, ObjectNode params, ObjectNode answers) {
        super(dialog, params);
        this.answers = answers;
    }

    @Override
    public Map<String, ObjectNode> ask(Map<String, ObjectNode> questions) throws RpcException {
        Map<String, ObjectNode> known = new LinkedHashMap<>();
        Map<String, ObjectNode> open = new LinkedHashMap<>();
        for (Map.Entry<String, ObjectNode> question : questions.entrySet()) {
            if (answers.get(question.getKey()) instanceof ObjectNode answer) {
                known.put(question.getKey(), answer);
                continue;
            }
            String method = question.getValue().path("method").asText();
            Optional<ObjectNode> needed = capability(method, Json.object(question.getValue(), "params"));
            if (needed.isEmpty() || !has(dialog().capabilities(), needed.get())) {
                ObjectNode data = Json.object();
                data.set("requiredCapabilities", needed.orElseGet(Json::object));
                throw new RpcException(ErrorCode.MISSING_CAPABILITY,
                        "The client cannot be asked: it has not declared what " + method + " needs.", data);
            }
            open.put(question.getKey(), question.getValue());
        }
        if (!open.isEmpty()) {
            throw new QuestionsException(open);
        }
        return known;
    }
}
