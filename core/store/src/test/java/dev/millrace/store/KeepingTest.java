/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.Progress;
import dev.millrace.json.Json;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.tck.ModelSourceContract;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Importing, exporting, checking, removing, and the caches of other programs. */
class KeepingTest {

    @TempDir
    Path folder;

    private Path file = Path.of("/nowhere");
    private Bench user = new Bench(Path.of("/nowhere"));

    @BeforeEach
    void make() {
        Bench.gguf(folder);
        file = folder.resolve("tiny.gguf");
        user = new Bench(folder.resolve("home"));
    }

    @Test
    void anImportedModelIsLinkedAndStaysWhereItIs() throws Exception {
        Store store = user.store();
        Kept kept = store.link(file, null, Progress.NONE);
        assertEquals("tiny", kept.name());
        assertEquals(file.toRealPath(), kept.path().toRealPath());
        assertTrue(kept.linked());
        assertEquals(Files.size(file), kept.size());
        assertFalse(Files.exists(user.models().resolve("blobs")), "nothing is copied");
        assertEquals(file, store.resolve("tiny", Progress.NONE).orElseThrow().path());
        assertEquals(0, store.remove("tiny"));
        assertTrue(Files.exists(file));
        assertThrows(ModelNotFoundException.class, () -> store.remove("tiny"));
    }

