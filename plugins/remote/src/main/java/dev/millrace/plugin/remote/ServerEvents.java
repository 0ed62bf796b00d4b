/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a stream of bytes into the data of server-sent events. Comments and other fields are passed over. Source: the section on
 * server-sent events of the HTML standard.
 */
final class ServerEvents {

    private static final int MOST_BYTES = 16 << 20;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final StringBuilder data = new StringBuilder();
    private boolean hasData;
    private boolean afterReturn;

    /**
     * Takes more bytes.
     *
     * @return the data of the events that are whole now
     * @throws IOException if an event is larger than any answer
     */
    List<String> take(List<ByteBuffer> buffers) throws IOException {
        List<String> events = new ArrayList<>();
        for (ByteBuffer buffer : buffers) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                boolean second = next == '\n' && afterReturn;
                afterReturn = next == '\r';
                if (next == '\n' || next == '\r') {
                    if (!second) {
                        endLine(events);
                    }
                } else {
                    line.write(next);
                    if (line.size() + data.length() > MOST_BYTES) {
                        throw new IOException("an event is larger than " + MOST_BYTES + " bytes");
                    }
                }
            }
        }
        return events;
    }

    /** The stream is over: an event without its empty line counts, too. */
    List<String> end() {
        List<String> events = new ArrayList<>();
        endLine(events);
        endEvent(events);
        return events;
    }

    private void endLine(List<String> events) {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (text.isEmpty()) {
            endEvent(events);
        } else if (text.startsWith("data:")) {
            if (hasData) {
                data.append('\n');
            }
            data.append(text, text.startsWith("data: ") ? "data: ".length() : "data:".length(), text.length());
            hasData = true;
        }
    }

    private void endEvent(List<String> events) {
        if (hasData) {
            events.add(data.toString());
        }
        hasData = false;
        data.setLength(0);
    }
}
