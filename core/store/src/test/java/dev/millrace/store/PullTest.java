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
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Transfer;
import dev.millrace.api.ModelStore.Wish;
import dev.millrace.api.Progress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a reference to a model that can be opened. */
class PullTest {

    private static final String REPOSITORY = "Maker/Some-Model-GGUF";

    @TempDir
    Path folder;

    private final TestHub hub = new TestHub();
    private Bench user = new Bench(Path.of("/nowhere"));
    private byte[] model = new byte[0];

    @BeforeEach
    void make() {
        user = new Bench(folder.resolve("home"));
        model = Bench.gguf(folder);
        hub.put(REPOSITORY, "Some-Model-Q8_0.gguf", model)
                .put(REPOSITORY, "README.md", "# A model".getBytes(StandardCharsets.UTF_8))
                .put(REPOSITORY, "LICENSE", "You may use it.".getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() {
        hub.close();
    }

    @Test
    void aModelIsFetchedOnceAndOpensByEveryNameItHas() throws Exception {
        Store store = user.store();
        Plan plan = store.plan(Bench.wish("hf:" + REPOSITORY, hub.endpoint()));
        assertEquals(model.length, plan.missing());
        assertEquals("apache-2.0", plan.licence().id());
        assertEquals("You may use it.", plan.licence().text());
        assertEquals(0, hub.bytesSent.get() / model.length, "a plan downloads no model");
        List<Long> seen = new ArrayList<>();
        Kept kept = store.pull(plan, Consent.NONE, (what, done, total) -> seen.add(done));
        assertEquals("some-model-q8_0", kept.name());
        assertArrayEquals(model, Files.readAllBytes(kept.path()));
        assertEquals("Some-Model-Q8_0.gguf", String.valueOf(kept.path().getFileName()));
        assertEquals(model.length, seen.getLast());
        assertFalse(kept.licenceShown());
        assertEquals("lfm2moe", kept.facts().get("architecture"));
        long sent = hub.bytesSent.get();
        for (String reference : List.of("some-model-q8_0", "hf:" + REPOSITORY, "hf:" + REPOSITORY + ":Q8_0",
                "hf:" + REPOSITORY + ":q8_0", "hf:" + REPOSITORY + ":Some-Model-Q8_0.gguf",
                "https://huggingface.co/" + REPOSITORY,
                "https://huggingface.co/" + REPOSITORY + "/blob/main/Some-Model-Q8_0.gguf")) {
            assertEquals(kept.path(), user.store().resolve(reference, Progress.NONE).orElseThrow().path(), reference);
        }
        assertEquals(0, user.store().plan(Bench.wish("hf:" + REPOSITORY, hub.endpoint())).missing());
        assertEquals(kept.name(), Bench.pull(user.store(), "hf:" + REPOSITORY, hub.endpoint()).name());
        assertTrue(hub.bytesSent.get() - sent < 10_000, "all was here");
        store.licenceShown(kept.name());
        assertTrue(store.find(kept.name()).orElseThrow().licenceShown());
        assertEquals(List.of(), store.verify(kept.name(), Progress.NONE));
    }

    @Test
    void nothingIsFetchedByOpening() {
        ModelNotFoundException e = assertThrows(ModelNotFoundException.class,
                () -> user.store().resolve("hf:" + REPOSITORY, Progress.NONE));
        assertTrue(e.getMessage().contains("millrace pull hf:" + REPOSITORY), e::getMessage);
        assertEquals(List.of(), hub.asked);
    }

    @Test
    void aFolderOfTensorsComesWithAllThatStandsBesideThem() throws Exception {
        String repository = "Maker/Tensors";
        hub.put(repository, "config.json", "{}".getBytes(StandardCharsets.UTF_8))
                .put(repository, "model.safetensors", Bench.bytes(300_000, 3))
                .put(repository, "tokenizer.json", "{\"a\":1}".getBytes(StandardCharsets.UTF_8))
                .put(repository, "pytorch_model.bin", Bench.bytes(300_000, 4))
                .put(repository, "onnx/model.onnx", Bench.bytes(300_000, 5));
        Kept kept = Bench.pull(user.store(), "hf:" + repository, hub.endpoint());
        assertTrue(Files.isDirectory(kept.path()));
        assertTrue(Files.isRegularFile(kept.path().resolve("tokenizer.json")));
        assertFalse(Files.exists(kept.path().resolve("pytorch_model.bin")));
        assertFalse(Files.exists(kept.path().resolve("onnx")));
        Kept graph = Bench.pull(user.store(), "hf:" + repository + ":onnx/model.onnx", hub.endpoint());
        assertTrue(Files.isRegularFile(graph.path().resolve("onnx/model.onnx")));
    }

    @Test
    void anAddressIsEnoughAndItsDigestIsChecked() throws Exception {
        String address = hub.endpoint() + "/" + REPOSITORY + "/resolve/main/Some-Model-Q8_0.gguf";
        Kept kept = Bench.pull(user.store(), address, hub.endpoint());
        assertArrayEquals(model, Files.readAllBytes(kept.path()));
        assertFalse(kept.source().contains("secret"));
        user.store().remove(kept.name());
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(user.store(), address + "#sha256=" + "0".repeat(64), hub.endpoint()));
        assertTrue(e.getMessage().contains("digest"), e::getMessage);
        assertEquals(kept.name(),
                Bench.pull(user.store(), address + "#sha256=" + TestHub.sha256(model), hub.endpoint()).name());
    }

    @Test
    void theTokenGoesToTheHubAndNowhereElse() throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "hf_secretsecret\n");
        Store store = user.store();
        Wish wish = new Wish("hf:" + REPOSITORY, null, hub.endpoint(), file, 0, 2, null);
        store.pull(store.plan(wish), Consent.NONE, Transfer.NONE);
        for (TestHub.Asked request : hub.asked) {
            assertEquals(request.server().equals("hub") ? "Bearer hf_secretsecret" : "",
                    request.header("Authorization"), request.path());
        }
        assertFalse(Files.readString(user.models().resolve("models/some-model-q8_0.json")).contains("hf_secret"));
    }

    @Test
    void twoNamesForTwoModelsAndSharedContentOnce() throws Exception {
        hub.put("Other/Some-Model-GGUF", "Some-Model-Q8_0.gguf", model);
        Store store = user.store();
        Kept first = Bench.pull(store, "hf:" + REPOSITORY, hub.endpoint());
        Kept second = Bench.pull(store, "hf:Other/Some-Model-GGUF", hub.endpoint());
        assertEquals("other-some-model-q8_0", second.name());
        try (var blobs = Files.list(user.models().resolve("blobs"))) {
            assertEquals(1, blobs.count());
        }
        assertEquals(0, store.remove(first.name()), "the other one needs the content");
        assertEquals(List.of(), store.verify(second.name(), Progress.NONE));
        assertEquals(model.length, store.remove(second.name()));
        assertEquals(List.of(), store.list());
    }

    @Test
    void severalAtATimeFetchOnce() throws Exception {
        List<Future<Kept>> pulls = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                pulls.add(threads.submit(() -> Bench.pull(user.store(), "hf:" + REPOSITORY, hub.endpoint())));
            }
        }
        for (Future<Kept> pull : pulls) {
            assertArrayEquals(model, Files.readAllBytes(pull.get().path()));
        }
        assertTrue(hub.bytesSent.get() < 2L * model.length, () -> hub.bytesSent + " bytes for " + model.length);
    }

    @Test
    void aFullDiskIsSeenBeforeItStarts() {
        Store store = user.store();
        Plan plan = store.plan(Bench.wish("hf:" + REPOSITORY, hub.endpoint()));
        Plan huge = new Plan(plan.wish(), plan.name(), plan.source(), plan.revision(),
                plan.files().stream()
                        .map(item -> new dev.millrace.api.ModelStore.Item(item.name(), 1L << 60, item.digest(),
                                item.place(), item.here()))
                        .toList(),
                plan.main(), plan.choice(), plan.licence(), plan.signer());
        int before = hub.asked.size();
        MillraceException e = assertThrows(MillraceException.class,
                () -> store.pull(huge, Consent.NONE, Transfer.NONE));
        assertTrue(e.getMessage().contains("free") && e.getMessage().contains("MILLRACE_MODELS"), e::getMessage);
        assertEquals(before, hub.asked.size());
    }

    @Test
    void aLimitOfTheRateIsKept() {
        Store store = user.store();
        hub.put("Maker/Rate", "a.gguf", Bench.bytes(200_000, 9));
        Wish wish = new Wish("hf:Maker/Rate", null, hub.endpoint(), null, 500_000, 4, null);
        long begin = System.nanoTime();
        store.pull(store.plan(wish), Consent.NONE, Transfer.NONE);
        double seconds = (System.nanoTime() - begin) / 1e9;
        assertTrue(seconds >= 0.35, () -> "200 000 bytes at 500 000 per second took " + seconds + " s");
    }

    @Test
    void aNewStateTakesThePlaceOfTheEarlierOne() throws Exception {
        Kept first = Bench.pull(user.store(), "hf:" + REPOSITORY, hub.endpoint());
        byte[] second = model.clone();
        second[second.length - 1] ^= 1;
        hub.put(REPOSITORY, "Some-Model-Q8_0.gguf", second);
        Kept kept = Bench.pull(user.store(), "hf:" + REPOSITORY, hub.endpoint());
        assertEquals(first.name(), kept.name());
        assertArrayEquals(second, Files.readAllBytes(kept.path()));
        try (var blobs = Files.list(user.models().resolve("blobs"))) {
            assertEquals(1, blobs.count(), "nobody needs the earlier content");
        }
    }

    @Test
    void whatStandsInOtherCachesIsNotFetched() throws Exception {
        Path blobs = Files
                .createDirectories(folder.resolve("home/.cache/huggingface/hub/models--Maker--Some-Model-GGUF/blobs"));
        Path blob = Files.write(blobs.resolve(TestHub.sha256(model)), model);
        Plan plan = user.store().plan(Bench.wish("hf:" + REPOSITORY, hub.endpoint()));
        assertEquals(0, plan.missing());
        Kept kept = user.store().pull(plan, Consent.NONE, Transfer.NONE);
        assertEquals(blob.toRealPath(), kept.path().toRealPath());
        assertTrue(kept.linked());
        assertEquals(0, user.store().remove(kept.name()));
        assertTrue(Files.exists(blob), "what belongs to others stays");
    }
}
