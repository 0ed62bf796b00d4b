/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.PluginStore;
import dev.millrace.api.PluginStore.Installed;
import dev.millrace.api.PluginStore.Item;
import dev.millrace.api.PluginStore.Plan;
import dev.millrace.api.PluginStore.State;
import dev.millrace.api.PluginStore.Wish;
import dev.millrace.store.plugin.Headers;
import dev.millrace.store.plugin.Need;
import dev.millrace.store.plugin.Offer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Version;

/** Plugins come from jars and indexes, checked before anything is installed. */
class PluginsTest {

    private static final String API = "dev.millrace.api;version=\"[0.1,1)\"";

    @TempDir
    Path folder;

    private final List<Offer> present = new ArrayList<>(List.of(
            new Offer("osgi.wiring.package", Map.of("osgi.wiring.package", "dev.millrace.api", "version",
                    new Version("0.1.0"))),
            new Offer("osgi.ee", Map.of("osgi.ee", "JavaSE", "version", new Version("25")))));
    private Path published = Path.of("");
    private String address = "";
    private @Nullable HttpServer server;
    private Plugins plugins = new Plugins(new Environment(Map.of(), Path.of("/nowhere")), new Here(), Bench.QUICK);

    /** A program that runs nothing but the API. */
    private final class Here implements Running {

        @Override
        public List<Installed> all() {
            return List.of();
        }

        @Override
        public List<Offer> capabilities(String but) {
            return List.copyOf(present);
        }
    }

