/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Proxies as the variables {@code https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy} name them, in small or
 * capital letters as curl takes them, with user and password if they have such; where they are silent, as Java's own properties do.
 */
final class EnvironmentProxies extends ProxySelector {

    private final Map<String, String> environment;

    EnvironmentProxies(Map<String, String> environment) {
        this.environment = environment;
    }

    private String variable(String name) {
        String small = environment.getOrDefault(name, "");
        // in capitals http_proxy could be a header that a client sent to a CGI program
        return !small.isBlank() || name.equals("http_proxy")
                ? small
                : environment.getOrDefault(name.toUpperCase(Locale.ROOT), "");
    }

    @Override
    public List<Proxy> select(URI uri) {
        Optional<URI> named = named(uri);
        if (named.isPresent()) {
            URI proxy = named.get();
            return List.of(new Proxy(Proxy.Type.HTTP,
                    new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort())));
        }
        ProxySelector system = ProxySelector.getDefault();
        return isSilent(uri) && system != null ? system.select(uri) : List.of(Proxy.NO_PROXY);
    }

    private String variableFor(URI uri) {
        String named = variable("https".equals(uri.getScheme()) ? "https_proxy" : "http_proxy");
        return named.isBlank() ? variable("all_proxy") : named;
    }

    private boolean isSilent(URI uri) {
        return variableFor(uri).isBlank();
    }

    /** The proxy that the variables name for an address, with user and password as they write them; empty if they name none. */
    private Optional<URI> named(URI uri) {
        String named = variableFor(uri).strip();
        if (named.isEmpty() || excepted(String.valueOf(uri.getHost()))) {
            return Optional.empty();
        }
        try {
            URI proxy = new URI(named.contains("://") ? named : "http://" + named);
            if (proxy.getHost() != null && "http".equals(proxy.getScheme())) {
                return Optional.of(proxy);
            }
        } catch (URISyntaxException e) {
            // its text may hold the password, so it is told without
            throw unusable(e.getIndex());
        }
        throw unusable(-1);
    }

    private static MillraceException unusable(int index) {
        return new MillraceException("The proxy in https_proxy, http_proxy or all_proxy cannot be used"
                + (index < 0 ? "" : " because of its character " + (index + 1))
                + ": give http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %40 for @ and %3A for : inside of USER and PASSWORD.");
    }

    /**
     * What a proxy wants to hear of user and password (Basic, RFC 7617).
     *
     * @return empty if the variables give none for this address
     */
    Optional<String> authorization(URI uri) {
        return named(uri).map(URI::getUserInfo).filter(user -> !user.isEmpty())
                .map(user -> user.contains(":") ? user : user + ":")
                .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }

    /** The proxy of an address for messages: host and port only. */
    String shown(URI uri) {
        return named(uri).map(proxy -> proxy.getHost() + (proxy.getPort() < 0 ? "" : ":" + proxy.getPort()))
                .orElse("of this machine");
    }

    private boolean excepted(String named) {
        String host = named.startsWith("[") ? named.substring(1, named.length() - 1) : named;
        for (String part : variable("no_proxy").split(",", -1)) {
            String name = part.strip().toLowerCase(Locale.ROOT);
            if (name.equals("*") || (!name.isEmpty() && (host.equalsIgnoreCase(name)
                    || host.toLowerCase(Locale.ROOT).endsWith(name.startsWith(".") ? name : "." + name)))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the failure is told by the request
    }
}
