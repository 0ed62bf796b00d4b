/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Message;
import dev.millrace.plugin.http.ApiError;
import java.util.ArrayList;
import java.util.List;

/** Puts messages into the order that templates know. */
public final class Turns {

    private Turns() {
    }

    /**
     * One system message at the beginning instead of several, and an end that can be answered: a system message that comes last is
     * put as the user's.
     *
     * @param messages as they came
     * @param field that they stand in, for messages of errors
     * @throws ApiError 400 if there is none, or the last has calls without their results
     */
    public static List<Message> ready(List<Message> messages, String field) {
        List<String> system = new ArrayList<>();
        List<Message> rest = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            if (message.role() == Message.Role.SYSTEM && i == messages.size() - 1) {
                rest.add(Message.user(message.content()));
            } else if (message.role() == Message.Role.SYSTEM && rest.isEmpty()) {
                system.add(message.content());
            } else {
                rest.add(message);
            }
        }
        if (rest.isEmpty()) {
            throw ApiError.wrong(field, field + " must hold a message of the user.");
        }
        Message.Role last = rest.getLast().role();
        if (last == Message.Role.ASSISTANT) {
            if (rest.size() == 1) {
                throw ApiError.wrong(field, field + " must hold a message before that of the assistant.");
            }
            if (!rest.getLast().toolCalls().isEmpty()) {
                throw ApiError.wrong(field, field + " ends with calls of the assistant: their results are missing.");
            }
        }
        if (!system.isEmpty()) {
            rest.addFirst(Message.system(String.join("\n\n", system)));
        }
        return rest;
    }
}
