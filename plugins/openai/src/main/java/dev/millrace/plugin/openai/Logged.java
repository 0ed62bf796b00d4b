/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.plugin.http.Exchange;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An exchange whose body goes to the log, for those who asked for it. */
record Logged(Exchange exchange) implements Exchange {

    private static final System.Logger LOG = System.getLogger(Logged.class.getName());

    @Override
    public String method() {
        return exchange.method();
    }

    @Override
    public String path() {
        return exchange.path();
    }

    @Override
    public String query() {
        return exchange.query();
    }

    @Override
    public Optional<String> header(String name) {
        return exchange.header(name);
    }

    @Override
    public InetSocketAddress client() {
        return exchange.client();
    }

    @Override
    public byte[] body() throws IOException {
        byte[] body = exchange.body();
        LOG.log(System.Logger.Level.INFO, () -> new String(body, StandardCharsets.UTF_8));
        return body;
    }

    @Override
    public void header(String name, String value) {
        exchange.header(name, value);
    }

    @Override
    public int status() {
        return exchange.status();
    }

    @Override
    public void answer(int status, String type, byte[] content) throws IOException {
        exchange.answer(status, type, content);
    }

    @Override
    public OutputStream stream(int status, String type) throws IOException {
        return exchange.stream(status, type);
    }
}
