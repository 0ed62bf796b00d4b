/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param role who speaks
 * @param content what is said; for a tool, its result as text
 * @param thinking what the assistant thought before it spoke, or null
 * @param toolCalls tools that the assistant called
 * @param toolCallId for a tool, the id of the call that it answers, or null
 */
public record Message(Role role, String content, @Nullable String thinking, List<ToolCall> toolCalls,
        @Nullable String toolCallId) {

    /** Who speaks. */
    public enum Role {
        /** Whoever set up the conversation. */
        SYSTEM,
        /** The user. */
        USER,
        /** The model. */
        ASSISTANT,
        /** A tool that the model called. */
        TOOL
    }

    /** Copies the list. */
    public Message {
        toolCalls = List.copyOf(toolCalls);
    }

    /**
     * A system message.
     *
     * @param content what is said
     * @return the message
     */
    public static Message system(String content) {
        return new Message(Role.SYSTEM, content, null, List.of(), null);
    }

    /**
     * A user message.
     *
     * @param content what is said
     * @return the message
     */
    public static Message user(String content) {
        return new Message(Role.USER, content, null, List.of(), null);
    }

    /**
     * An assistant message.
     *
     * @param content what is said
     * @return the message
     */
    public static Message assistant(String content) {
        return new Message(Role.ASSISTANT, content, null, List.of(), null);
    }

    /**
     * An assistant message with thinking and tool calls.
     *
     * @param content what is said
     * @param thinking what was thought, or null
     * @param toolCalls tools called
     * @return the message
     */
    public static Message assistant(String content, @Nullable String thinking, List<ToolCall> toolCalls) {
        return new Message(Role.ASSISTANT, content, thinking, toolCalls, null);
    }

    /**
     * A tool's answer.
     *
     * @param toolCallId the id of the call
     * @param content the result as text
     * @return the message
     */
    public static Message tool(String toolCallId, String content) {
        return new Message(Role.TOOL, content, null, List.of(), toolCallId);
    }
}