    @Test
    void whatChangedSinceItWasLinkedIsToldAndNotOpened() throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000_000));
        MillraceException e = assertThrows(MillraceException.class, () -> store.resolve("mine", Progress.NONE));
        assertTrue(e.getMessage().contains("has changed"), e::getMessage);
        assertEquals(1, store.verify("mine", Progress.NONE).size());
        Files.delete(file);
        assertTrue(store.verify("mine", Progress.NONE).getFirst().contains("is gone"));
    }

    @Test
    void whatIsNoModelIsNotImported() throws Exception {
        Path text = Files.writeString(folder.resolve("notes.txt"), "Hello");
        Store store = user.store();
        assertThrows(MillraceException.class, () -> store.link(text, null, Progress.NONE));
        assertThrows(MillraceException.class, () -> store.link(folder.resolve("none"), null, Progress.NONE));
        assertThrows(MillraceException.class, () -> store.link(file, "../x", Progress.NONE));
        assertEquals(List.of(), store.list());
    }

    @Test
    void aNameIsGivenOnce() throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Path other = Files.copy(file, folder.resolve("other.gguf"));
        MillraceException e = assertThrows(MillraceException.class, () -> store.link(other, "mine", Progress.NONE));
        assertTrue(e.getMessage().contains("taken"), e::getMessage);
        assertEquals("mine", store.link(file, "mine", Progress.NONE).name(), "the same again is no conflict");
    }

    @Test
    void anExportIsWholeAndNothingIsOverwritten() throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Path out = folder.resolve("out");
        store.export("mine", out, null, Progress.NONE);
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(out.resolve("tiny.gguf")));
        Map<?, ?> manifest = assertInstanceOf(Map.class,
                Json.parse(Files.readString(out.resolve("millrace-manifest.json"))));
        assertEquals("mine", manifest.get("name"));
        MillraceException e = assertThrows(MillraceException.class,
                () -> store.export("mine", out, null, Progress.NONE));
        assertTrue(e.getMessage().contains("there already"), e::getMessage);
    }

    /** As after Ctrl-C, or on a stick that is full: a part of a model is no model, and the same command can be given again. */
    @Test
    void anExportThatFailsLeavesNothing() throws Exception {
        try (TestHub hub = new TestHub()) {
            hub.put("Maker/Folder", "config.json", "{}".getBytes(StandardCharsets.UTF_8));
            hub.put("Maker/Folder", "model.safetensors", Bench.bytes(5000, 1));
            hub.put("Maker/Folder", "tokenizer.json", Bench.bytes(3000, 2));
            Store store = user.store();
            String name = Bench.pull(store, "hf:Maker/Folder", hub.endpoint()).name();
            Path blob = user.models().resolve("blobs/sha256-" + TestHub.sha256(Bench.bytes(3000, 2)));
            Files.write(blob, Bench.bytes(3000, 3));
            Path out = folder.resolve("new/out");
            MillraceException e = assertThrows(MillraceException.class,
                    () -> store.export(name, out, null, Progress.NONE));
            assertTrue(e.getMessage().contains("tokenizer.json"), e::getMessage);
            assertFalse(Files.exists(folder.resolve("new")), "nor the folders that were made for it");
            Files.createDirectories(out);
            Path other = Files.writeString(out.resolve("other.txt"), "mine");
            assertThrows(CancellationException.class, () -> store.export(name, out, null, (what, fraction) -> {
                if (Files.exists(out.resolve("model.safetensors"))) {
                    throw new CancellationException();
                }
            }));
            try (var left = Files.list(out)) {
                assertEquals(List.of(other), left.toList());
            }
            Files.write(blob, Bench.bytes(3000, 2));
            store.export(name, out, null, Progress.NONE);
            assertTrue(Files.exists(out.resolve("millrace-manifest.json")));
        }
    }

    @Test
    void aDamagedManifestIsToldByItsName() throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Files.writeString(user.models().resolve("models/mine.json"), "{\"format\":1");
        MillraceException e = assertThrows(MillraceException.class, () -> store.resolve("mine", Progress.NONE));
        assertTrue(e.getMessage().contains("mine.json"), e::getMessage);
    }

    private static void damage(Path file, String how) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        switch (how) {
            case "empty" -> Files.write(file, new byte[0]);
            case "half" -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
            case "zeros" -> Files.write(file, new byte[bytes.length]);
            case "flipped" -> {
                bytes[bytes.length / 2] ^= (byte) 0x80;
                Files.write(file, bytes);
            }
            case "folder" -> {
                Files.delete(file);
                Files.createDirectories(file.resolve("inside"));
            }
            default -> {
                Files.delete(file);
                Files.createSymbolicLink(file, file.getFileName());
            }
        }
    }

    /** Manifests are files on disks that may wear out: one of them takes no other model along, and its own is freed by name. */
    @ParameterizedTest
    @ValueSource(strings = {"empty", "half", "zeros", "flipped", "folder", "loop"})
    void aDamagedManifestTakesNoOtherModelAlong(String how) throws Exception {
        Store store = user.store();
        Path second = Files.copy(file, folder.resolve("second.gguf"));
        Path third = Files.copy(file, folder.resolve("third.gguf"));
        store.link(file, "a", Progress.NONE);
        store.link(second, "b", Progress.NONE);
        store.link(third, "c", Progress.NONE);
        damage(user.models().resolve("models/b.json"), how);
        assertEquals(List.of("a", "c"), store.list().stream().map(Kept::name).toList());
        assertEquals(List.of("a", "c"), store.names());
        assertEquals(file, store.resolve("a", Progress.NONE).orElseThrow().path());
        assertEquals(List.of(), store.verify("c", Progress.NONE));
        assertEquals(0, store.remove("c"));
        MillraceException e = assertThrows(MillraceException.class, () -> store.verify("b", Progress.NONE));
        assertTrue(e.getMessage().contains("millrace rm b") && e.getMessage().lines().count() == 1, e::getMessage);
        assertEquals(0, store.remove("b"));
        assertThrows(ModelNotFoundException.class, () -> store.remove("b"));
        assertEquals(second, store.link(second, "b", Progress.NONE).path());
        assertEquals(List.of("a", "b"), store.list().stream().map(Kept::name).toList());
    }

    /** What tells how far a download is may be cut off or overwritten, too. */
    @ParameterizedTest
    @ValueSource(strings = {"", "1 100 10 x", "1 100 10 x\n", "1 100 10 x\n3", "1 100 10 x\n3\n\u00ff\n",
            "\u0000\u0000", "\u00ff\u00fe", "1 999999999999999999 999999999 x\n1\n2\n", "\n\n\n"})
    void aDamagedJournalOfADownloadIsPassedOver(String journal) throws Exception {
        Store store = user.store();
        Path partial = Files.createDirectories(user.models().resolve("partial"));
        byte[] bytes = journal.getBytes(StandardCharsets.ISO_8859_1);
        Files.write(partial.resolve("key.chunks"), bytes);
        Files.write(partial.resolve("key.data"), new byte[3]);
        Files.write(partial.resolve("key.from"), bytes);
        assertEquals(1, store.unfinished().size());
        assertTrue(store.forgetUnfinished() >= 0);
        assertEquals(List.of(), store.unfinished());
    }

    /** As after Ctrl-C: nothing is wrong with the store. */
    @Test
    void whoIsInterruptedWhileFilesAreReadIsToldThatItWasCancelled() {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Path other = folder.resolve("other.gguf");
        for (Executable work : List.<Executable>of(() -> store.verify("mine", Progress.NONE),
                () -> store.export("mine", folder.resolve("out"), null, Progress.NONE),
                () -> store.link(Files.copy(file, other), "other", Progress.NONE))) {
            assertThrows(CancellationException.class, () -> {
                Thread.currentThread().interrupt();
                work.execute();
            });
            assertTrue(Thread.interrupted());
        }
        assertEquals(List.of("mine"), store.names());
    }

    /** Many licences have a sign of copyright in Latin 1. */
    @Test
    void aLicenceThatIsNotUtf8IsNoReasonToRefuseAModel() throws Exception {
        Path model = Files.createDirectory(folder.resolve("mine"));
        Files.move(file, model.resolve("tiny.gguf"));
        Files.write(model.resolve("LICENSE"), "Copyright \u00a9 2026".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(user.store().link(model, null, Progress.NONE).licence().text().startsWith("Copyright \ufffd 2026"));
    }

    @Test
    void cachesOfOtherProgramsAreReadWhereTheyAre() throws Exception {
        Path home = user.home();
        byte[] model = Files.readAllBytes(file);
        Path hub = home.resolve(".cache/huggingface/hub/models--Maker--Model-GGUF");
        Path blob = hub.resolve("blobs/0123");
        Files.createDirectories(hub.resolve("blobs"));
        Files.write(blob, model);
        Files.createDirectories(hub.resolve("snapshots/abc"));
        Files.createSymbolicLink(hub.resolve("snapshots/abc/Model-Q8_0.gguf"), Path.of("../../blobs/0123"));
        Files.createDirectories(hub.resolve("refs"));
        Files.writeString(hub.resolve("refs/main"), "abc");
        Path ollama = home.resolve(".ollama/models");
        String digest = "sha256:" + TestHub.sha256(model);
        Files.createDirectories(ollama.resolve("manifests/registry.ollama.ai/library/tiny"));
        Files.writeString(ollama.resolve("manifests/registry.ollama.ai/library/tiny/latest"),
                Json.write(Map.of("layers",
                        List.of(Map.of("mediaType", "application/vnd.ollama.image.model", "digest", digest)))));
        Files.createDirectories(ollama.resolve("blobs"));
        Files.write(ollama.resolve("blobs").resolve(digest.replace(':', '-')), model);
        Path studio = home.resolve(".lmstudio/models/Maker/Other-GGUF");
        Files.createDirectories(studio);
        Files.write(studio.resolve("Other-Q4_0.gguf"), model);
        Store store = user.store();
        assertEquals(List.of("hf:Maker/Model-GGUF:Model-Q8_0.gguf", "lmstudio:Maker/Other-GGUF/Other-Q4_0.gguf",
                "ollama:tiny:latest"), store.others().stream().map(Kept::name).toList());
        for (String reference : List.of("hf:Maker/Model-GGUF", "hf:Maker/Model-GGUF:Q8_0",
                "hf:Maker/Model-GGUF:Model-Q8_0.gguf", "ollama:tiny", "ollama:tiny:latest",
                "lmstudio:Maker/Other-GGUF/Other-Q4_0.gguf", "hf:Maker/Other-GGUF:q4_0")) {
            ModelSource.Resolved found = store.resolve(reference, Progress.NONE).orElseThrow();
            assertArrayEquals(model, Files.readAllBytes(found.path()), reference);
        }
        assertThrows(ModelNotFoundException.class, () -> store.resolve("hf:Maker/Model-GGUF:Q4_0", Progress.NONE));
    }

    /** As people do who have their models on another disk. */
    @Test
    void modelsBehindLinksAreFound() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk/model"));
        Files.move(file, disk.resolve("tiny.gguf"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
        Store store = user.store();
        assertEquals(link, store.link(link, null, Progress.NONE).path());
        assertEquals(List.of(), store.verify("link", Progress.NONE));
        Path studio = Files.createDirectories(user.home().resolve(".lmstudio/models/Maker"));
        Files.createSymbolicLink(studio.resolve("Model"), disk);
        assertEquals(List.of("lmstudio:Maker/Model/tiny.gguf"), store.others().stream().map(Kept::name).toList());
        assertTrue(store.find("hf:Maker/Model:tiny.gguf").isPresent());
    }

    @Test
    void foldersThatLeadToThemselvesEndTheSearch() throws Exception {
        Path studio = Files.createDirectories(user.home().resolve(".lmstudio/models/Maker/Model"));
        Files.copy(file, studio.resolve("tiny.gguf"));
        Files.createSymbolicLink(studio.resolve("again"), studio);
        Store store = user.store();
        assertTrue(store.find("lmstudio:Maker/Model/tiny.gguf").isPresent());
        MillraceException e = assertThrows(MillraceException.class, () -> store.link(studio, null, Progress.NONE));
        assertTrue(e.getMessage().contains("again") && e.getMessage().lines().count() == 1, e::getMessage);
    }

    @Test
    void lmStudioIsLookedForWhereItsSettingsSay() throws Exception {
        Path moved = Files.createDirectories(folder.resolve("big/Maker/One"));
        Files.copy(file, moved.resolve("one.gguf"));
        Path other = Files.createDirectories(folder.resolve("studio/models/Maker/Two"));
        Files.copy(file, other.resolve("two.gguf"));
        Files.createDirectories(user.home().resolve(".lmstudio"));
        Files.writeString(user.home().resolve(".lmstudio/settings.json"),
                Json.write(Map.of("downloadsFolder", folder.resolve("big").toString())));
        Files.writeString(user.home().resolve(".lmstudio-home-pointer"), folder.resolve("studio") + "\n");
        Store store = user.store();
        assertEquals(List.of("lmstudio:Maker/One/one.gguf", "lmstudio:Maker/Two/two.gguf"),
                store.others().stream().map(Kept::name).toList());
        Files.writeString(user.home().resolve(".lmstudio/settings.json"), "{\"downloadsFolder\": 1");
        assertEquals(1, store.others().size());
    }

    /** Names are those that {@code ollama list} shows, also of what came from elsewhere. */
    @Test
    void namesOfOllamaAreItsOwn() throws Exception {
        Path ollama = user.home().resolve(".ollama/models");
        byte[] model = Files.readAllBytes(file);
        String digest = "sha256:" + TestHub.sha256(model);
        Files.createDirectories(ollama.resolve("blobs"));
        Files.write(ollama.resolve("blobs").resolve(digest.replace(':', '-')), model);
        for (String each : List.of("registry.ollama.ai/library/tiny/1b", "registry.ollama.ai/someone/tiny/latest",
                "hf.co/Maker/Tiny-GGUF/Q4_0", "registry.ollama.ai/library/broken/latest")) {
            Path manifest = ollama.resolve("manifests").resolve(each);
            Files.createDirectories(manifest.getParent());
            Files.writeString(manifest, each.contains("broken")
                    ? "{"
                    : Json.write(Map.of("layers",
                            List.of(Map.of("mediaType", "application/vnd.ollama.image.model", "digest", digest)))));
        }
        Store store = user.store();
        assertEquals(List.of("ollama:hf.co/Maker/Tiny-GGUF:Q4_0", "ollama:someone/tiny:latest", "ollama:tiny:1b"),
                store.others().stream().map(Kept::name).toList());
        assertTrue(store.find("ollama:someone/tiny").isPresent());
        assertTrue(store.find("ollama:hf.co/Maker/Tiny-GGUF:Q4_0").isPresent());
        assertTrue(store.find("ollama:tiny").isEmpty());
    }

    /** Every name that is listed opens, and so do branches, tags and commits. */
    @Test
    void theCacheOfHuggingFaceIsReadByItsRevisions() throws Exception {
        Path hub = user.home().resolve(".cache/huggingface/hub/models--Maker--Model-GGUF");
        String old = "a".repeat(40);
        String now = "b".repeat(40);
        Files.createDirectories(hub.resolve("refs/refs/pr"));
        Files.writeString(hub.resolve("refs/main"), now);
        Files.writeString(hub.resolve("refs/v1"), old);
        Files.writeString(hub.resolve("refs/refs/pr/1"), old);
        for (String commit : List.of(old, now)) {
            Path parts = Files.createDirectories(hub.resolve("snapshots").resolve(commit).resolve("Q8_0"));
            Files.copy(file, parts.resolve("m-Q8_0-00001-of-00001.gguf"));
        }
        Store store = user.store();
        Kept listed = store.others().getFirst();
        assertEquals("hf:Maker/Model-GGUF:Q8_0/m-Q8_0-00001-of-00001.gguf", listed.name());
        for (String name : List.of(listed.name(), "hf:Maker/Model-GGUF", "hf:Maker/Model-GGUF:Q8_0",
                "hf:Maker/Model-GGUF@main", "hf:Maker/Model-GGUF@bbbbbbbb")) {
            assertEquals(now, store.find(name).orElseThrow(() -> new AssertionError(name)).revision(), name);
        }
        for (String name : List.of("hf:Maker/Model-GGUF@v1", "hf:Maker/Model-GGUF@refs/pr/1:Q8_0",
                "hf:Maker/Model-GGUF@aaaaaaaa")) {
            assertEquals(old, store.find(name).orElseThrow(() -> new AssertionError(name)).revision(), name);
        }
        assertTrue(store.find("hf:Maker/Model-GGUF@v2").isEmpty());
        assertTrue(store.find("hf:Maker/Model-GGUF@../snapshots").isEmpty());
    }

    /** A manifest that somebody has changed must not lead out of the store. */
    @ParameterizedTest
    @ValueSource(strings = {"../../x", "/etc/passwd", "a/../../x", "", "./x"})
    void aManifestDoesNotLeadOutOfItsFolder(String name) throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Path manifest = user.models().resolve("models/mine.json");
        String text = Files.readString(manifest);
        String changed = text.replaceFirst("\"name\"\\s*:\\s*\"tiny.gguf\"", "\"name\": \"" + name + "\"");
        assertNotEquals(text, changed);
        Files.writeString(manifest, changed);
        MillraceException e = assertThrows(MillraceException.class, () -> store.resolve("mine", Progress.NONE));
        assertTrue(e.getMessage().contains("damaged"), e::getMessage);
    }

    @Test
    void whatWasExportedIsImportedWithItsOriginAndItsTerms() throws Exception {
        try (TestHub hub = new TestHub()) {
            hub.put("Maker/Model-GGUF", "Model-Q8_0.gguf", Files.readAllBytes(file)).put("Maker/Model-GGUF", "LICENSE",
                    "You may use it.".getBytes(StandardCharsets.UTF_8));
            Kept pulled = Bench.pull(user.store(), "hf:Maker/Model-GGUF", hub.endpoint());
            user.store().export(pulled.name(), folder.resolve("stick"), null, Progress.NONE);
            Bench gateway = new Bench(folder.resolve("gateway"));
            Kept kept = gateway.store().link(folder.resolve("stick"), null, Progress.NONE);
            assertEquals(pulled.name(), kept.name());
            assertEquals("You may use it.", kept.licence().text());
            assertFalse(kept.licenceShown(), "nobody has seen them on this machine");
            assertTrue(gateway.store().resolve("hf:Maker/Model-GGUF:Q8_0", Progress.NONE).isPresent());
            assertEquals(List.of(), gateway.store().verify(kept.name(), Progress.NONE));
            gateway.store().export(kept.name(), folder.resolve("further"), null, Progress.NONE);
            Kept single = gateway.store().link(folder.resolve("further/Model-Q8_0.gguf"), "single", Progress.NONE);
            assertEquals("hf:Maker/Model-GGUF:Q8_0", single.source());
            MillraceException taken = assertThrows(MillraceException.class,
                    () -> user.store().link(folder.resolve("stick"), null, Progress.NONE));
            assertTrue(taken.getMessage().contains("taken"), taken::getMessage);
        }
    }

    @Test
    void whatCannotBeUsedIsNamed() throws Exception {
        Store store = user.store();
        store.link(file, "mine", Progress.NONE);
        Path blocked = Files.writeString(folder.resolve("blocked"), "a file");
        MillraceException export = assertThrows(MillraceException.class,
                () -> store.export("mine", blocked.resolve("inside"), null, Progress.NONE));
        assertTrue(export.getMessage().startsWith(blocked.toString()), export::getMessage);
        MillraceException key = assertThrows(MillraceException.class,
                () -> store.export("mine", folder.resolve("out"), folder.resolve("no.pem"), Progress.NONE));
        assertTrue(key.getMessage().startsWith(folder.resolve("no.pem").toString()), key::getMessage);
        assertFalse(key.getMessage().contains("MILLRACE_MODELS"), key::getMessage);
        user.variables().put("MILLRACE_MODELS", blocked.toString());
        MillraceException own = assertThrows(MillraceException.class,
                () -> user.store().link(file, "mine", Progress.NONE));
        assertTrue(own.getMessage().contains("MILLRACE_MODELS"), own::getMessage);
    }

    @Nested
    class Contract extends ModelSourceContract {

        @Override
        protected ModelSource source() {
            Store store = user.store();
            store.link(file, null, Progress.NONE);
            return store;
        }

        @Override
        protected String known() {
            return "tiny";
        }
    }
}
