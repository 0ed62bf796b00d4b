/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import org.jspecify.annotations.Nullable;

/** A request that is answered with an error. Each API writes it in another form. */
public final class ApiError extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;
    private final String message;
    private final @Nullable String param;
    private final @Nullable String code;
    private final int retryAfter;

    private ApiError(int status, String message, @Nullable String param, @Nullable String code, int retryAfter) {
        super(message, null, false, false);
        this.status = status;
        this.message = message;
        this.param = param;
        this.code = code;
        this.retryAfter = retryAfter;
    }

    /**
     * An error.
     *
     * @param status of HTTP, 400 to 599
     * @param message one sentence for people
     * @param param the field that is wrong, for example {@code messages[0].role}, or null
     * @param code for programs, or null
     */
    public ApiError(int status, String message, @Nullable String param, @Nullable String code) {
        this(status, message, param, code, 0);
    }

    /** A field that has a wrong value. */
    public static ApiError wrong(String param, String message) {
        return new ApiError(400, message, param, "invalid_value");
    }

    /** A field whose promise cannot be kept. */
    public static ApiError unsupported(String param, String message) {
        return new ApiError(400, message, param, "unsupported_value");
    }

    /** Too much at once: the client may try again. */
    public static ApiError busy(int status, String message, int retryAfterSeconds) {
        return new ApiError(status, message, null, status == 429 ? "rate_limit_exceeded" : "unavailable",
                retryAfterSeconds);
    }

    /** The status of HTTP. */
    public int status() {
        return status;
    }

    /** One sentence for people. */
    @Override
    public String getMessage() {
        return message;
    }

    /** The field that is wrong, or null. */
    public @Nullable String param() {
        return param;
    }

    /** For programs, or null. */
    public @Nullable String code() {
        return code;
    }

    /** Seconds after which a new attempt makes sense, or 0. */
    public int retryAfter() {
        return retryAfter;
    }
}