    @BeforeEach
    void make() throws IOException {
        published = Files.createDirectories(folder.resolve("published"));
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", exchange -> {
            Path file = published.resolve(exchange.getRequestURI().getPath().substring(1));
            boolean there = Files.isRegularFile(file);
            byte[] content = there ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(there ? 200 : 404, there ? content.length : -1);
            if (there) {
                exchange.getResponseBody().write(content);
            }
            exchange.close();
        });
        http.start();
        server = http;
        address = "http://127.0.0.1:" + http.getAddress().getPort();
        plugins = new Plugins(new Environment(Map.of(), folder), new Here(), Bench.QUICK);
        bundle("valve", "1.0.0", Map.of("Import-Package", API + ",org.pumps;version=\"[2,3)\""));
        bundle("pumps", "2.1.0", Map.of("Export-Package", "org.pumps;version=2.1;uses:=\"a,b\""));
    }

    @AfterEach
    void end() {
        if (server != null) {
            server.stop(0);
        }
    }

    private Path bundle(String name, String version, Map<String, String> headers) throws IOException {
        return jar(published.resolve(name + "-" + version + ".jar"), name, version, headers);
    }

    private static Path jar(Path file, String name, String version, Map<String, String> headers) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name + ";singleton:=true");
        main.putValue("Bundle-Version", version);
        headers.forEach(main::putValue);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            jar.finish();
        }
        return file;
    }

    private Path key(String name) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        plain(name + ".pub.pem", "PUBLIC KEY", pair.getPublic().getEncoded());
        return plain(name + ".key.pem", "PRIVATE KEY", pair.getPrivate().getEncoded());
    }

    private Path plain(String file, String kind, byte[] key) throws IOException {
        return Files.writeString(folder.resolve(file), "-----BEGIN " + kind + "-----\n"
                + Base64.getEncoder().encodeToString(key) + "\n-----END " + kind + "-----\n");
    }

    private void index(@Nullable Path key) {
        plugins.index(published, "garden", key);
    }

    private Plan plan(Trust trust) {
        return plugins.plan(new Wish(address, "valve", trust));
    }

    private List<String> names() throws IOException {
        if (!Files.isDirectory(plugins.folder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(plugins.folder())) {
            return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        }
    }

    private void refused(String words, Trust trust) throws IOException {
        MillraceException e = assertThrows(MillraceException.class,
                () -> plugins.install(plan(trust), question -> true));
        assertTrue(e.getMessage().contains(words), e::getMessage);
        assertEquals(List.of(), names());
    }

    private void change(String from, String to) throws IOException {
        Path index = published.resolve("index.xml");
        String xml = Files.readString(index);
        assertTrue(xml.contains(from), xml);
        Files.writeString(index, xml.replace(from, to));
    }

    // ---- installing

    @Test
    void whatAPluginNeedsComesWithIt() throws Exception {
        bundle("pumps", "3.0.0", Map.of("Export-Package", "org.pumps;version=3.0"));
        index(null);
        Plan plan = plan(Trust.ALLOW);
        assertEquals(List.of("valve 1.0.0", "pumps 2.1.0"),
                plan.items().stream().map(item -> item.name() + " " + item.version()).toList());
        assertEquals(List.of(), names());
        plugins.install(plan, Consent.NONE);
        assertEquals(List.of("pumps.jar", "valve.jar"), names());
        assertEquals(List.of(), plan(Trust.ALLOW).items());
        assertEquals(address + "/index.xml", plugins.list().getLast().source());
    }

    @Test
    void whatIsHereIsNotFetchedAgain() {
        index(null);
        present.add(new Offer("osgi.wiring.package", Map.of("osgi.wiring.package", "org.pumps", "version",
                new Version("2.0.5"))));
        assertEquals(List.of("valve"), plan(Trust.ALLOW).items().stream().map(Item::name).toList());
        // a folder will do as well as an address
        assertEquals(1, plugins.plan(new Wish(published.toString(), "valve", null)).items().size());
    }

    @Test
    void anIndexIsUpdatedFromAndNeverGoesBack() throws Exception {
        index(null);
        plugins.install(plan(Trust.ALLOW), Consent.NONE);
        byte[] old = Files.readAllBytes(published.resolve("index.xml"));
        bundle("valve", "1.1.0", Map.of("Import-Package", API));
        index(null);
        plugins.stop("valve");
        Plan update = plugins.plan(plugins.origin("valve"));
        assertEquals(List.of(Optional.of("1.0.0")), update.items().stream().map(Item::replaces).toList());
        plugins.install(update, question -> true);
        assertEquals(List.of("pumps.jar"), names());
        assertEquals(State.STOPPED, plugins.list().getLast().state());
        assertEquals("1.1.0", plugins.list().getLast().version());
        // somebody plays the old index again
        Files.write(published.resolve("index.xml"), old);
        MillraceException e = assertThrows(MillraceException.class, () -> plan(Trust.ALLOW));
        assertTrue(e.getMessage().contains("is older"), e::getMessage);
        // and an index of somebody else with older versions
        plugins.index(published, "other", null);
        Files.delete(published.resolve("valve-1.1.0.jar"));
        plugins.index(published, "other", null);
        e = assertThrows(MillraceException.class, () -> plan(Trust.ALLOW));
        assertTrue(e.getMessage().contains("older than the installed 1.1.0"), e::getMessage);
    }

    @Test
    void aJarIsInstalledStoppedStartedAndRemoved() throws Exception {
        Path jar = jar(folder.resolve("tap.jar"), "tap", "1.0.0", Map.of("Import-Package", API));
        plugins.install(plugins.plan(new Wish(jar.toString(), null, null)), Consent.NONE);
        assertEquals(List.of("tap.jar"), names());
        plugins.stop("tap");
        assertEquals(State.STOPPED, plugins.list().getFirst().state());
        assertEquals(List.of(), names(), "what watches the folder takes any jar, whatever its name");
        plugins.stop("tap");
        plugins.start("tap");
        assertEquals(List.of("tap.jar"), names());
        assertThrows(MillraceException.class, () -> plugins.origin("tap"));
        plugins.remove("tap");
        assertEquals(List.of(), names());
        MillraceException e = assertThrows(MillraceException.class, () -> plugins.stop("tap"));
        assertTrue(e.getMessage().startsWith("There is no plugin tap"), e::getMessage);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "Import-Package|org.gone;version=\"[1.2,2)\"|It needs the package org.gone in version 1.2 or later, below 2, which nothing here offers",
            "Import-Package|dev.millrace.api;version=\"[0.2,1)\"|It needs the package dev.millrace.api in version 0.2 or later, below 1, and here is version 0.1.0",
            "Require-Bundle|org.gone;bundle-version=\"1.0\"|It needs the bundle org.gone in version 1 or later",
            "Require-Capability|osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"|It needs Java 99, and this is Java",
            "Require-Capability|osgi.extender;filter:=\"(&(osgi.extender=osgi.component)(version>=1.5.0))\"|It needs what runs osgi.component"})
    void whyAPluginDoesNotResolve(String header, String value, String words) throws Exception {
        Path jar = jar(folder.resolve("tap.jar"), "tap", "1.0.0", Map.of(header, value));
        MillraceException e = assertThrows(MillraceException.class,
                () -> plugins.plan(new Wish(jar.toString(), null, null)));
        assertTrue(e.getMessage().contains(words), e::getMessage);
        // put there by hand
        Files.createDirectories(plugins.folder());
        Files.move(jar, plugins.folder().resolve("tap.jar"));
        Installed installed = plugins.list().getFirst();
        assertEquals(State.FAILED, installed.state());
        assertTrue(installed.problems().getFirst().contains(words), installed::toString);
    }

    @Test
    void whatNeedNotBeIsNotAskedFor() throws Exception {
        Path jar = jar(folder.resolve("tap.jar"), "tap", "1.0.0", Map.of("Import-Package",
                "org.gone;resolution:=optional, org.own", "Export-Package", "org.own", "Require-Capability",
                "osgi.service;filter:=\"(objectClass=x)\";effective:=active"));
        assertEquals(1, plugins.plan(new Wish(jar.toString(), null, null)).items().size());
    }

    @Test
    void whoNeedsAnotherIsTold() throws Exception {
        index(null);
        plugins.install(plan(Trust.ALLOW), Consent.NONE);
        assertEquals(List.of("valve"), plugins.needing("pumps"));
        assertEquals(List.of(), plugins.needing("valve"));
        jar(plugins.folder().resolve("user.jar"), "user", "1.0.0", Map.of("Require-Capability",
                "osgi.service;filter:=\"(objectClass=org.Log)\";effective:=active"));
        jar(plugins.folder().resolve("log.jar"), "log", "1.0.0",
                Map.of("Provide-Capability", "osgi.service;objectClass:List<String>=\"org.Log,org.Other\""));
        assertEquals(List.of("user"), plugins.needing("log"));
        // another has the same
        present.add(new Offer("osgi.wiring.package",
                Map.of("osgi.wiring.package", "org.pumps", "version", new Version("2.5"))));
        assertEquals(List.of(), plugins.needing("pumps"));
        // what is stopped needs nothing
        plugins.stop("user");
        assertEquals(List.of(), plugins.needing("log"));
    }

    @Test
    void aMissingNeedOfTheIndexIsTold() throws Exception {
        Files.delete(published.resolve("pumps-2.1.0.jar"));
        index(null);
        refused("valve 1.0.0 needs the package org.pumps in version 2 or later, below 3, which neither", Trust.ALLOW);
    }

    @Test
    void brokenFilesInTheFolderAreTold() throws Exception {
        Files.createDirectories(plugins.folder());
        Files.writeString(plugins.folder().resolve("a.jar"), "no jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(plugins.folder().resolve("b.jar")),
                new Manifest())) {
            jar.finish();
        }
        List<Installed> all = plugins.list();
        assertTrue(all.getFirst().problems().getFirst().contains("is damaged"), all::toString);
        assertTrue(all.getLast().problems().getFirst().contains("plain jar"), all::toString);
    }

    /** A service of another user looks into the folder that an administrator fills. */
    @Test
    void whoMayReadTheFolderMayReadWhatIsInstalled() throws Exception {
        index(key("maker"));
        plugins.trust(folder.resolve("maker.pub.pem"), "maker");
        plugins.install(plan(Trust.REFUSE), Consent.NONE);
        Path usual = Files.createFile(folder.resolve("usual"));
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"));
        List<Path> written = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .filter(file -> file.startsWith(plugins.folder()) || file.endsWith("maker.pem")
                            || file.endsWith("plugins.json"))
                    .forEach(written::add);
        }
        assertEquals(4, written.size(), written::toString);
        for (Path file : written) {
            assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(file), file::toString);
        }
    }

    // ---- what is refused

    @Test
    void aSignatureDecidesByTheRule() throws Exception {
        Path key = key("maker");
        index(key);
        refused("not signed by anybody whom you trust, and your rule is to refuse that: trust the publisher's key with "
                + "\"millrace plugins trust add KEY.pem\", or give --trust ask.", Trust.REFUSE);
        List<String> asked = new ArrayList<>();
        assertThrows(MillraceException.class, () -> plugins.install(plan(Trust.ASK), question -> {
            asked.add(question);
            return false;
        }));
        assertTrue(asked.getFirst().contains("Install it?"), asked::toString);
        plugins.trust(folder.resolve("maker.pub.pem"), "maker");
        key("other");
        assertThrows(MillraceException.class, () -> plugins.trust(folder.resolve("other.pub.pem"), "maker"));
        assertThrows(MillraceException.class, () -> plugins.trust(folder.resolve("maker.key.pem"), "other"));
        assertEquals(List.of(new PluginStore.Key("maker", false)), plugins.keys());
        plugins.install(plan(Trust.REFUSE), Consent.NONE);
        assertEquals(Optional.of("maker"), plugins.list().getFirst().signer());
    }

    /** Whatever the lines of the file are. */
    @Test
    void aKeyThatIsTrustedStaysUnderItsName() throws Exception {
        key("maker");
        Path key = folder.resolve("maker.pub.pem");
        PluginStore.Key maker = new PluginStore.Key("maker", false);
        assertEquals(maker, plugins.trust(key, "maker"));
        assertEquals(maker, plugins.trust(key, "maker"));
        Files.writeString(key, Files.readString(key).replace("\n", "\r\n"));
        assertEquals(maker, plugins.trust(key, "other"));
        assertEquals(List.of(maker), plugins.keys());
    }

    @Test
    void aRevokedKeyIsRefusedWhateverTheRule() throws Exception {
        index(key("maker"));
        plugins.trust(folder.resolve("maker.pub.pem"), "maker");
        plugins.distrust("maker", true);
        assertEquals(List.of(new PluginStore.Key("maker", true)), plugins.keys());
        for (String name : List.of("maker", "other")) {
            String refused = String.valueOf(assertThrows(MillraceException.class,
                    () -> plugins.trust(folder.resolve("maker.pub.pem"), name)).getMessage());
            assertTrue(refused.contains("revoked this key, under the name maker"), refused);
        }
        plugins.distrust("maker", true);
        refused("which you have revoked", Trust.ALLOW);
        plugins.distrust("maker", false);
        assertEquals(List.of(), plugins.keys());
        refused("not signed by anybody", Trust.REFUSE);
    }

    @Test
    void aSignedIndexCannotBeChanged() throws Exception {
        index(key("maker"));
        change("name=\"garden\"", "name=\"meadow\"");
        refused("is not for its file index.xml", Trust.ALLOW);
        Files.writeString(published.resolve("index.xml.signature.json"), "{}");
        refused("The signature of the index is damaged", Trust.ALLOW);
    }

    @Test
    void anotherContentIsRefused() throws Exception {
        index(null);
        bundle("pumps", "2.1.0", Map.of("Export-Package", "org.pumps;version=2.1", "Evil", "1"));
        MillraceException e = assertThrows(MillraceException.class,
                () -> plugins.install(plan(Trust.ALLOW), Consent.NONE));
        assertTrue(e.getMessage().contains("pumps-2.1.0.jar"), e::getMessage);
        assertTrue(e.getMessage().contains("Ask those who publish it"), e::getMessage);
        assertEquals(List.of(), names());
    }

    @Test
    void aFileUnderAnothersNameIsRefused() throws Exception {
        index(null);
        change("name=\"osgi.identity\" value=\"valve\"", "name=\"osgi.identity\" value=\"dev.millrace.engine\"");
        MillraceException e = assertThrows(MillraceException.class, () -> plugins.install(
                plugins.plan(new Wish(address, "dev.millrace.engine", Trust.ALLOW)), Consent.NONE));
        assertTrue(e.getMessage().contains("is not dev.millrace.engine 1.0.0"), e::getMessage);
        assertEquals(List.of(), names());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "value=\"valve-1.0.0.jar\"|value=\"../valve-1.0.0.jar\"|does not lie beside it",
            "value=\"valve-1.0.0.jar\"|value=\"http://elsewhere/valve.jar\"|does not lie beside it",
            "value=\"valve-1.0.0.jar\"|value=\"/etc/passwd\"|does not lie beside it",
            "name=\"osgi.identity\" value=\"valve\"|name=\"osgi.identity\" value=\"../valve\"|is no symbolic name",
            "</repository>|<repository>|is damaged",
            "<repository|<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><repository|index",
            "type=\"Long\"|type=\"Thing\"|values have no type Thing",
            "namespace=\"osgi.content\"|namespace=\"x\"|has no osgi.content",
            "xmlns=\"http://www.osgi.org/xmlns/repository/v1.0.0\"|xmlns=\"a\"|and not with <repository>",
            "increment=\"|increment=\"x|is damaged",
            "<directive name=\"filter\" value=\"|<directive name=\"filter\" value=\"(((|cannot be read"})
    void aDamagedIndexIsRefused(String from, String to, String words) throws Exception {
        index(null);
        change(from, to);
        if (to.contains("DOCTYPE")) {
            change("name=\"garden\"", "name=\"&x;\"");
        }
        refused(words, Trust.ALLOW);
    }

    @Test
    void whatIsNotThereIsTold() {
        for (String source : List.of(address, published.resolve("none").toString())) {
            MillraceException e = assertThrows(MillraceException.class,
                    () -> plugins.plan(new Wish(source, "valve", null)));
            assertTrue(e.getMessage().contains("There is no "), e::getMessage);
        }
        index(null);
        MillraceException e = assertThrows(MillraceException.class,
                () -> plugins.plan(new Wish(address, "gate", null)));
        assertEquals("The index has no plugin gate.", e.getMessage());
    }

    // ---- manifests

    @Test
    void headersAreReadAsTheSpecificationSays() throws Exception {
        Path jar = jar(folder.resolve("a.jar"), "a", "1.2.3.q", Map.of("Import-Package",
                "x.a;x.b;version=\"[1,2)\";vendor=\"me, myself; and =I\",x.c", "Provide-Capability",
                "k;n:Long=3;v:Version=1.5;l:List<String>=\"a,b\"", "Export-Package", "x.d;version=\"1.1\""));
        var bundle = Headers.of(jar).orElseThrow();
        assertEquals(new Version("1.2.3.q"), bundle.version());
        assertEquals(List.of("the package x.a in version 1 or later, below 2",
                "the package x.b in version 1 or later, below 2", "the package x.c"),
                bundle.needs().stream().map(Need::words).toList());
        Offer own = bundle.offers().stream().filter(offer -> offer.namespace().equals("k")).findFirst().orElseThrow();
        assertEquals(Map.of("n", 3L, "v", new Version("1.5"), "l", List.of("a", "b")), own.attributes());
        assertTrue(bundle.needs().getFirst().isMetBy(new Offer("osgi.wiring.package", Map.of("osgi.wiring.package",
                "x.a", "version", new Version("1.9"), "vendor", "me, myself; and =I"))));
    }

    @Test
    void anIndexIsReadByItsBytes() throws Exception {
        index(null);
        String xml = Files.readString(published.resolve("index.xml"), StandardCharsets.UTF_8);
        assertTrue(xml.contains("<repository xmlns=\"http://www.osgi.org/xmlns/repository/v1.0.0\" name=\"garden\""),
                xml);
        assertTrue(xml.contains("namespace=\"osgi.content\""), xml);
    }
}
