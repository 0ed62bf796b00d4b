/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * What every model family promises. A family's tests extend this class and name the family and the keys of a small model: tensors
 * are made up in the shapes that the family asks for, so that no file is needed.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class ArchitectureContract {

    /** Rows of a tensor that no key states: the vocabulary. */
    static final long ROWS = 48;

    private static final String UNKNOWN = "tck-unknown";

    /** For classes that extend this one. */
    protected ArchitectureContract() {
    }

    /**
     * A small model as a file states it.
     *
     * @param form where names of keys and tensors come from
     * @param architecture the family's name in the file
     * @param keys what stands in the file; GGUF keys without the architecture's name before them
     * @param optional whether a tensor is there that the family looks for by {@link dev.millrace.spi.model.Weights#has}; all
     *            others are there when they are taken
     * @param rows of tensors whose size is asked for by {@link dev.millrace.spi.model.Weights#rows}; 48 for all others
     */
    public record Sample(Keys.Form form, String architecture, Map<String, Object> keys, Predicate<String> optional,
            Map<String, Long> rows) {

        /**
         * A model without optional tensors.
         *
         * @param form where names of keys and tensors come from
         * @param architecture the family's name in the file
         * @param keys what stands in the file
         */
        public Sample(Keys.Form form, String architecture, Map<String, Object> keys) {
            this(form, architecture, keys, name -> false, Map.of());
        }

        private Keys keysWith(String key, @Nullable Object value) {
            Map<String, Object> changed = new LinkedHashMap<>(keys);
            if (value == null) {
                changed.remove(key);
            } else {
                changed.put(key, value);
            }
            return new KeyTable(MadeUpWeights.FILE, "", changed, form, architecture);
        }

        private Keys given() {
            return new KeyTable(MadeUpWeights.FILE, "", keys, form, architecture);
        }

        private MadeUpWeights weights(String... missing) {
            return new MadeUpWeights(optional, rows, Set.of(missing));
        }
    }

    /**
     * The family under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract Architecture architecture();

    /**
     * Small models that it reads: one for each form of file and each variant of the family.
     *
     * @return at least one
     */
    protected abstract List<Sample> samples();

    /**
     * Keys with values that no family knows. Each has to be refused by its name or that of its key.
     *
     * @param form where names of keys come from
     * @return by default an activation and a type of rope, where the form has keys for these
     */
    protected Map<String, Object> unknown(Keys.Form form) {
        return form == Keys.Form.GGUF
                ? Map.of("rope.scaling.type", UNKNOWN)
                : Map.of("hidden_act", UNKNOWN, "rope_scaling", Map.of("rope_type", UNKNOWN, "factor", 2.0));
    }

    private void each(java.util.function.Function<Sample, Executable> test) {
        assertFalse(samples().isEmpty(), "samples() gives no model to read.");
        assertAll(samples().stream().map(test));
    }

    @Test
    void namesAreThoseOfFiles() {
        Set<String> names = architecture().names();
        assertFalse(names.isEmpty(), "names() is empty, so no file is given to this family.");
        assertEquals(names, architecture().names(), "names() stays the same");
        names.forEach(
                name -> assertTrue(!name.isBlank() && name.equals(name.strip()), () -> "a name: \"" + name + "\""));
        each(sample -> () -> assertTrue(names.contains(sample.architecture),
                () -> "names() has no " + sample.architecture + ", as a sample is called."));
    }

    @Test
    void keysBecomeABlueprintThatFitsTogether() {
        each(sample -> () -> {
            Blueprint model = architecture().read(sample.given(), sample.weights());
            BlueprintCheck.check(model);
            assertFalse(model.features().isEmpty(), "features() is derived from the blueprint");
            assertEquals(model.layers().size(), model.stateShapes().size());
        });
    }

    @Test
    void theBlueprintCanBeComputed() {
        each(sample -> () -> {
            Blueprint model = architecture().read(sample.given(), sample.weights());
            int[] tokens = {1, 2, 3, 1, 0, 5, 4, 2};
            for (float[] row : new ReferenceExecutor(model).logits(tokens)) {
                assertEquals(0, Feeder.distance(row, row), () -> "logits of " + sample.architecture
                        + " are not numbers: look at scales, epsilons and multipliers of the blueprint.");
            }
        });
    }

    @Test
    void everyTensorThatIsTakenTakesPart() {
        each(sample -> () -> {
            MadeUpWeights weights = sample.weights();
            Blueprint model = architecture().read(sample.given(), weights);
            for (Tensor tensor : model.tensors()) {
                readAll(tensor);
            }
            assertEquals(List.of(), weights.unread(),
                    "These tensors are taken from the file, and no tensor of the blueprint"
                            + " reads all of their rows: put them in, or do not take them.");
        });
    }

    private static void readAll(Tensor tensor) throws IOException {
        float[] row = new float[Math.toIntExact(tensor.columns())];
        for (long r = 0; r < tensor.rows(); r++) {
            tensor.read(r, 1, row, 0);
        }
    }

    @Test
    void aMissingTensorIsRefusedByName() {
        each(sample -> () -> {
            MadeUpWeights all = sample.weights();
            architecture().read(sample.given(), all);
            for (String name : all.taken()) {
                if (sample.optional.test(name)) {
                    continue;
                }
                ModelFormatException refused = assertThrows(ModelFormatException.class,
                        () -> architecture().read(sample.given(), sample.weights(name)),
                        () -> "A file without the tensor " + name
                                + " is read, although the model is computed with it.");
                assertTrue(String.valueOf(refused.getMessage()).contains(name),
                        () -> "A file without " + name + " is refused without that name: " + refused.getMessage());
            }
        });
    }

    @Test
    void whatIsNotKnownIsRefusedByName() {
        each(sample -> () -> unknown(sample.form).forEach((key, value) -> {
            ModelFormatException refused = assertThrows(ModelFormatException.class,
                    () -> architecture().read(sample.keysWith(key, value), sample.weights()),
                    () -> "A " + sample.architecture + " file with " + key + " = " + value
                            + " is read as if that were known: refuse it (Keys.refuse, Keys.wrong), and never guess.");
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains(UNKNOWN) || message.contains(key),
                    () -> key + " = " + value + " is refused without that name: " + message);
        }));
    }

    @Test
    void aMissingKeyIsRefusedByNameOrHasADefault() {
        each(sample -> () -> sample.keys.keySet().forEach(key -> tolerate(sample, key, null)));
    }

    @Test
    void wrongValuesAreRefusedOrMakeABlueprintThatFitsTogether() {
        List<Object> values = List.of(0L, -1L, 1L, 3L, 7L, 1L << 20, (long) Integer.MAX_VALUE, Long.MAX_VALUE,
                Long.MIN_VALUE,
                0.5, 1e300, -1e-300, Double.NaN, Double.POSITIVE_INFINITY, "", UNKNOWN, true, false, List.of(),
                List.of(1L, UNKNOWN), Arrays.asList(null, null), List.of(List.of(), List.of()), Map.of(),
                Map.of("rope_type", 7L, "type", List.of()));
        each(sample -> () -> Stream.concat(sample.keys.keySet().stream(), unknown(sample.form).keySet().stream())
                .distinct().forEach(key -> values.forEach(value -> tolerate(sample, key, value))));
    }

    /** Reads a model with one key changed. */
    private void tolerate(Sample sample, String key, @Nullable Object value) {
        String what = "A " + sample.architecture + " file "
                + (value == null ? "without " + key : "with " + key + " = " + value);
        Blueprint model;
        try {
            model = architecture().read(sample.keysWith(key, value), sample.weights());
        } catch (ModelFormatException e) {
            assertFalse(e.part().isBlank(), () -> what + " is refused without saying what part is wrong");
            return;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(
                    what + " gives " + e + ", not a ModelFormatException: ask for keys with their range.", e);
        }
        assertNotNull(model);
        try {
            BlueprintCheck.check(model);
        } catch (AssertionError e) {
            throw new AssertionError(what + " gives a blueprint that does not fit together: " + e.getMessage(), e);
        }
    }
}
