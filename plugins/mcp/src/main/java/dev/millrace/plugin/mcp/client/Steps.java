/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Progress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Passes on how far calls are, by the tokens that they were given. What belongs to no call is dropped. Safe for use from any thread. */
final class Steps {

    private final Map<Long, Progress> open = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();

    /** A call that is listened to. */
    record Listening(Steps steps, long token) implements AutoCloseable {

        @Override
        public void close() {
            steps.open.remove(token);
        }
    }

    /** Begins to listen for a call. */
    Listening listen(Progress progress) {
        long token = last.incrementAndGet();
        open.put(token, progress);
        return new Listening(this, token);
    }

    /** The server has told a step. */
    void told(ObjectNode params) {
        JsonNode token = params.path("progressToken");
        Progress progress = token.isIntegralNumber() && token.canConvertToLong() ? open.get(token.longValue()) : null;
        if (progress != null) {
            double total = params.path("total").asDouble();
            double done = params.path("progress").asDouble(-1);
            boolean known = total > 0 && done >= 0 && done <= total;
            try {
                progress.update(Untrusted.line(params.path("message").asText()), known ? done / total : Double.NaN);
            } catch (java.util.concurrent.CancellationException e) {
                // the call is over, and its own thread knows it
                open.remove(token.longValue());
            }
        }
    }
}
