/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Transfer;
import dev.millrace.api.ModelStore.Wish;
import dev.millrace.api.Progress;
import dev.millrace.formats.Synthesiser;
import dev.millrace.store.fetch.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** A user with a home folder of his own, and a small model. */
record Bench(Path home, Map<String, String> variables) {

    static final int CHUNK = 1 << 16;
    /** Gives up soon: for servers that fall silent. */
    static final Patience QUICK = new Patience(Duration.ofMillis(400), Duration.ofMillis(4), Duration.ofMillis(1500),
            4);
    /** Waits as long as a busy machine may need. */
    static final Patience PATIENT = new Patience(Duration.ofSeconds(60), Duration.ofMillis(4), Duration.ofMillis(1500),
            4);

    Bench(Path home) {
        this(home, new HashMap<>());
    }

    Environment environment() {
        return new Environment(variables, home);
    }

    Path models() {
        return environment().models();
    }

    Store store() {
        return new Store(environment(), PATIENT, CHUNK);
    }

    Store hastyStore() {
        return new Store(environment(), QUICK, CHUNK);
    }

    static Wish wish(String reference, URI endpoint) {
        return new Wish(reference, null, endpoint, null, 0, 4, null);
    }

    static Kept pull(Store store, String reference, URI endpoint) {
        Plan plan = store.plan(wish(reference, endpoint));
        return store.pull(plan, Consent.NONE, Transfer.NONE);
    }

    static byte[] bytes(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A whole model of some hundred kilobytes. */
    static byte[] gguf(Path folder) {
        try {
            Path file = folder.resolve("tiny.gguf");
            Synthesiser.write("tiny", "q8_0", 1, file, Progress.NONE);
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
