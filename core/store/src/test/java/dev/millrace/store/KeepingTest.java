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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
