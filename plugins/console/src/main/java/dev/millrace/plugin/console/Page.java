/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The files of the page. They hold nothing of the server, so they need no token. */
final class Page {

    /** Scripts, styles and data of this server alone; no frames, no forms, nothing inline. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> TYPES = Map.of("html", "text/html; charset=utf-8", "js",
            "text/javascript; charset=utf-8", "css", "text/css; charset=utf-8", "svg", "image/svg+xml");

    private static final List<String> FILES = List.of("console.css", "icon.svg", "main.js", "dom.js", "server.js",
            "markdown.js", "store.js", "chat.js", "answer.js", "settings.js", "machine.js", "plot.js", "lists.js",
            "models.js");

    private Page() {
    }

    static List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes.add(route("/", "index.html"));
        FILES.forEach(file -> routes.add(route("/console/" + file, file)));
        return routes;
    }

    private static Route route(String path, String file) {
        byte[] content = read(file);
        String type = TYPES.getOrDefault(file.substring(file.lastIndexOf('.') + 1), "text/plain");
        return Route.open(path, (exchange, caller) -> send(exchange, type, content));
    }

    private static byte[] read(String file) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + file)) {
            if (in == null) {
                throw new IllegalStateException("The file " + file + " of the page is missing.");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("The file " + file + " of the page cannot be read.", e);
        }
    }

    private static void send(Exchange exchange, String type, byte[] content) throws IOException {
        exchange.header("Content-Security-Policy", POLICY);
        exchange.header("X-Content-Type-Options", "nosniff");
        exchange.header("Referrer-Policy", "no-referrer");
        exchange.header("Cross-Origin-Opener-Policy", "same-origin");
        exchange.header("Cross-Origin-Resource-Policy", "same-origin");
        // another version of the server has other files
        exchange.header("Cache-Control", "no-cache");
        exchange.answer(200, type, content);
    }
}
