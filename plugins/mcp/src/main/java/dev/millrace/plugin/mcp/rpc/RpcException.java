/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** An error that goes over the wire, or came over it. */
public final class RpcException extends Exception {

    private static final long serialVersionUID = 1;

    private final int code;
    private final transient @Nullable JsonNode data;

    /** An error without data. */
    public RpcException(int code, String message) {
        this(code, message, null);
    }

    /**
     * An error.
     *
     * @param code one of {@link ErrorCode}, or another's own
     * @param message one sentence
     * @param data for programs, or null
     */
    public RpcException(int code, String message, @Nullable JsonNode data) {
        super(message, null, false, false);
        this.code = code;
        this.data = data;
    }

    /** What kind of error. */
    public int code() {
        return code;
    }

    /** One sentence. */
    public String sentence() {
        return String.valueOf(getMessage());
    }

    /** For programs, or null. */
    public @Nullable JsonNode data() {
        return data;
    }

    /** As it is written into a message. */
    public ObjectNode write() {
        ObjectNode error = Json.object().put("code", code).put("message", sentence());
        if (data != null) {
            error.set("data", data);
        }
        return error;
    }
}
