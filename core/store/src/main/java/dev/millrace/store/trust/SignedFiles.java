/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.trust;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The digests of files that somebody publishes, signed by Ed25519 (RFC 8032). What is signed is this text in UTF-8: the line
 * {@code millrace-model-1} or {@code millrace-plugins-1}, then for each file, in the order of the names, its SHA-256 in hexadecimal,
 * two spaces and its name; each line ends with a line feed.
 *
 * @param kind what the files are; a signature for one kind is none for the other
 * @param digests name to SHA-256 in hexadecimal
 * @param signature 64 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SignedFiles(Kind kind, Map<String, String> digests, byte[] signature) {

    /** What is published. */
    public enum Kind {
        /** The files of a model. */
        MODEL("millrace-model-1", "The model's " + FILE),
        /** An index and the bundles that it lists. */
        PLUGINS("millrace-plugins-1", "The signature of the index");

        private final String title;
        private final String word;

        Kind(String title, String word) {
            this.title = title;
            this.word = word;
        }
    }

    /** The file beside a model or an index that holds this. */
    public static final String FILE = "millrace-signature.json";

    private static final String ALGORITHM = "Ed25519";

    /** Sorts the names. */
    public SignedFiles {
        digests = new TreeMap<>(digests);
        signature = signature.clone();
    }

    private static byte[] text(Kind kind, Map<String, String> digests) {
        StringBuilder text = new StringBuilder(kind.title).append('\n');
        new TreeMap<>(digests).forEach((name, digest) -> text.append(digest).append("  ").append(name).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Signs.
     *
     * @param kind what the files are
     * @param digests name to SHA-256
     * @param pem a private key, PKCS #8 in PEM
     * @return the signed digests
     * @throws MillraceException if the key cannot be used
     */
    public static SignedFiles sign(Kind kind, Map<String, String> digests, String pem) {
        try {
            PrivateKey key = KeyFactory.getInstance(ALGORITHM)
                    .generatePrivate(new PKCS8EncodedKeySpec(decoded(pem)));
            Signature signing = Signature.getInstance(ALGORITHM);
            signing.initSign(key);
            signing.update(text(kind, digests));
            return new SignedFiles(kind, digests, signing.sign());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new MillraceException("The key cannot sign: give an Ed25519 private key in PEM, as "
                    + "\"openssl genpkey -algorithm ed25519\" makes it.", e);
        }
    }

    /**
     * Whether a key made the signature.
     *
     * @param pem a public key, X.509 in PEM or in base 64 alone
     * @return true if it did
     * @throws MillraceException if the key cannot be read
     */
    public boolean isBy(String pem) {
        try {
            PublicKey key = KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(decoded(pem)));
            Signature check = Signature.getInstance(ALGORITHM);
            check.initVerify(key);
            check.update(text(kind, digests));
            return check.verify(signature);
        } catch (java.security.SignatureException e) {
            return false; // not even the form of one
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new MillraceException("A key cannot be read: give an Ed25519 public key in PEM, as "
                    + "\"openssl pkey -pubout\" writes it.", e);
        }
    }

    /** What stands between the lines of a PEM file. */
    static byte[] decoded(String pem) {
        return Base64.getDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", ""));
    }

    /**
     * The content of {@link #FILE}.
     *
     * @return JSON
     */
    public String toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("format", 1);
        json.put("files", digests);
        json.put("signature", Base64.getEncoder().encodeToString(signature));
        return Json.write(json) + "\n";
    }

    /**
     * Reads the content of {@link #FILE}.
     *
     * @param kind what the files are
     * @param json its text
     * @return what it says; nothing of it is proved yet
     * @throws MillraceException if it is damaged
     */
    public static SignedFiles fromJson(Kind kind, String json) {
        try {
            if (Json.parse(json) instanceof Map<?, ?> map && map.get("files") instanceof Map<?, ?> files
                    && Long.valueOf(1).equals(map.get("format")) && map.get("signature") instanceof String signature) {
                Map<String, String> digests = new TreeMap<>();
                files.forEach((name, digest) -> digests.put(String.valueOf(name), String.valueOf(digest)));
                return new SignedFiles(kind, digests, Base64.getDecoder().decode(signature));
            }
        } catch (JsonException | IllegalArgumentException e) {
            throw damaged(kind, e);
        }
        throw damaged(kind, null);
    }

    private static MillraceException damaged(Kind kind, @org.jspecify.annotations.Nullable Exception cause) {
        return new MillraceException(kind.word + " is damaged: ask those who published it.", cause);
    }
}
