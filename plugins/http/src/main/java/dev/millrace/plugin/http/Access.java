/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Who may come in: the right name of this machine, no foreign web page, and a token where one is asked for. */
public final class Access {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final boolean loopback;
    private final Set<String> hosts;
    private final Set<String> origins;
    private final List<byte[]> tokens = new ArrayList<>();

    /**
     * Rules.
     *
     * @param loopback whether only this machine can reach the server
     * @param hosts names that a request may be addressed to, besides those of the loopback; on other addresses none means any
     * @param origins of web pages that may ask, such as {@code http://gateway.local:3000}
     * @param tokens one of which a request must bring; none means that none is needed
     */
    public Access(boolean loopback, Set<String> hosts, Set<String> origins, List<String> tokens) {
        this.loopback = loopback;
        this.hosts = Set.copyOf(hosts);
        this.origins = Set.copyOf(origins);
        tokens.forEach(token -> this.tokens.add(digest(token)));
    }

    /**
     * Checks what the headers say, before anything is read. Sets the headers that let an allowed page read the answer.
     *
     * @throws ApiError 403 if the request comes by a foreign name or from a foreign page
     */
    public void checkOrigin(Exchange exchange) {
        String host = exchange.header("Host").orElse("");
        String name = withoutPort(host).toLowerCase(Locale.ROOT);
        boolean known = hosts.contains(name) || LOOPBACK.contains(name);
        if (!known && (loopback || !hosts.isEmpty())) {
            throw new ApiError(403, "This server is not called " + printable(host)
                    + ": use 127.0.0.1 or localhost, or add the name to the setting hosts.", null, "host_not_allowed");
        }
        Optional<String> origin = exchange.header("Origin");
        if (origin.isPresent()) {
            boolean own = origin.get().equalsIgnoreCase("http://" + host)
                    || origin.get().equalsIgnoreCase("https://" + host);
            if (!own && !origins.contains(origin.get())) {
                throw new ApiError(403, "Pages from " + printable(origin.get())
                        + " may not use this server: add the origin to the setting origins.", null,
                        "origin_not_allowed");
            }
            if (!own) {
                exchange.header("Access-Control-Allow-Origin", origin.get());
                exchange.header("Access-Control-Expose-Headers", "Warning, Retry-After");
                exchange.header("Vary", "Origin");
            }
        } else if (exchange.header("Sec-Fetch-Site").filter("cross-site"::equals).isPresent()
                && !followsLink(exchange)) {
            throw new ApiError(403, "Pages from elsewhere may not use this server.", null, "origin_not_allowed");
        }
    }

    /** Whether somebody opens this address as a page of its own. The page that he comes from cannot read what he gets. */
    private static boolean followsLink(Exchange exchange) {
        return exchange.method().equals("GET")
                && exchange.header("Sec-Fetch-Mode").filter("navigate"::equals).isPresent()
                && exchange.header("Sec-Fetch-Dest").filter("document"::equals).isPresent();
    }

    /**
     * Checks the token. All tokens are compared in constant time.
     *
     * @return a name for who asks, without the token in it
     * @throws ApiError 401 if it is missing or wrong
     */
    public String checkToken(Exchange exchange) {
        if (tokens.isEmpty()) {
            return "anyone";
        }
        String given = exchange.header("Authorization")
                .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length()))
                .map(value -> value.substring("Bearer ".length()).strip())
                .or(() -> exchange.header("x-api-key")).orElse("");
        byte[] digest = digest(given);
        int found = -1;
        for (int i = 0; i < tokens.size(); i++) {
            if (MessageDigest.isEqual(tokens.get(i), digest)) {
                found = i;
            }
        }
        if (found < 0) {
            exchange.header("WWW-Authenticate", "Bearer");
            throw new ApiError(401, given.isEmpty()
                    ? "A token is needed: send it as Authorization: Bearer."
                    : "The token is not known here.", null, "invalid_api_key");
        }
        return "token " + (found + 1);
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    }

    private static String printable(String text) {
        String clean = text.replaceAll("[^\\x21-\\x7e]", "\ufffd");
        return clean.length() > 100 ? clean.substring(0, 100) : clean;
    }
}
