/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps answers of earlier rounds with the client, so that the server remembers nothing. They are signed, belong to one caller and
 * one request, and lapse.
 */
final class Continuation {

    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final String ALGORITHM = "HmacSHA256";
    private static final int SIGNATURE = 32;

    private final SecretKeySpec key;
    private final InstantSource clock;

    Continuation(InstantSource clock) {
        byte[] secret = new byte[SIGNATURE];
        new SecureRandom().nextBytes(secret);
        this.key = new SecretKeySpec(secret, ALGORITHM);
        this.clock = clock;
    }

    /** Seals answers. */
    String seal(String caller, String method, ObjectNode params, ObjectNode answers) {
        ObjectNode content = Json.object().put("until", clock.instant().plus(LIFE).toEpochMilli());
        content.set("answers", answers);
        byte[] text = Json.bytes(content);
        byte[] sealed = new byte[SIGNATURE + text.length];
        System.arraycopy(sign(caller, method, params, text), 0, sealed, 0, SIGNATURE);
        System.arraycopy(text, 0, sealed, SIGNATURE, text.length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    /**
     * Opens what was sealed.
     *
     * @throws RpcException if it was sealed for somebody or something else, has lapsed, or was not sealed here
     */
    ObjectNode open(String caller, String method, ObjectNode params, String state) throws RpcException {
        try {
            byte[] sealed = Base64.getUrlDecoder().decode(state);
            if (sealed.length > SIGNATURE) {
                byte[] text = java.util.Arrays.copyOfRange(sealed, SIGNATURE, sealed.length);
                if (MessageDigest.isEqual(sign(caller, method, params, text),
                        java.util.Arrays.copyOf(sealed, SIGNATURE))
                        && Json.parse(new String(text, StandardCharsets.UTF_8)) instanceof ObjectNode content
                        && content.path("until").asLong() > clock.instant().toEpochMilli()) {
                    return Json.object(content, "answers");
                }
            }
        } catch (IllegalArgumentException e) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "requestState was not made here: " + e.getMessage());
        }
        throw new RpcException(ErrorCode.INVALID_PARAMS,
                "requestState was not made here, was made for another request, or has lapsed: begin anew.");
    }

    private byte[] sign(String caller, String method, ObjectNode params, byte[] text) {
        // what stays the same from round to round
        ObjectNode request = Json.object().put("caller", caller).put("method", method);
        for (String name : new String[]{"name", "uri", "arguments"}) {
            if (params.has(name)) {
                request.set(name, params.get(name));
            }
        }
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(Json.bytes(request));
            mac.update((byte) 0);
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has " + ALGORITHM + ".", e);
        }
    }
}
