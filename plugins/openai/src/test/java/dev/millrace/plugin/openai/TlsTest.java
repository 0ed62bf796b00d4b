/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that are encrypted, with a certificate that this test makes. */
class TlsTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    private Path keystore() throws Exception {
        Path file = folder.resolve("gateway.p12");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "gateway", "-keyalg", "EC", "-dname", "CN=localhost", "-ext",
                "san=dns:localhost,ip:127.0.0.1", "-validity", "2", "-storetype", "PKCS12", "-keystore",
                file.toString(), "-storepass", PASSWORD).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), said);
        return file;
    }

    /** Trusts the certificate in a key store, and no other. */
    private static SSLContext trusting(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("gateway", store.getCertificate("gateway"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    @Test
    void answersAndStreamsAreEncrypted() throws Exception {
        Path file = keystore();
        try (Nano nano = new Nano("keystore", file.toString(), "keystorePassword", PASSWORD, "tokens", "secret");
                HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                        .sslContext(trusting(file)).build()) {
            assertEquals("https", nano.address().getScheme());
            HttpRequest.Builder models = nano.request("/v1/models").header("Authorization", "Bearer secret");
            assertEquals(200, client.send(models.build(), HttpResponse.BodyHandlers.ofString()).statusCode());
            List<String> lines = client.send(nano.request("/v1/chat/completions")
                    .header("Authorization", "Bearer secret")
                    .POST(HttpRequest.BodyPublishers.ofString(Nano.chat("Bye", "\"stream\":true"))).build(),
                    HttpResponse.BodyHandlers.ofLines()).body().toList();
            assertTrue(lines.contains("data: [DONE]"), lines::toString);
            // who does not trust the certificate gets nothing, and who does not encrypt neither
            assertThrows(SSLHandshakeException.class, () -> nano.send(models));
            HttpRequest plain = HttpRequest.newBuilder(java.net.URI
                    .create("http://127.0.0.1:" + nano.address().getPort() + "/health")).build();
            assertThrows(java.io.IOException.class,
                    () -> client.send(plain, HttpResponse.BodyHandlers.ofString()));
        }
    }

    @Test
    void aWrongPasswordIsToldWithoutIt() throws Exception {
        String file = keystore().toString();
        IllegalArgumentException problem = assertThrows(IllegalArgumentException.class,
                () -> ServerSettings.read(Map.of("keystore", file, "keystorePassword", "not-this-one")));
        String said = problem.toString();
        assertTrue(said.contains(file), said);
        assertFalse(said.contains("not-this-one"), said);
    }

    @Test
    void otherAddressesAreServedWithTlsAndAToken() throws Exception {
        ServerSettings settings = ServerSettings.read(Map.of("host", "0.0.0.0", "tokens", "t", "keystore",
                keystore().toString(), "keystorePassword", PASSWORD));
        assertTrue(settings.tls().isPresent());
        assertEquals("https", settings.scheme());
    }
}
