/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A proxy that lets nobody through without the password: whole addresses over http, and tunnels to one host that has a certificate. */
final class TestProxy implements AutoCloseable {

    /** Of the file with keys. */
    static final String SECRET = "secret-of-the-test";

    private final String expected;
    private final ServerSocket server = socket();
    private final List<AutoCloseable> open = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger passed = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    private volatile String host = "";
    private volatile int front;

    TestProxy(String user) {
        expected = "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
        accept(server, this::serve);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Of the server with the certificate, after {@link #tunnel}. */
    int securePort() {
        return front;
    }

    private static ServerSocket socket() {
        try {
            return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FunctionalInterface
    private interface Service {

        void serve(Socket socket) throws IOException;
    }

    private void accept(ServerSocket at, Service service) {
        open.add(at);
        Thread.ofVirtual().start(() -> {
            while (!at.isClosed()) {
                try {
                    Socket socket = at.accept();
                    open.add(socket);
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            service.serve(socket);
                        } catch (IOException e) {
                            // one of both ends has gone
                        }
                    });
                } catch (IOException e) {
                    return; // closed
                }
            }
        });
    }

    /** The head of a request, with the empty line; empty at the end of the connection. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private void serve(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        OutputStream out = client.getOutputStream();
        String head = head(in);
        while (!head.isEmpty()) {
            String given = head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("proxy-authorization:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("");
            if (!given.equals(expected)) {
                refused.incrementAndGet();
                out.write("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"mill\"\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                head = head(in);
                continue;
            }
            passed.incrementAndGet();
            String[] words = head.lines().findFirst().orElse("").split(" ", -1);
            if (words[0].equals("CONNECT")) {
                if (!words[1].equals(host + ":443")) {
                    return;
                }
                out.write("HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                both(client, new Socket(InetAddress.getLoopbackAddress(), front));
                return;
            }
            URI address = URI.create(words[1]);
            String path = address.getRawPath() + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery());
            StringBuilder passedOn = new StringBuilder(words[0] + " " + path + " HTTP/1.1\r\n");
            head.lines().skip(1).filter(line -> !line.isEmpty() && !line.toLowerCase(Locale.ROOT).startsWith("proxy-"))
                    .forEach(line -> passedOn.append(line).append("\r\n"));
            Socket origin = new Socket(address.getHost(), address.getPort());
            open.add(origin);
            origin.getOutputStream().write((passedOn + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            // the next request comes by a connection of its own, so that it is seen here, whenever this one is free
            String answer = head(origin.getInputStream());
            out.write(answer.replaceFirst("\r\n", "\r\nConnection: close\r\n").getBytes(StandardCharsets.ISO_8859_1));
            both(client, origin);
            return;
        }
    }

    /** Copies in both directions until one side ends. */
    private void both(Socket left, Socket right) throws IOException {
        open.add(right);
        Thread back = Thread.ofVirtual().start(() -> {
            try (left; right) {
                left.getInputStream().transferTo(right.getOutputStream());
            } catch (IOException e) {
                // ended by the other side
            }
        });
        try (left; right) {
            right.getInputStream().transferTo(left.getOutputStream());
        } finally {
            back.interrupt();
        }
    }

    /** A file with a key and a certificate for a host. */
    static Path keys(Path folder, String host) throws IOException, InterruptedException {
        Path keys = folder.resolve("keys.p12");
        Process made = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-keyalg", "EC", "-alias", "hub", "-dname", "CN=" + host, "-ext", "san=dns:" + host,
                "-validity", "2", "-storetype", "PKCS12", "-keystore", keys.toString(), "-storepass", SECRET)
                .redirectErrorStream(true).start();
        String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (made.waitFor() != 0) {
            throw new IOException(said);
        }
        return keys;
    }

    /** Lets tunnels to a host end at a server with its certificate, which passes all on to a port of this machine. */
    void tunnel(String to, Path keys, int port) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, SECRET.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, SECRET.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        ServerSocket secure = context.getServerSocketFactory().createServerSocket(0, 50,
                InetAddress.getLoopbackAddress());
        host = to;
        front = secure.getLocalPort();
        accept(secure, client -> both(client, new Socket(InetAddress.getLoopbackAddress(), port)));
    }

    @Override
    public void close() {
        for (AutoCloseable each : List.copyOf(open)) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
