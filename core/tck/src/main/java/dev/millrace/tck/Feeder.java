/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;
import java.util.List;

/**
 * Feeds tokens to executors and looks at logits.
 *
 * @param executor a loaded model
 * @param vocabularySize logits in a row
 */
public record Feeder(Executor executor, int vocabularySize) {

    /**
     * Feeds tokens.
     *
     * @param sequence gets them
     * @param tokens at least one
     * @return the logits after the last
     */
    public float[] feed(Sequence sequence, int... tokens) {
        Step step = new Step(sequence, vocabularySize).feed(tokens, 0, tokens.length, Step.Logits.LAST);
        forward(step);
        return Arrays.copyOf(step.logits(), vocabularySize);
    }

    /**
     * Feeds tokens.
     *
     * @param sequence gets them
     * @param tokens at least one
     * @return the logits after each
     */
    public float[][] feedAll(Sequence sequence, int... tokens) {
        Step step = new Step(sequence, vocabularySize).feed(tokens, 0, tokens.length, Step.Logits.ALL);
        forward(step);
        float[][] rows = new float[tokens.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(step.logits(), i * vocabularySize, (i + 1) * vocabularySize);
        }
        return rows;
    }

    private void forward(Step step) {
        executor.forward(List.of(step));
        step.failure().ifPresent(problem -> {
            throw new AssertionError("A step of " + step.length() + " tokens fails: " + problem.getMessage(), problem);
        });
    }

    /**
     * Continues with the most probable token each time.
     *
     * @param sequence has read something
     * @param logits after its last token
     * @param count tokens to choose
     * @return the tokens
     */
    public int[] greedy(Sequence sequence, float[] logits, int count) {
        int[] chosen = new int[count];
        float[] current = logits;
        for (int i = 0; i < count; i++) {
            chosen[i] = best(current);
            current = feed(sequence, chosen[i]);
        }
        return chosen;
    }

    /**
     * The most probable token.
     *
     * @param logits a row
     * @return its id, the smallest if there are several
     */
    public static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /**
     * By how much the most probable token leads.
     *
     * @param logits a row
     * @return its logit minus the second largest, 0 or more
     */
    public static float margin(float[] logits) {
        int best = best(logits);
        float second = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            if (i != best) {
                second = Math.max(second, logits[i]);
            }
        }
        return logits[best] - second;
    }

    /**
     * The largest difference of two rows.
     *
     * @param a a row
     * @param b a row of the same length
     * @return 0 or more, not a number if one of them holds something that is none
     */
    public static double distance(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs((double) a[i] - b[i]));
        }
        return largest;
    }
}
