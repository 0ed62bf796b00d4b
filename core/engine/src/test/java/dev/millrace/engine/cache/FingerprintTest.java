/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.engine.cache.Fingerprint.Kinship;
import dev.millrace.json.Json;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.WeightSketch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The rule what opens exactly, what is read again and what is refused. */
class FingerprintTest {

    private static final List<StateShape> SHAPES = List.of(new StateShape.KeyValues(2, 16),
            new StateShape.ConvColumns(8, 2));

    private static WeightSketch sketch(int seed, float step) {
        Random random = new Random(seed);
        List<float[]> all = new ArrayList<>();
        for (int m = 0; m < 8; m++) {
            float[] diagonal = new float[WeightSketch.VALUES];
            for (int i = 0; i < diagonal.length; i++) {
                float value = (float) random.nextGaussian();
                diagonal[i] = step == 0 ? value : Math.round(value / step) * step;
            }
            all.add(diagonal);
        }
        return new WeightSketch(all);
    }

    private static Fingerprint print(String identity, List<StateShape> shapes, List<Integer> spellings,
            WeightSketch sketch) {
        return new Fingerprint("nano", "fp32", 100, shapes, spellings, identity, sketch);
    }

    private static final Fingerprint SAVED = print("a", SHAPES, List.of(1, 2, 3), sketch(1, 0));

    private static void is(Kinship expected, Fingerprint other) {
        assertEquals(expected, SAVED.of(other));
        assertEquals(expected, other.of(SAVED));
    }

    @Test
    void theSameNumbersGoOn() {
        is(Kinship.SAME, print("a", SHAPES, List.of(1, 2, 3), WeightSketch.NONE));
        is(Kinship.SAME, print("b", SHAPES, List.of(1, 2, 3), sketch(1, 0)));
        // padding behind the vocabulary, and windows, differ between formats
        is(Kinship.SAME, print("b", List.of(new StateShape.KeyValues(2, 16, 32), SHAPES.get(1)), List.of(1, 2, 3, 4),
                sketch(1, 0)));
    }

    @Test
    void theSameNetworkStoredOtherwiseIsReadAgain() {
        is(Kinship.RELATED, print("b", SHAPES, List.of(1, 2, 3), sketch(1, 0.3f)));
        is(Kinship.RELATED, print("b", SHAPES, List.of(1, 2, 3), WeightSketch.NONE));
    }

    @Test
    void othersAreRefused() {
        is(Kinship.OTHER, print("b", SHAPES, List.of(1, 2, 3), sketch(2, 0)));
        is(Kinship.OTHER, print("b", SHAPES, List.of(1, 2, 4), sketch(1, 0)));
        is(Kinship.OTHER, print("b", SHAPES.subList(0, 1), List.of(1, 2, 3), sketch(1, 0)));
        is(Kinship.OTHER, new Fingerprint("nano", "fp32", 101, SHAPES, List.of(1, 2, 3), "b", sketch(1, 0)));
    }

    @Test
    void goesThroughJson() {
        Map<?, ?> map = (Map<?, ?>) Objects.requireNonNull(Json.parse(Json.write(SAVED.toMap())));
        Fingerprint read = Fingerprint.ofMap(map);
        assertEquals(SAVED.toMap(), read.toMap());
        for (Object key : map.keySet()) {
            Map<Object, Object> lacking = new HashMap<>(map);
            lacking.remove(key);
            assertThrows(IllegalArgumentException.class, () -> Fingerprint.ofMap(lacking), String.valueOf(key));
            for (Object wrong : List.of(List.of("x"), Map.of(), true)) {
                lacking.put(key, wrong);
                assertThrows(IllegalArgumentException.class, () -> Fingerprint.ofMap(lacking), key + " " + wrong);
            }
        }
    }
}
