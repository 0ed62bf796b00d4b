/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.Device;
import dev.millrace.spi.remote.RemoteModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A server, and which of its models is meant.
 *
 * @param scheme stands before the name where it is opened; may be empty
 * @param name by which people know it
 * @param base what {@code /chat/completions} is appended to, for example {@code http://gpu:8000/v1}
 * @param model the server's name for it; empty for the first in its list
 * @param secret opens it
 * @param context tokens that a conversation may hold; 0 to ask the server
 * @param fallback who answers while it cannot
 * @param limits how long it may take
 * @param retries how often it is asked again before the first of an answer has come
 */
record Endpoint(String scheme, String name, URI base, Optional<String> model, Secret secret, int context,
        Optional<RemoteModel.Fallback> fallback, TimeLimits limits, int retries) {

    static final String SCHEME = "remote:";

    private static final Set<String> KEYS = Set.of("name", "url", "model", "tokenFile", "tokenEnvironment", "context",
            "fallback", "fallbackSeconds", "connectSeconds", "firstSeconds", "betweenSeconds", "pauseSeconds",
            "retries");

    /**
     * Reads settings.
     *
     * @throws IllegalArgumentException if one is unknown or wrong, or the address is missing
     */
    static Endpoint of(String name, Map<String, String> settings) {
        for (String key : settings.keySet()) {
            if (!KEYS.contains(key)) {
                throw wrong(name, "has no setting " + key);
            }
        }
        Reader reader = new Reader(name, settings);
        if (!reader.text("tokenFile").isEmpty() && !reader.text("tokenEnvironment").isEmpty()) {
            throw wrong(name, "has both tokenFile and tokenEnvironment: one of them is enough");
        }
        Secret secret = reader.text("tokenFile").isEmpty()
                ? reader.text("tokenEnvironment").isEmpty()
                        ? Secret.NONE
                        : Secret.ofEnvironment(reader.text("tokenEnvironment"))
                : Secret.ofFile(reader.text("tokenFile"));
        Optional<RemoteModel.Fallback> fallback = reader.text("fallback").isEmpty()
                ? Optional.empty()
                : Optional.of(new RemoteModel.Fallback(reader.text("fallback"), reader.seconds("fallbackSeconds", 30)));
        return new Endpoint(SCHEME, name, base(name, reader.text("url")),
                Optional.of(reader.text("model")).filter(text -> !text.isEmpty()), secret,
                reader.number("context", 0, Integer.MAX_VALUE), fallback,
                new TimeLimits(reader.seconds("connectSeconds", 5), reader.seconds("firstSeconds", 300),
                        reader.seconds("betweenSeconds", 60), reader.seconds("pauseSeconds", 10)),
                reader.number("retries", 2, 100));
    }

    private static URI base(String name, String url) {
        if (url.isEmpty()) {
            throw wrong(name, "has no url: give the address of the server, such as http://gpu:8000/v1");
        }
        try {
            URI uri = new URI(url.replaceFirst("/+$", ""));
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (!web || uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawQuery() != null) {
                throw wrong(name, "has the url " + hidden(url)
                        + ": it must be http or https with a host, and no password or query");
            }
            return uri.getRawPath().isEmpty() ? URI.create(uri + "/v1") : uri;
        } catch (URISyntaxException e) {
            throw wrong(name, "has the url " + hidden(url) + ", which is none");
        }
    }

    private static String hidden(String url) {
        return url.replaceFirst("//[^/]*@", "//***@");
    }

    private static IllegalArgumentException wrong(String name, String what) {
        return new IllegalArgumentException("The remote model " + name + " " + what + ".");
    }

    /** By which it is opened. */
    String reference() {
        return scheme + name;
    }

    /** A model of the same server that is opened by the server's own name for it. */
    Endpoint of(String served) {
        return new Endpoint("", served, base, Optional.of(served), secret, context, fallback, limits, retries);
    }

    /** Where a model of it runs, without any secret. */
    Device device(Optional<String> served) {
        return new Device(reference(), "remote", served.map(name -> name + " at ").orElse("") + address(),
                Long.MAX_VALUE);
    }

    /** Scheme, host and port, for people. */
    String address() {
        return base.getScheme() + "://" + base.getRawAuthority();
    }

    /** Texts by name. */
    private record Reader(String name, Map<String, String> settings) {

        String text(String key) {
            return settings.getOrDefault(key, "").strip();
        }

        int number(String key, int otherwise, int most) {
            String text = text(key);
            if (text.isEmpty()) {
                return otherwise;
            }
            try {
                int value = Integer.parseInt(text);
                if (value >= 0 && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                throw wrong(name, "has " + key + "=" + text + ", which is no whole number");
            }
            throw wrong(name, "has " + key + "=" + text + ": it is from 0 to " + most);
        }

        Duration seconds(String key, int otherwise) {
            int value = number(key, otherwise, 86_400);
            if (value == 0) {
                throw wrong(name, "has " + key + "=0: it is a second or more");
            }
            return Duration.ofSeconds(value);
        }
    }
}
