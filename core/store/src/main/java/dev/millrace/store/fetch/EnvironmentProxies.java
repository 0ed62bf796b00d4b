/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Proxies as the variables {@code https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy} name them, in small or
 * capital letters as curl takes them; where they are silent, as Java's own properties do.
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
        String named = variable("https".equals(uri.getScheme()) ? "https_proxy" : "http_proxy");
        if (named.isBlank()) {
            named = variable("all_proxy");
        }
        if (named.isBlank()) {
            ProxySelector system = ProxySelector.getDefault();
            return system == null ? List.of(Proxy.NO_PROXY) : system.select(uri);
        }
        if (excepted(String.valueOf(uri.getHost()))) {
            return List.of(Proxy.NO_PROXY);
        }
        URI proxy = URI.create(named.contains("://") ? named : "http://" + named);
        if (proxy.getHost() == null || !"http".equals(proxy.getScheme())) {
            throw new IllegalArgumentException("The proxy " + proxy.getScheme() + "://" + proxy.getHost()
                    + " cannot be used: give http://HOST:PORT.");
        }
        return List.of(new Proxy(Proxy.Type.HTTP,
                new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort())));
    }

    private boolean excepted(String host) {
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
