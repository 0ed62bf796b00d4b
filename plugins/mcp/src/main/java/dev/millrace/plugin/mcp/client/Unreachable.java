/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;

/** Why an address cannot be reached, in words: the JDK often says nothing. */
public final class Unreachable {

    private Unreachable() {
    }

    /** The reason, as the end of a sentence without its point. */
    public static String reason(IOException problem) {
        for (Throwable each = problem; each != null; each = each.getCause()) {
            if (each instanceof UnresolvedAddressException || each instanceof UnknownHostException) {
                return "there is no host of that name";
            }
        }
        return switch (problem) {
            case HttpTimeoutException late -> "there is no answer in time";
            case ConnectException refused -> "nobody answers there";
            default -> Objects.requireNonNullElse(problem.getMessage(), problem.getClass().getSimpleName())
                    .replaceFirst("\\.$", "");
        };
    }
}
