/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import java.util.Optional;

/**
 * How a configuration wants the client to come into a server. Texts that are not given are empty.
 *
 * @param grant who is let in
 * @param clientId the name of this client at the authorization server, if it was registered there by a person
 * @param clientSecret its secret
 * @param privateKeyFile a key in PEM (PKCS 8, EC P-256 or RSA) by which the client signs in place of a secret
 * @param assertionFile a file with a signed assertion (JWT) that something else keeps fresh
 * @param clientMetadataUrl the address of a document that describes this client
 * @param issuer the only authorization server that may see what stands here
 * @param scope the scopes to ask for, separated by blanks
 */
public record SignIn(Grant grant, String clientId, String clientSecret, String privateKeyFile, String assertionFile,
        String clientMetadataUrl, String issuer, String scope) {

    /** What a server gets that has no settings. */
    public static final SignIn PERSON = new SignIn(Grant.PERSON, "", "", "", "", "", "", "");

    /** Who is let in. */
    public enum Grant {
        /** A person, who has signed in by a browser when somebody asked for that. */
        PERSON("person"),
        /** The client itself, by a secret or a key. */
        CLIENT("client_credentials"),
        /** The client itself, by an assertion of somebody whom the authorization server trusts (RFC 7523). */
        ASSERTION("jwt-bearer");

        private final String word;

        Grant(String word) {
            this.word = word;
        }

        /** The grant that a configuration names, if there is one. */
        public static Optional<Grant> of(String word) {
            for (Grant grant : values()) {
                if (grant.word.equals(word)) {
                    return Optional.of(grant);
                }
            }
            return Optional.empty();
        }
    }

    /** Whether something stands here that must be shown to nobody but the right authorization server. */
    boolean hasSecret() {
        return !clientSecret.isEmpty() || !privateKeyFile.isEmpty() || !assertionFile.isEmpty();
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "SignIn[" + grant + "]";
    }
}
