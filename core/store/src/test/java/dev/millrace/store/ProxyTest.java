/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Downloads through a proxy that wants a password. */
class ProxyTest {

    private static final String REFERENCE = "hf:Maker/Model:model.bin";
    private static final String USER = "mill:p@ss:word";
    private static final String WRITTEN = "mill:p%40ss%3Aword@";
    private static final String HOST = "hub.example.test";

    @TempDir
    Path folder;

    private final byte[] content = Bench.bytes(200_000, 1);
    private final TestHub hub = new TestHub().put("Maker/Model", "model.bin", content);
    private final TestProxy proxy = new TestProxy(USER);

    @AfterEach
    void end() {
        proxy.close();
        hub.close();
    }

    private Bench user(String name, String value) {
        return new Bench(folder, new HashMap<>(Map.of(name, value)));
    }

    @ParameterizedTest
    @CsvSource({"http_proxy", "all_proxy", "ALL_PROXY"})
    void theProxyGetsThePasswordAndTheServerDoesNot(String variable) throws Exception {
        hub.large = Integer.MAX_VALUE; // the proxy stays with one server for each connection
        Bench bench = user(variable, "http://" + WRITTEN + "127.0.0.1:" + proxy.port());
        Path path = Bench.pull(bench.store(), REFERENCE, hub.endpoint()).path();
        assertArrayEquals(content, Files.readAllBytes(path));
        assertTrue(proxy.passed.get() > 1, () -> proxy.passed + " requests came through the proxy");
        for (TestHub.Asked asked : hub.asked) {
            assertEquals("", asked.header("Proxy-Authorization"));
        }
    }

    @Test
    void aProxyThatIsExceptedIsNotAsked() throws Exception {
        Bench bench = user("http_proxy", "http://127.0.0.1:" + proxy.port());
        bench.variables().put("NO_PROXY", "example.test, 127.0.0.1");
        Bench.pull(bench.store(), REFERENCE, hub.endpoint());
        assertEquals(0, proxy.passed.get() + proxy.refused.get());
    }

    @ParameterizedTest
    @CsvSource({"'',wants a user and a password", "mill:wrong@,does not take the user and the password",
            "mill@,does not take the user and the password"})
    void aWrongPasswordIsOneSentenceWithoutIt(String written, String part) {
        Bench bench = user("http_proxy", "http://" + written + "127.0.0.1:" + proxy.port());
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(bench.store(), REFERENCE, hub.endpoint()));
        assertTrue(e.getMessage().contains(part), e::getMessage);
        assertTrue(e.getMessage().contains("127.0.0.1:" + proxy.port()), e::getMessage);
        assertFalse(e.getMessage().contains("wrong"), e::getMessage);
        assertEquals(1, proxy.refused.get(), "asking again changes nothing");
    }

    @ParameterizedTest
    @CsvSource({"socks5://user:secret@127.0.0.1:1", "http://user:sec ret@127.0.0.1:1", "http://user:secret@:1"})
    void aProxyThatCannotBeUsedIsOneSentenceWithoutThePassword(String value) {
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(user("http_proxy", value).store(), REFERENCE, hub.endpoint()));
        assertTrue(e.getMessage().contains("http://USER:PASSWORD@HOST:PORT"), e::getMessage);
        assertFalse(e.getMessage().contains("sec"), e::getMessage);
    }

    /** What runs in a process of its own: Java reads its rules for passwords once. */
    public static final class Child {

        private Child() {
        }

        /**
         * Fetches.
         *
         * @param arguments home folder and proxy
         */
        public static void main(String[] arguments) {
            Bench bench = new Bench(Path.of(arguments[0]), new HashMap<>(Map.of("HTTPS_PROXY", arguments[1])));
            try {
                Bench.pull(bench.store(), REFERENCE, URI.create("https://" + HOST));
                System.out.println("fetched");
            } catch (MillraceException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private String child(Path keys, String... flags) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                        "-Djavax.net.ssl.trustStore=" + keys,
                        "-Djavax.net.ssl.trustStorePassword=" + TestProxy.SECRET));
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName(), folder.toString(),
                "http://" + WRITTEN + "127.0.0.1:" + proxy.port()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    /** As behind a proxy that reads along, or with a clock that is wrong. Asking again would change nothing. */
    @Test
    void aCertificateThatNobodyKnowsIsToldAtOnce() throws Exception {
        proxy.tunnel(HOST, TestProxy.keys(folder, HOST), hub.endpoint().getPort());
        Bench bench = new Bench(folder);
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(bench.store(), REFERENCE, URI.create("https://127.0.0.1:" + proxy.securePort())));
        assertTrue(e.getMessage().contains("does not trust the certificate"), e::getMessage);
        assertTrue(e.getMessage().contains("clock") && e.getMessage().lines().count() == 1, e::getMessage);
        assertTrue(hub.asked.isEmpty());
    }

    @Test
    void httpsGoesThroughATunnelWithThePassword() throws Exception {
        hub.large = Integer.MAX_VALUE; // no second server, which has no https
        Path keys = TestProxy.keys(folder, HOST);
        proxy.tunnel(HOST, keys, hub.endpoint().getPort());
        String kept = child(keys);
        assertTrue(kept.contains("-Djdk.http.auth.tunneling.disabledSchemes="), kept);
        assertEquals(0, proxy.passed.get());
        String said = child(keys, "-Djdk.http.auth.tunneling.disabledSchemes=");
        assertEquals("fetched", said.strip());
        assertTrue(proxy.passed.get() > 0);
        try (var blobs = Files.list(new Bench(folder).models().resolve("blobs"))) {
            assertArrayEquals(content, Files.readAllBytes(blobs.findFirst().orElseThrow()));
        }
        for (TestHub.Asked asked : hub.asked) {
            assertEquals("", asked.header("Proxy-Authorization"));
        }
    }
}
