/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A hub on this machine: listing, redirects to a second server that keeps large files, ranges. What a test wants to go wrong is a
 * function from requests to faults. Written over plain sockets, so that answers can be as wrong as a network makes them.
 */
final class TestHub implements AutoCloseable {

    /** What is asked. */
    record Asked(String server, String path, Map<String, String> headers, int number) {

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    /** What goes wrong with an answer. */
    sealed interface Fault {

        /** Nothing. */
        record None() implements Fault {
        }

        /** Another status, with headers. */
        record Status(int status, String headers) implements Fault {
        }

        /** The connection ends after so many bytes of the body. */
        record Cut(int bytes) implements Fault {
        }

        /** After so many bytes nothing comes any more, and the connection stays open. */
        record Silence(int bytes) implements Fault {
        }

        /** Bytes are other ones, lengths are right. */
        record Damage() implements Fault {
        }

        /** Ranges are not known: whole files only. */
        record Whole() implements Fault {
        }

        /** Content-Range tells another range. */
        record OtherRange() implements Fault {
        }

        /** A body that is longer than was asked for, its length told so. */
        record Longer() implements Fault {
        }

        /** Few bytes at a time. */
        record Drip(int bytes, int millis) implements Fault {
        }

        /** This body instead, with more headers. */
        record Body(String text, String headers) implements Fault {

            Body(String text) {
                this(text, "");
            }
        }

        /** Another Content-Length is told. */
        record Length(String told) implements Fault {
        }
    }

    private final ServerSocket hub = socket();
    private final ServerSocket store = socket();
    private final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Map<String, byte[]>> repositories = new TreeMap<>();
    private final Map<String, Integer> numbers = new TreeMap<>();
    final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    final AtomicLong bytesSent = new AtomicLong();
    volatile Function<Asked, Fault> faults = request -> new Fault.None();
    volatile String licence = "apache-2.0";
    /** Files from this size on are kept by the second server, and have a SHA-256. */
    volatile int large = 1000;
    /** Whether the listing tells digests, which some mirrors do not. */
    volatile boolean digests = true;

    TestHub() {
        accept(hub, "hub");
        accept(store, "store");
    }

    private static ServerSocket socket() {
        try {
            return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getLocalPort());
    }

    TestHub put(String repository, String file, byte[] content) {
        repositories.computeIfAbsent(repository, any -> new LinkedHashMap<>()).put(file, content);
        return this;
    }

