/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whom to trust, and how to prove who we are. */
public final class Tls {

    private final SSLContext context;

    private Tls(SSLContext context) {
        this.context = context;
    }

    /**
     * Reads certificates.
     *
     * @param authorities a file in PEM with the certificates that are trusted; empty trusts those of Java
     * @param keyStore a PKCS#12 file with the key of this client; empty if the broker asks for none
     * @param password of the key store
     * @throws IllegalArgumentException if a file cannot be read, as a sentence
     */
    static Tls of(Optional<Path> authorities, Optional<Path> keyStore, String password) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyStore.isPresent() ? keys(keyStore.get(), password) : null,
                    authorities.isPresent() ? trusted(authorities.get()) : null, null);
            return new Tls(context);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("TLS cannot be set up: " + e.getMessage() + ".", e);
        }
    }

    private static TrustManager @Nullable [] trusted(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority" + number++, certificate);
            }
            if (number == 0) {
                throw new IllegalArgumentException(file + " holds no certificate: give a file in PEM.");
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "The certificates in " + file + " cannot be read (" + e.getMessage() + "): give a file in PEM.", e);
        }
    }

    private static KeyManager @Nullable [] keys(Path file, String password) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password.toCharArray());
            return factory.getKeyManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("The key store " + file + " cannot be read (" + e.getMessage()
                    + "): give a PKCS#12 file and its password.", e);
        }
    }

    /** Makes connections. */
    public SSLSocketFactory sockets() {
        return context.getSocketFactory();
    }
}
