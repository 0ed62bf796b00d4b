/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.ModelOptions;
import dev.millrace.plugin.http.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * How the server is set up. docs/server.md says what each setting means.
 *
 * @param models references, the first for requests that name none
 * @param embeddings references of models that turn texts into vectors
 * @param options how models are opened
 * @param address where to listen
 * @param tls how connections are encrypted, or empty
 * @param tokens one of which a request must bring; none if none is needed
 * @param hosts names by which the server may be called besides those of the loopback
 * @param origins of web pages that may use it
 * @param limits of a request
 * @param running answers that run at once
 * @param runningPerToken of these, for one token
 * @param queuedPerToken requests that may wait, for one token
 * @param audit what is logged of each request
 */
record ServerSettings(List<String> models, List<String> embeddings, ModelOptions options, InetSocketAddress address,
        Optional<SSLContext> tls,
        List<String> tokens, Set<String> hosts, Set<String> origins, Limits limits, int running, int runningPerToken,
        int queuedPerToken, Audit audit) {

    static final String DEFAULT_MODEL = "nano";
    static final int DEFAULT_PORT = 8420;
    private static final Set<String> NAMES = Set.of("models", "embeddings", "backend", "context", "threads", "host",
            "port",
            "keystore", "keystorePassword", "plain", "tokens", "tokenFile", "hosts", "origins", "bodyBytes",
            "connections", "bodySeconds", "writeSeconds", "running", "runningPerToken", "queuedPerToken", "audit");

    /** What is logged of each request. */
    enum Audit {
        /** Nothing. */
        OFF,
        /** Who asked what for how long, without any content. */
        REQUESTS,
        /** The bodies of requests too. */
        CONTENT
    }

    /**
     * Reads settings.
     *
     * @throws IllegalArgumentException if one is unknown, wrong, or would be unsafe
     */
    static ServerSettings read(Map<String, String> given) {
        for (String name : given.keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("The server has no setting " + name + ".");
            }
        }
        Reader reader = new Reader(given);
        ModelOptions options = ModelOptions.defaults();
        if (!reader.text("backend", "").isEmpty()) {
            options = options.withBackend(reader.text("backend", ""));
        }
        options = options.withContext(reader.number("context", 0, 0, Integer.MAX_VALUE))
                .withThreads(reader.number("threads", 0, 0, 4096));
        InetSocketAddress address = address(reader.text("host", "127.0.0.1"),
                reader.number("port", DEFAULT_PORT, 0, 65_535));
        Optional<SSLContext> tls = tls(reader.text("keystore", ""), reader.text("keystorePassword", ""));
        List<String> tokens = tokens(reader);
        checkSafe(address, tls.isPresent() || reader.flag("plain"), !tokens.isEmpty());
        int running = reader.number("running", 8, 1, 100_000);
        Set<String> hosts = new HashSet<>();
        reader.list("hosts").forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        List<String> models = reader.list("models");
        return new ServerSettings(models.isEmpty() ? List.of(DEFAULT_MODEL) : models, reader.list("embeddings"),
                options, address, tls, tokens, hosts,
                Set.copyOf(reader.list("origins")),
                new Limits(reader.number("bodyBytes", 8 << 20, 1024, 1 << 30),
                        reader.number("connections", 2048, 1, 1_000_000),
                        Duration.ofSeconds(reader.number("bodySeconds", 30, 1, 3600)),
                        Duration.ofSeconds(reader.number("writeSeconds", 30, 1, 3600))),
                running, reader.number("runningPerToken", running, 1, 100_000),
                reader.number("queuedPerToken", 64, 0, 1_000_000), reader.audit());
    }

    private static InetSocketAddress address(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "host is " + host + ", which is not an address: use 127.0.0.1, an address"
                            + " of this machine, or 0.0.0.0 for all of them.",
                    e);
        }
    }

    private static void checkSafe(InetSocketAddress address, boolean encryptedOrOnPurpose, boolean token) {
        if (address.getAddress().isLoopbackAddress()) {
            return;
        }
        if (!token) {
            throw new IllegalArgumentException("Others could reach the server at "
                    + address.getAddress().getHostAddress() + ": set a token (tokenFile), or listen on 127.0.0.1.");
        }
        if (!encryptedOrOnPurpose) {
            throw new IllegalArgumentException("Others could read along at " + address.getAddress().getHostAddress()
                    + ": set a keystore for TLS, or plain=true if a proxy encrypts or the network is trusted.");
        }
    }

    private static List<String> tokens(Reader reader) {
        List<String> tokens = new ArrayList<>(reader.list("tokens"));
        String file = reader.text("tokenFile", "");
        if (!file.isEmpty()) {
            try {
                Files.readAllLines(Path.of(file)).stream().map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(tokens::add);
            } catch (IOException | InvalidPathException e) {
                throw new IllegalArgumentException("tokenFile is " + file + ", which cannot be read.", e);
            }
            if (tokens.isEmpty()) {
                throw new IllegalArgumentException("tokenFile is " + file + ", which holds no token.");
            }
        }
        return tokens;
    }

    private static Optional<SSLContext> tls(String keystore, String password) {
        if (keystore.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(Path.of(keystore))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return Optional.of(context);
        } catch (IOException | GeneralSecurityException | InvalidPathException e) {
            throw new IllegalArgumentException("keystore is " + keystore
                    + ", which cannot be read as PKCS#12 with that password: " + e.getMessage() + ".", e);
        }
    }

    /** Texts by name. */
    private record Reader(Map<String, String> given) {

        String text(String name, String otherwise) {
            String value = given.getOrDefault(name, "").strip();
            return value.isEmpty() ? otherwise : value;
        }

        /** Separated by commas, or by lines where names hold commas. */
        List<String> list(String name) {
            String text = text(name, "");
            List<String> items = new ArrayList<>();
            for (String item : text.split(text.contains("\n") ? "\n" : ",", -1)) {
                if (!item.isBlank()) {
                    items.add(item.strip());
                }
            }
            return items;
        }

        int number(String name, int otherwise, int least, int most) {
            String text = text(name, Integer.toString(otherwise));
            try {
                int value = Integer.parseInt(text);
                if (value >= least && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + " must be a whole number, not " + text + ".", e);
            }
            throw new IllegalArgumentException(
                    name + " must be between " + least + " and " + most + ", not " + text + ".");
        }

        boolean flag(String name) {
            String text = text(name, "false");
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException(name + " must be true or false, not " + text + ".");
            }
            return text.equals("true");
        }

        Audit audit() {
            return switch (text("audit", "requests")) {
                case "off" -> Audit.OFF;
                case "requests" -> Audit.REQUESTS;
                case "content" -> Audit.CONTENT;
                default -> throw new IllegalArgumentException("audit must be off, requests or content.");
            };
        }
    }

    /** Tokens and keys are nobody's to read in a log. */
    @Override
    public String toString() {
        return "ServerSettings[" + address + ", " + models + "]";
    }

    /** The scheme that clients use. */
    String scheme() {
        return tls.isPresent() ? "https" : "http";
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