    private void accept(ServerSocket server, String name) {
        threads.add(Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    sockets.add(socket);
                    threads.add(Thread.ofVirtual().start(() -> serve(socket, name)));
                } catch (IOException e) {
                    return; // closed
                }
            }
        }));
    }

    private void serve(Socket socket, String name) {
        try (socket) {
            BufferedReader in = new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            OutputStream out = socket.getOutputStream();
            String line = in.readLine();
            while (line != null) {
                String path = line.split(" ", -1)[1];
                Map<String, String> headers = new TreeMap<>();
                line = in.readLine();
                while (line != null && !line.isEmpty()) {
                    int colon = line.indexOf(':');
                    headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
                    line = in.readLine();
                }
                int number;
                synchronized (numbers) {
                    number = numbers.merge(name + path, 1, Integer::sum);
                }
                Asked request = new Asked(name, path, headers, number);
                asked.add(request);
                if (!answer(request, faults.apply(request), out)) {
                    return;
                }
                line = in.readLine();
            }
        } catch (IOException e) {
            // the client has gone, as some tests want it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean answer(Asked request, Fault fault, OutputStream out) throws IOException, InterruptedException {
        if (fault instanceof Fault.Status status) {
            head(out, status.status, status.headers + "Content-Length: 0\r\n");
            return true;
        }
        if (fault instanceof Fault.Body body) {
            byte[] bytes = body.text.getBytes(StandardCharsets.UTF_8);
            head(out, 200, body.headers + "Content-Length: " + bytes.length + "\r\n");
            out.write(bytes);
            out.flush();
            return true;
        }
        String path = request.path.replaceAll("\\?.*", "");
        if (path.startsWith("/api/models/")) {
            String repository = path.substring("/api/models/".length()).replaceAll("/revision/.*", "");
            if (!repositories.containsKey(repository)) {
                head(out, 401, "Content-Length: 0\r\n");
                return true;
            }
            return content(listing(repository).getBytes(StandardCharsets.UTF_8), "", fault, out);
        }
        for (Map.Entry<String, Map<String, byte[]>> repository : repositories.entrySet()) {
            for (Map.Entry<String, byte[]> file : repository.getValue().entrySet()) {
                byte[] content = file.getValue();
                if (!path.matches("/" + java.util.regex.Pattern.quote(repository.getKey()) + "/resolve/[^/]+/"
                        + java.util.regex.Pattern.quote(file.getKey()))) {
                    continue;
                }
                if (request.server.equals("hub") && content.length >= large) {
                    head(out, 302, "Location: http://127.0.0.1:" + store.getLocalPort() + path
                            + "?signed=secret\r\nContent-Length: 0\r\n");
                    return true;
                }
                return content(content, request.header("Range"), fault, out);
            }
        }
        head(out, 404, "Content-Length: 0\r\n");
        return true;
    }

    private boolean content(byte[] content, String range, Fault fault, OutputStream out)
            throws IOException, InterruptedException {
        int from = 0;
        int to = content.length - 1;
        boolean ranged = range.startsWith("bytes=") && !(fault instanceof Fault.Whole);
        if (ranged) {
            String[] ends = range.substring("bytes=".length()).split("-", -1);
            from = Integer.parseInt(ends[0]);
            to = Math.min(to, Integer.parseInt(ends[1]));
        }
        byte[] body = java.util.Arrays.copyOfRange(content, from, to + 1);
        if (fault instanceof Fault.Damage && body.length > 0) {
            body[body.length / 2] ^= 1;
        }
        if (fault instanceof Fault.Longer) {
            body = java.util.Arrays.copyOf(body, body.length + 10);
        }
        int told = fault instanceof Fault.OtherRange ? from + 1 : from;
        String length = fault instanceof Fault.Length other ? other.told : Integer.toString(body.length);
        head(out, ranged ? 206 : 200,
                (ranged ? "Content-Range: bytes " + told + "-" + to + "/" + content.length + "\r\n" : "")
                        + "ETag: \"" + sha256(content).substring(0, 16) + "\"\r\nContent-Length: " + length + "\r\n");
        int piece = fault instanceof Fault.Drip drip ? drip.bytes : 1 << 14;
        int end = switch (fault) {
            case Fault.Cut cut -> Math.min(cut.bytes, body.length);
            case Fault.Silence silence -> Math.min(silence.bytes, body.length);
            default -> body.length;
        };
        for (int at = 0; at < end; at += piece) {
            int count = Math.min(piece, end - at);
            out.write(body, at, count);
            out.flush();
            bytesSent.addAndGet(count);
            if (fault instanceof Fault.Drip drip) {
                Thread.sleep(drip.millis);
            }
        }
        if (fault instanceof Fault.Silence) {
            Thread.sleep(60_000); // ended by close()
        }
        return !(fault instanceof Fault.Cut || fault instanceof Fault.Length);
    }

    private static void head(OutputStream out, int status, String headers) throws IOException {
        out.write(("HTTP/1.1 " + status + " X\r\n" + headers + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private String listing(String repository) {
        List<Object> siblings = new ArrayList<>();
        repositories.getOrDefault(repository, Map.of()).forEach((name, content) -> {
            Map<String, Object> file = new LinkedHashMap<>();
            file.put("rfilename", name);
            file.put("size", content.length);
            if (digests) {
                file.put("blobId", git(content));
            }
            if (digests && content.length >= large) {
                file.put("lfs", Map.of("sha256", sha256(content), "size", content.length, "pointerSize", 130));
            }
            siblings.add(file);
        });
        Map<String, Object> card = licence.isEmpty() ? Map.of() : Map.of("license", licence);
        return Json
                .write(Map.of("id", repository, "sha", "0123456789abcdef0123456789abcdef01234567", "siblings", siblings,
                        "cardData", card));
    }

    static String sha256(byte[] content) {
        return hex("SHA-256", content);
    }

    private static String git(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = java.util.Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hex("SHA-1", all);
    }

    private static String hex(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            hub.close();
            store.close();
            for (Socket socket : List.copyOf(sockets)) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List.copyOf(threads).forEach(Thread::interrupt);
    }
}
