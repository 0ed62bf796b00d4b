/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An authorization server, as its metadata describes it (RFC 8414).
 *
 * @param issuer its name, an address
 * @param authorization where a person signs in; empty if nowhere
 * @param token where tokens are had
 * @param registration where clients register themselves; empty if nowhere
 * @param methods by which a client may prove who it is; empty if it does not say
 * @param scopes that it knows; empty if it does not say
 * @param namesItself whether its answers to a browser carry its name (RFC 9207)
 * @param readsDocuments whether the address of a document can be the name of a client
 */
record Issuer(String issuer, String authorization, String token, String registration, List<String> methods,
        List<String> scopes, boolean namesItself, boolean readsDocuments) {

    Issuer {
        methods = List.copyOf(methods);
        scopes = List.copyOf(scopes);
    }

    /**
     * Reads metadata.
     *
     * @throws SignInException if a person could not sign in safely by it
     */
    static Issuer read(String issuer, ObjectNode metadata) throws SignInException {
        // another server's document would send the token request there
        if (!Json.text(metadata, "issuer").equals(Optional.of(issuer))) {
            throw new SignInException("The metadata of the authorization server does not carry its own name.");
        }
        Issuer read = new Issuer(issuer, Json.text(metadata, "authorization_endpoint").orElse(""),
                Json.text(metadata, "token_endpoint").orElse(""),
                Json.text(metadata, "registration_endpoint").orElse(""),
                texts(metadata, "token_endpoint_auth_methods_supported"), texts(metadata, "scopes_supported"),
                metadata.path("authorization_response_iss_parameter_supported").asBoolean(),
                metadata.path("client_id_metadata_document_supported").asBoolean());
        Web.checked(read.token);
        if (!read.authorization.isEmpty()) {
            Web.checked(read.authorization);
            if (!texts(metadata, "code_challenge_methods_supported").contains("S256")) {
                throw new SignInException("The authorization server does not protect its codes (PKCE with S256).");
            }
        }
        return read;
    }

    /** A server without metadata, as the revision of March 2025 has it. */
    static Issuer byDefault(String origin) {
        return new Issuer(origin, origin + "/authorize", origin + "/token", origin + "/register", List.of(), List.of(),
                false, false);
    }

    static List<String> texts(ObjectNode object, String field) {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : object.path(field)) {
            if (each.isTextual() && texts.size() < 1000) {
                texts.add(each.textValue());
            }
        }
        return texts;
    }
}
