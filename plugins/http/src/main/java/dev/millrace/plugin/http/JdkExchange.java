/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/** An exchange of the JDK's server. Every wait for the client is watched. */
final class JdkExchange implements Exchange {

    private static final long MOST_DRAINED = 32L << 20;

    private final HttpExchange exchange;
    private final Limits limits;
    private final Watchdog.Watch watch;
    private boolean whole;

    JdkExchange(HttpExchange exchange, Limits limits, Watchdog.Watch watch) {
        this.exchange = exchange;
        this.limits = limits;
        this.watch = watch;
    }

    @Override
    public String method() {
        return exchange.getRequestMethod();
    }

    @Override
    public String path() {
        URI target = exchange.getRequestURI();
        String path = Objects.requireNonNullElse(target.getRawPath(), "");
        if (target.getScheme() == null && target.getRawAuthority() != null) {
            // a path that begins with two slashes, which the JDK takes for the name of a machine
            path = "/" + target.getRawAuthority() + path;
        }
        return path.isEmpty() ? "/" : path.replaceAll("/{2,}", "/");
    }

    @Override
    public String query() {
        String query = exchange.getRequestURI().getRawQuery();
        return query == null ? "" : query;
    }

    @Override
    public Optional<String> header(String name) {
        URI target = exchange.getRequestURI();
        if (name.equalsIgnoreCase("Host") && target.getScheme() != null) {
            // a whole address goes before the header, as HTTP wants it
            return Optional.of(Objects.requireNonNullElse(target.getRawAuthority(), ""));
        }
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    @Override
    public InetSocketAddress client() {
        return exchange.getRemoteAddress();
    }

    @Override
    public byte[] body() throws IOException {
        tooLong(header("Content-Length").map(JdkExchange::length).orElse(0L));
        watch.begin(limits.bodyTime());
        boolean cut = false;
        byte[] body = {};
        try {
            // not closed: that would wait for the rest of a body that is too long
            InputStream in = exchange.getRequestBody();
            body = in.readNBytes(limits.bodyBytes() + 1);
        } finally {
            cut = watch.end();
        }
        if (cut) {
            throw new IOException("The body came too slowly.");
        }
        tooLong(body.length);
        return body;
    }

    private static long length(String header) {
        try {
            return Long.parseLong(header.strip());
        } catch (NumberFormatException e) {
            return 0; // the server itself has refused it, or counts by chunks
        }
    }

    private void tooLong(long length) {
        if (length > limits.bodyBytes()) {
            throw new ApiError(413, "The body may have " + limits.bodyBytes() + " bytes at most.", null,
                    "request_too_large");
        }
    }

    @Override
    public void header(String name, String value) {
        exchange.getResponseHeaders().set(name, value);
    }

    @Override
    public int status() {
        return Math.max(0, exchange.getResponseCode());
    }

    @Override
    public void answer(int status, String type, byte[] content) throws IOException {
        header("Content-Type", type);
        boolean bodiless = method().equals("HEAD") || status == 204 || content.length == 0;
        watch.begin(limits.writeTime());
        try {
            exchange.sendResponseHeaders(status, bodiless ? -1 : content.length);
            if (!bodiless) {
                OutputStream out = exchange.getResponseBody();
                out.write(content);
                out.flush();
            }
        } finally {
            watch.end();
        }
        whole = true;
    }

    @Override
    public OutputStream stream(int status, String type) throws IOException {
        header("Content-Type", type);
        watch.begin(limits.writeTime());
        try {
            exchange.sendResponseHeaders(status, 0);
        } finally {
            watch.end();
        }
        return new Watched(exchange.getResponseBody());
    }

    /** After the handler: what is not whole is cut, so that the client does not take it for whole. */
    void end() {
        watch.begin(limits.writeTime());
        try {
            if (whole) {
                drain(exchange.getRequestBody());
                exchange.getRequestBody().close();
                exchange.getResponseBody().close();
            } else {
                exchange.close();
            }
        } catch (IOException e) {
            exchange.close();
        } finally {
            watch.end();
        }
    }

    /**
     * Throws away what is left of a body that was refused: else the connection is reset before a client that is still sending has
     * read why.
     */
    private static void drain(InputStream in) throws IOException {
        byte[] buffer = new byte[8192];
        int read = 0;
        for (long left = MOST_DRAINED; left > 0 && read >= 0; left -= read) {
            read = in.read(buffer);
        }
    }

    /** Writes under the eye of the watchdog. */
    private final class Watched extends FilterOutputStream {

        Watched(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            watch.begin(limits.writeTime());
            try {
                out.write(bytes, offset, length);
            } finally {
                watch.end();
            }
        }

        @Override
        public void flush() throws IOException {
            watch.begin(limits.writeTime());
            try {
                out.flush();
            } finally {
                watch.end();
            }
        }

        @Override
        public void close() throws IOException {
            watch.begin(limits.writeTime());
            try {
                out.close();
                whole = true;
            } finally {
                watch.end();
            }
        }
    }
}
