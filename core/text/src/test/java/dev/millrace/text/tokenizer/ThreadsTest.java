/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ThreadsTest {

    @Test
    void oneTokenizerServesManyThreads() throws Exception {
        PromptTokenizer shared = Nano.tokenizer();
        PromptTokenizer alone = Nano.tokenizer();
        List<String> texts = new ArrayList<>(RandomText.SAMPLES);
        Random random = new Random(73);
        for (int n = 0; n < 500; n++) {
            texts.add(RandomText.next(random));
        }
        List<int[]> expected = texts.stream().map(alone::encode).toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                done.add(threads.submit(() -> {
                    for (int n = 0; n < texts.size(); n++) {
                        assertArrayEquals(expected.get(n), shared.encode(texts.get(n)));
                    }
                }));
            }
            for (Future<?> future : done) {
                future.get();
            }
        }
    }
}
