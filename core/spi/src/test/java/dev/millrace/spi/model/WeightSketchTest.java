/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.model.WeightSketch.Likeness;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class WeightSketchTest {

    private static WeightSketch random(int matrices, int seed) {
        Random random = new Random(seed);
        List<float[]> all = new ArrayList<>();
        for (int m = 0; m < matrices; m++) {
            float[] diagonal = new float[WeightSketch.VALUES];
            for (int i = 0; i < diagonal.length; i++) {
                diagonal[i] = (float) random.nextGaussian() * 0.02f;
            }
            all.add(diagonal);
        }
        return new WeightSketch(all);
    }

    private static WeightSketch changed(WeightSketch sketch, UnaryOperator<Float> change) {
        return new WeightSketch(sketch.diagonals().stream().map(diagonal -> {
            float[] copy = new float[diagonal.length];
            for (int i = 0; i < copy.length; i++) {
                copy[i] = change.apply(diagonal[i]);
            }
            return copy;
        }).toList());
    }

    private static void compare(Likeness expected, WeightSketch a, WeightSketch b) {
        assertEquals(expected, a.compare(b));
        assertEquals(expected, b.compare(a));
    }

    @Test
    void orderTypesAndTablesDoNotMatter() {
        WeightSketch sketch = random(40, 1);
        List<float[]> other = new ArrayList<>(
                changed(sketch, v -> Float.float16ToFloat(Float.floatToFloat16(v))).diagonals());
        Collections.reverse(other);
        other.addAll(random(2, 9).diagonals());
        compare(Likeness.EQUAL, sketch, new WeightSketch(other));
    }

    @Test
    void quantisingAndTrainingAreNear() {
        WeightSketch sketch = random(40, 1);
        compare(Likeness.SIMILAR, sketch, changed(sketch, v -> Math.round(v / 0.007f) * 0.007f));
        compare(Likeness.SIMILAR, sketch, changed(sketch, v -> v + 0.0002f));
    }

    @Test
    void trainingOfSomeMatricesIsNoEquality() {
        WeightSketch sketch = random(40, 1);
        List<float[]> tuned = new ArrayList<>(sketch.diagonals().subList(0, 30));
        tuned.addAll(changed(new WeightSketch(sketch.diagonals().subList(30, 40)), v -> v * 1.02f).diagonals());
        compare(Likeness.SIMILAR, sketch, new WeightSketch(tuned));
    }

    @Test
    void otherNetworksAreOthers() {
        compare(Likeness.OTHER, random(40, 1), random(40, 2));
        compare(Likeness.OTHER, random(300, 1), random(500, 2));
        compare(Likeness.UNKNOWN, random(40, 1), random(3, 1));
        compare(Likeness.UNKNOWN, WeightSketch.NONE, WeightSketch.NONE);
        compare(Likeness.OTHER, random(8, 1), changed(random(8, 1), v -> Float.NaN));
    }
}
