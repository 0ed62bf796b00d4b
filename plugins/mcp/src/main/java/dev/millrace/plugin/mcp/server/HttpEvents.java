/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An answer of server-sent events, each a message. For one thread. */
final class HttpEvents {

    private static final byte[] BEAT = ": ping\n\n".getBytes(StandardCharsets.UTF_8);
    /** Looks between two beats, without which nobody would notice that the client has left. */
    private static final int LOOKS = 8;

    private final WebExchange exchange;
    private @Nullable OutputStream out;

    HttpEvents(WebExchange exchange) {
        this.exchange = exchange;
    }

    boolean isOpen() {
        return out != null;
    }

    private OutputStream open() throws IOException {
        OutputStream stream = out;
        if (stream == null) {
            exchange.header("Cache-Control", "no-store");
            exchange.header("X-Accel-Buffering", "no");
            stream = exchange.stream(200, HttpNames.EVENTS);
            out = stream;
        }
        return stream;
    }

    void send(Message message) throws IOException {
        OutputStream stream = open();
        stream.write(("event: message\ndata: " + Json.text(message.write()) + "\n\n").getBytes(StandardCharsets.UTF_8));
        stream.flush();
    }

    void beat() throws IOException {
        OutputStream stream = open();
        stream.write(BEAT);
        stream.flush();
    }

    /** Tells what changes, while it is wanted and nobody interrupts. */
    void follow(Watch watch, BooleanSupplier wanted) throws IOException {
        open().flush();
        for (int round = 1; wanted.getAsBoolean() && !Thread.currentThread().isInterrupted(); round++) {
            LockSupport.parkNanos(this, Watch.MILLIS * 1_000_000);
            for (Message.Notification news : watch.look()) {
                send(news);
            }
            if (round % LOOKS == 0) {
                beat();
            }
        }
    }

    void end() throws IOException {
        open().close();
    }
}
