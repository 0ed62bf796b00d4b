/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the reference implementation computes from some tokens.
 *
 * @param ids the tokens
 * @param logits after the last
 * @param best the token with the largest logit, after each
 * @param greedy the tokens that follow if the best is always taken
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record GoldenCase(int[] ids, double[] logits, int[] best, int[] greedy) {

    /** All cases of a file. */
    static List<GoldenCase> read(Path file) throws IOException {
        List<GoldenCase> cases = new ArrayList<>();
        if (Json.parse(Files.readString(file)) instanceof Map<?, ?> json && json.get("cases") instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> c) {
                    cases.add(new GoldenCase(ints(c.get("ids")), numbers(c.get("last_logits")),
                            ints(c.get("argmax_each")), ints(c.get("greedy"))));
                }
            }
        }
        return cases;
    }

    private static double[] numbers(@Nullable Object list) {
        return list instanceof List<?> values
                ? values.stream().mapToDouble(n -> n instanceof Number number ? number.doubleValue() : Double.NaN)
                        .toArray()
                : new double[0];
    }

    private static int[] ints(@Nullable Object list) {
        return Arrays.stream(numbers(list)).mapToInt(d -> (int) d).toArray();
    }
}
