/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;

/**
 * What a client was given for a server. Texts that are not there are empty.
 *
 * @param issuer who gave it; it is shown to nobody else but the server
 * @param access the token for the server
 * @param refresh the token for the next token
 * @param scope what was asked for
 * @param clientId the client to whom it was given
 * @param clientSecret the client's secret, if it registered itself
 * @param method how the client proves who it is
 */
record Pass(String issuer, String access, String refresh, String scope, String clientId, String clientSecret,
        String method) {

    static final Pass NONE = new Pass("", "", "", "", "", "", "");

    static Pass read(ObjectNode kept) {
        return new Pass(Json.text(kept, "issuer").orElse(""), Json.text(kept, "access").orElse(""),
                Json.text(kept, "refresh").orElse(""), Json.text(kept, "scope").orElse(""),
                Json.text(kept, "clientId").orElse(""), Json.text(kept, "clientSecret").orElse(""),
                Json.text(kept, "method").orElse("none"));
    }

    ObjectNode write() {
        return Json.object().put("issuer", issuer).put("access", access).put("refresh", refresh).put("scope", scope)
                .put("clientId", clientId).put("clientSecret", clientSecret).put("method", method);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "Pass[" + issuer + ", " + scope + "]";
    }
}
