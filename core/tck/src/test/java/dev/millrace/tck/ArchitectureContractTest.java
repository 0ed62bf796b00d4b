/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of model families finds what is wrong with one. */
class ArchitectureContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, HAS_NO_NAME, GUESSES_THE_ACTIVATION, REFUSES_WITHOUT_A_NAME, DROPS_A_TENSOR, DOES_WITHOUT_A_TENSOR, CASTS_WHAT_THE_FILE_SAYS, DIVIDES_BY_ZERO, TURNS_A_MATRIX, SCALES_BY_NOTHING
    }

    /** A family with one dense layer after the other. */
    private record Brook(Fault fault) implements Architecture {

        @Override
        public Set<String> names() {
            return fault == Fault.HAS_NO_NAME ? Set.of() : Set.of("brook");
        }

        @Override
        public Blueprint read(Keys keys, Weights weights) {
            int hidden = keys.integer(2, 1 << 16, "hidden_size");
            int heads = fault == Fault.DIVIDES_BY_ZERO
                    ? keys.integer(0, 1 << 10, "num_attention_heads")
                    : keys.integer(1, 1 << 10, "num_attention_heads");
            int size = hidden / heads;
            if (hidden % heads != 0 || size % 2 != 0) {
                throw keys.wrong("num_attention_heads", "is " + heads + ", expected a divisor of " + hidden);
            }
            int inner = keys.integer(1, 1 << 20, "intermediate_size");
            int layers = fault == Fault.CASTS_WHAT_THE_FILE_SAYS
                    ? ((Long) java.util.Objects.requireNonNull(keys.find("num_hidden_layers"))).intValue()
                    : keys.integer(1, 1 << 10, "num_hidden_layers");
            if (fault == Fault.REFUSES_WITHOUT_A_NAME && !keys.text("hidden_act").orElse("silu").equals("silu")) {
                throw new ModelFormatException(MadeUpWeights.FILE, "model", "is not supported here, sorry");
            }
            if (fault != Fault.GUESSES_THE_ACTIVATION) {
                keys.refuse("silu", "hidden_act");
            }
            if (keys.has("rope_scaling")) {
                throw keys.wrong("rope_scaling", "is not supported");
            }
            Tensor embedding = weights.take("embed", weights.rows("embed"), hidden);
            List<Blueprint.Layer> all = new ArrayList<>();
            for (int i = 0; i < layers; i++) {
                all.add(layer(weights, "layers." + i + ".", hidden, heads, inner));
            }
            return new Blueprint("brook", (int) embedding.rows(), hidden, 64, embedding, all,
                    new Blueprint.Norm(weights.takeFloats("norm", hidden),
                            fault == Fault.SCALES_BY_NOTHING ? Float.NaN : 1e-5f),
                    embedding);
        }

        private Blueprint.Layer layer(Weights weights, String name, int hidden, int heads, int inner) {
            Tensor output = weights.take(name + "o", hidden, hidden);
            if (fault == Fault.DROPS_A_TENSOR) {
                weights.take(name + "bias", hidden);
            }
            Tensor value;
            try {
                value = weights.take(name + "v", hidden, hidden);
            } catch (ModelFormatException e) {
                if (fault != Fault.DOES_WITHOUT_A_TENSOR) {
                    throw e;
                }
                value = output;
            }
            Tensor up = fault == Fault.TURNS_A_MATRIX
                    ? weights.take(name + "up", hidden, inner)
                    : weights.take(name + "up", inner, hidden);
            return new Blueprint.Layer(new Blueprint.Norm(weights.takeFloats(name + "norm1", hidden), 1e-5f),
                    Blueprint.Attention.plain(heads, heads, hidden / heads, weights.take(name + "q", hidden, hidden),
                            weights.take(name + "k", hidden, hidden), value, output,
                            new Position.Rope(hidden / heads, 10_000)),
                    new Blueprint.Norm(weights.takeFloats(name + "norm2", hidden), 1e-5f),
                    new Blueprint.Dense(weights.take(name + "gate", inner, hidden), up,
                            weights.take(name + "down", hidden, inner)));
        }
    }

    /** The contract, for a family with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends ArchitectureContract {

        private final Fault fault;

        Subject(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected Architecture architecture() {
            return new Brook(fault);
        }

        @Override
        protected List<Sample> samples() {
            Map<String, Object> keys = new LinkedHashMap<>(Map.of("hidden_size", 16L, "num_attention_heads", 2L,
                    "intermediate_size", 24L, "num_hidden_layers", 2L, "hidden_act", "silu"));
            return List.of(new Sample(Keys.Form.HUGGING_FACE, "brook", keys));
        }
    }

    @Test
    void aSoundFamilyPasses() {
        ContractRun.all(Subject.class, Fault.NONE).assertSound(8);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            HAS_NO_NAME,              namesAreThoseOfFiles,                        names() is empty
            GUESSES_THE_ACTIVATION,   whatIsNotKnownIsRefusedByName,               never guess
            REFUSES_WITHOUT_A_NAME,   whatIsNotKnownIsRefusedByName,               without that name
            DROPS_A_TENSOR,           everyTensorThatIsTakenTakesPart,             layers.0.bias
            DOES_WITHOUT_A_TENSOR,    aMissingTensorIsRefusedByName,               layers.0.v
            CASTS_WHAT_THE_FILE_SAYS, wrongValuesAreRefusedOrMakeABlueprintThatFitsTogether, num_hidden_layers
            CASTS_WHAT_THE_FILE_SAYS, aMissingKeyIsRefusedByNameOrHasADefault,     without num_hidden_layers
            DIVIDES_BY_ZERO,          wrongValuesAreRefusedOrMakeABlueprintThatFitsTogether, ask for keys with their range
            TURNS_A_MATRIX,           keysBecomeABlueprintThatFitsTogether,        layers.0.up
            SCALES_BY_NOTHING,        theBlueprintCanBeComputed,                   not numbers
            """)
    void aFaultIsReportedByTheTestThatIsMeantForIt(Fault fault, String test, String words) {
        ContractRun.one(Subject.class, fault, test).assertReports(words);
    }
}
