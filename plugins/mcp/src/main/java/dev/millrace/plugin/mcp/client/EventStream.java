/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import dev.millrace.plugin.mcp.rpc.Lines;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads server-sent events. For one thread. */
final class EventStream {

    private static final int LONGEST = 16 << 20;
    private static final int MOST_RETRY_MILLIS = 60_000;

    private final Lines lines;
    private String lastId = "";
    private int retryMillis = 1_000;

    EventStream(InputStream in) {
        this.lines = new Lines(in, LONGEST, true);
    }

    /** The id of the last event that had one; empty if none had. */
    String lastId() {
        return lastId;
    }

    /** How long to wait before the stream is taken up again. */
    int retryMillis() {
        return retryMillis;
    }

    /**
     * The data of the next event that has any.
     *
     * @return empty at the end
     * @throws IOException if the stream breaks, or an event is too long
     */
    Optional<String> next() throws IOException {
        StringBuilder data = new StringBuilder();
        boolean any = false;
        for (Optional<Lines.Line> read = lines.next(); read.isPresent(); read = lines.next()) {
            // a letter that is not written in UTF-8 spoils that letter only
            if (read.get().text().isEmpty() && !read.get().problem().isEmpty()) {
                throw new IOException("An event " + read.get().problem() + ".");
            }
            String line = read.get().text();
            if (line.endsWith("\r")) {
                line = line.substring(0, line.length() - 1);
            }
            if (line.isEmpty()) {
                if (any && !data.isEmpty()) {
                    return Optional.of(data.toString());
                }
                data.setLength(0);
                any = false;
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (value.startsWith(" ")) {
                value = value.substring(1);
            }
            switch (field) {
                case "data" -> {
                    if (data.length() + value.length() > LONGEST) {
                        throw new IOException("An event is longer than " + LONGEST + " characters.");
                    }
                    data.append(any ? "\n" : "").append(value);
                    any = true;
                }
                case "id" -> lastId = value;
                case "retry" -> {
                    if (value.matches("[0-9]{1,9}")) {
                        retryMillis = Math.min(MOST_RETRY_MILLIS, Integer.parseInt(value));
                    }
                }
                default -> {
                    // comments and names of events say nothing here
                }
            }
        }
        return Optional.empty();
    }
}
