/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Sampling;
import dev.millrace.plugin.openai.json.Fields;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads how tokens are to be chosen. The names are the same in all APIs. */
public final class Samplers {

    private static final String LACKS = "is not supported: this engine cannot do it yet. Leave it out.";

    private Samplers() {
    }

    /**
     * Reads the samplers that there are, and refuses those that there are not.
     *
     * @param defaults for what is absent
     */
    public static Sampling read(Fields fields, Sampling defaults) {
        Sampling sampling = defaults;
        OptionalDouble temperature = fields.number("temperature", 0, 100);
        if (temperature.isPresent()) {
            sampling = sampling.withTemperature(temperature.getAsDouble());
        }
        OptionalDouble topP = fields.number("top_p", 0, 1);
        if (topP.isPresent()) {
            sampling = sampling.withTopP(topP.getAsDouble());
        }
        OptionalDouble minP = fields.number("min_p", 0, 1);
        if (minP.isPresent()) {
            sampling = sampling.withMinP(minP.getAsDouble());
        }
        // -1 means all, as 0 does
        OptionalInt topK = fields.integer("top_k", -1, Integer.MAX_VALUE);
        if (topK.isPresent()) {
            sampling = sampling.withTopK(Math.max(0, topK.getAsInt()));
        }
        for (String name : new String[]{"repeat_penalty", "repetition_penalty"}) {
            OptionalDouble penalty = fields.number(name, 0.01, 100);
            if (penalty.isPresent()) {
                sampling = sampling.withRepetitionPenalty(penalty.getAsDouble());
            }
        }
        OptionalLong seed = fields.whole("seed");
        // Ollama and llama-server take -1 for a new one each time
        if (seed.isPresent() && seed.getAsLong() != -1) {
            sampling = sampling.withSeed(seed.getAsLong());
        }
        for (String name : new String[]{"frequency_penalty", "presence_penalty", "logit_bias", "mirostat",
                "xtc_probability", "dry_multiplier", "dynatemp_range", "min_tokens", "min_keep", "bad_words",
                "allowed_token_ids"}) {
            fields.refuseUnlessNeutral(name, LACKS);
        }
        neutral(fields, "typical_p", 1);
        neutral(fields, "tfs_z", 1);
        return sampling;
    }

    private static void neutral(Fields fields, String name, double neutral) {
        OptionalDouble value = fields.number(name, -Double.MAX_VALUE, Double.MAX_VALUE);
        if (value.isPresent() && value.getAsDouble() != neutral) {
            fields.refuse(name, LACKS);
        }
    }
}
