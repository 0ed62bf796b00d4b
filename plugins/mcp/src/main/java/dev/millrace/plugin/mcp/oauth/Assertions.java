/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;

/** Signed statements by which a client proves who it is (RFC 7523). */
final class Assertions {

    private static final long SECONDS = 120;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private Assertions() {
    }

    /**
     * A statement for an authorization server, good for two minutes.
     *
     * @param keyFile a private key in PEM
     * @throws SignInException if it cannot be read or used
     */
    static String signed(String keyFile, String clientId, String issuer) throws SignInException {
        try {
            byte[] encoded = Base64.getMimeDecoder()
                    .decode(Files.readString(Path.of(keyFile)).replaceAll("-----[A-Z ]+-----", ""));
            return signed(key(encoded), clientId, issuer);
        } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
            throw new SignInException(
                    "The key in " + keyFile + " cannot be used: it must be an EC key (P-256) or an RSA"
                            + " key, as PKCS 8 in PEM.",
                    e);
        }
    }

    private static PrivateKey key(byte[] encoded) throws GeneralSecurityException {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        }
    }

    private static String signed(PrivateKey key, String clientId, String issuer) throws GeneralSecurityException {
        boolean curve = key.getAlgorithm().equals("EC");
        long now = Instant.now().getEpochSecond();
        ObjectNode header = Json.object().put("alg", curve ? "ES256" : "RS256").put("typ", "JWT");
        ObjectNode claims = Json.object().put("iss", clientId).put("sub", clientId).put("aud", issuer)
                .put("jti", UUID.randomUUID().toString()).put("iat", now).put("exp", now + SECONDS);
        String text = ENCODER.encodeToString(Json.bytes(header)) + "." + ENCODER.encodeToString(Json.bytes(claims));
        Signature signature = Signature.getInstance(curve ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
        signature.initSign(key);
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + "." + ENCODER.encodeToString(signature.sign());
    }
}
