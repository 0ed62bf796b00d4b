/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds out who gives tokens for a server (RFC 9728, RFC 8414). */
final class Discovery {

    private static final String RESOURCE = "/.well-known/oauth-protected-resource";
    private static final String SERVER = "/.well-known/oauth-authorization-server";
    private static final String OPENID = "/.well-known/openid-configuration";

    private final Web web;
    private final URI server;

    Discovery(Web web, URI server) {
        this.web = web;
        this.server = server;
    }

    /**
     * What was found.
     *
     * @param resource the name of the server at the authorization server
     * @param scopes that the server knows; empty if it does not say
     * @param issuer who gives tokens
     */
    record Found(String resource, List<String> scopes, Issuer issuer) {
    }

    /**
     * Asks the server, and then the one that it names.
     *
     * @param wanted the authorization server that a configuration wants; empty for the first one
     * @throws SignInException if what it says cannot be trusted, or nobody gives tokens
     */
    Found find(Challenge challenge, String wanted) throws IOException, InterruptedException {
        String origin = origin(server);
        Optional<ObjectNode> metadata = Optional.empty();
        for (URI address : resources(challenge, origin)) {
            metadata = web.document(address);
            if (metadata.isPresent()) {
                break;
            }
        }
        if (metadata.isEmpty()) {
            Optional<Issuer> old = issuer(origin);
            return new Found(server.toString(), List.of(), old.orElse(Issuer.byDefault(origin)));
        }
        ObjectNode found = metadata.get();
        String resource = Json.text(found, "resource").orElse("");
        if (!covers(resource)) {
            throw new SignInException(
                    "The metadata of the server are those of another one, so nothing is asked for it.");
        }
        List<String> issuers = Issuer.texts(found, "authorization_servers");
        if (issuers.isEmpty() || (!wanted.isEmpty() && !issuers.contains(wanted))) {
            throw new SignInException(wanted.isEmpty()
                    ? "The server names nobody who gives tokens for it."
                    : "The server does not name the authorization server that its settings want.");
        }
        String name = wanted.isEmpty() ? issuers.getFirst() : wanted;
        return new Found(resource, Issuer.texts(found, "scopes_supported"), issuer(name).orElseThrow(
                () -> new SignInException("The authorization server of the server does not describe itself.")));
    }

    private List<URI> resources(Challenge challenge, String origin) throws SignInException {
        if (!challenge.metadata().isEmpty()) {
            URI named = Web.checked(challenge.metadata());
            // a server must not make this client ask addresses that only this machine can reach
            if (!origin(named).equals(origin)) {
                throw new SignInException("The server says that its metadata are at another server.");
            }
            return List.of(named);
        }
        List<URI> addresses = new ArrayList<>();
        String path = path(server);
        if (!path.isEmpty()) {
            addresses.add(Web.checked(origin + RESOURCE + path));
        }
        addresses.add(Web.checked(origin + RESOURCE));
        return addresses;
    }

    private Optional<Issuer> issuer(String name) throws IOException, InterruptedException {
        URI issuer = Web.checked(name);
        String origin = origin(issuer);
        String path = path(issuer);
        List<String> addresses = path.isEmpty()
                ? List.of(origin + SERVER, origin + OPENID)
                : List.of(origin + SERVER + path, origin + OPENID + path, origin + path + OPENID);
        for (String address : addresses) {
            Optional<ObjectNode> metadata = web.document(URI.create(address));
            if (metadata.isPresent()) {
                return Optional.of(Issuer.read(name, metadata.get()));
            }
        }
        return Optional.empty();
    }

    /** Whether a resource is this server, or the part of the same host that it lies in. */
    private boolean covers(String resource) {
        try {
            URI named = URI.create(resource);
            String path = path(named);
            return named.getHost() != null && named.getFragment() == null && origin(named).equals(origin(server))
                    && (path(server).equals(path) || path(server).startsWith(path + "/"));
        } catch (IllegalArgumentException e) {
            return false; // no address at all
        }
    }

    /** Scheme, host and port. */
    static String origin(URI address) {
        return address.getScheme() + "://" + address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
    }

    private static String path(URI address) {
        String path = address.getRawPath();
        return path == null ? "" : path.replaceFirst("/+$", "");
    }
}
