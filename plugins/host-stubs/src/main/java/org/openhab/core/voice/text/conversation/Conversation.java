/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.conversation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** As openHAB has it, without its listeners and its limits. */
public class Conversation {

    private final List<Message> messages = new ArrayList<>();
    private final String id;

    public Conversation(String id) {
        this.id = id;
    }

    public String getId() {
        return id;
    }

    public List<Message> getMessages() {
        return List.copyOf(messages);
    }

    public @Nullable Message getLastMessage() {
        return messages.isEmpty() ? null : messages.getLast();
    }

    public String addMessage(ConversationRole role, String content) throws ConversationException {
        if (messages.isEmpty() && role != ConversationRole.USER) {
            throw new ConversationException("The first message is the user's.");
        }
        String uid = Integer.toString(messages.size());
        messages.add(new Message(uid, role, content));
        return uid;
    }

    /** A message. */
    public static final class Message {

        private final String uid;
        private final ConversationRole role;
        private final String content;

        public Message(String uid, ConversationRole role, String content) {
            this.uid = uid;
            this.role = role;
            this.content = content;
        }

        public String getUID() {
            return uid;
        }

        public ConversationRole getRole() {
            return role;
        }

        public String getContent() {
            return content;
        }
    }
}
