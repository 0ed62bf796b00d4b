/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
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
