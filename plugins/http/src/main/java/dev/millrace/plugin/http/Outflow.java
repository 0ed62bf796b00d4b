/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * An answer that comes over time. While there is nothing to say it is kept alive by beats, which clients skip: without them
 * proxies give up, and nobody would notice that the client has left.
 */
public final class Outflow {

    /** How an answer is put into pieces. */
    public enum Kind {
        /** Server-sent events; a beat is a comment. */
        EVENTS("text/event-stream; charset=utf-8", ": ping\n\n"),
        /** One JSON object for each line; a beat is a blank before the next. */
        LINES("application/x-ndjson; charset=utf-8", " "),
        /** One JSON document; a beat is a blank before it. */
        DOCUMENT("application/json; charset=utf-8", " ");

        private final String type;
        private final String beat;

        Kind(String type, String beat) {
            this.type = type;
            this.beat = beat;
        }
    }

    private final Exchange exchange;
    private final Kind kind;
    private OutputStream out = OutputStream.nullOutputStream();
    private boolean open;
    private long lastSent = System.nanoTime();

    /** An answer of a kind. Nothing is sent yet. */
    public Outflow(Exchange exchange, Kind kind) {
        this.exchange = exchange;
        this.kind = kind;
    }

    /** Sends status 200 and the headers now, unless it has been done. From now on an error cannot change the status. */
    public void open() throws IOException {
        if (!open) {
            open = true;
            exchange.header("Cache-Control", "no-store");
            exchange.header("X-Accel-Buffering", "no");
            out = exchange.stream(200, kind.type);
            out.flush();
        }
    }

    /** Whether the headers are out. */
    public boolean isOpen() {
        return open;
    }

    /**
     * A beat: shows that the connection lives.
     *
     * @throws IOException if the client has left
     */
    public void beat() throws IOException {
        send(kind.beat);
    }

    /** How long nothing has been sent. */
    public Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastSent);
    }

    /**
     * Sends a piece and waits until it is on its way.
     *
     * @throws IOException if the client has left
     */
    public void send(String piece) throws IOException {
        open();
        out.write(piece.getBytes(StandardCharsets.UTF_8));
        out.flush();
        lastSent = System.nanoTime();
    }

    /**
     * Sends a document as a whole: with its length, if nothing is out yet.
     *
     * @throws IOException if the client has left
     */
    public void document(byte[] content) throws IOException {
        if (open) {
            out.write(content);
            end();
        } else {
            exchange.answer(200, kind.type, content);
        }
    }

    /**
     * The answer is whole.
     *
     * @throws IOException if the client has left
     */
    public void end() throws IOException {
        open();
        out.close();
    }
}
