/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import dev.millrace.plugin.mcp.oauth.Access;
import dev.millrace.plugin.mcp.oauth.Consent;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How servers at an address are come into.
 *
 * @param folder where passes are kept; empty if nowhere
 * @param consent a person who can sign in, if somebody asked for that
 */
record Passes(Optional<Path> folder, Optional<Consent> consent) {

    private static final String TOOLS = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}";

    /** A way into a server, closed by the caller. */
    Access access(ServerSpec spec) {
        return new Access(spec.name(), URI.create(spec.url()), spec.signIn(), folder, consent);
    }

    /** Asks a server for its tools, so that it says whether somebody must sign in. */
    boolean signIn(ServerSpec spec) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(spec.url()))
                .POST(HttpRequest.BodyPublishers.ofString(TOOLS));
        spec.headers().forEach(request::setHeader);
        request.setHeader("Content-Type", HttpNames.JSON).setHeader("Accept", HttpNames.JSON + ", " + HttpNames.EVENTS);
        try (Access access = access(spec);
                HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<InputStream> response = access.send(client, request);
            response.body().close();
            return response.statusCode() != 401 && response.statusCode() != 403;
        }
    }
}
