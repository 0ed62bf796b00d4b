/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http.wish;

import dev.millrace.api.Model;
import dev.millrace.api.Penalties;
import dev.millrace.api.Sampling;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     * @param model has the defaults for what is absent, and the vocabulary that biases are for
     */
    public static Sampling read(Fields fields, Model model) {
        Sampling sampling = model.defaults();
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
        sampling = penalties(fields, sampling);
        sampling = variety(fields, sampling);
        sampling = biases(fields, sampling, model.info().vocabularySize());
        for (String name : new String[]{"mirostat", "min_tokens", "min_keep", "allowed_token_ids"}) {
            fields.refuseUnlessNeutral(name, LACKS);
        }
        neutral(fields, "tfs_z", 1);
        return sampling;
    }

    private static Sampling penalties(Fields fields, Sampling before) {
        Sampling sampling = before;
        OptionalDouble presence = fields.number("presence_penalty", -100, 100);
        if (presence.isPresent()) {
            sampling = sampling.withPresencePenalty(presence.getAsDouble());
        }
        OptionalDouble frequency = fields.number("frequency_penalty", -100, 100);
        if (frequency.isPresent()) {
            sampling = sampling.withFrequencyPenalty(frequency.getAsDouble());
        }
        // -1 means all, as 0 does
        OptionalInt window = fields.integer("repeat_last_n", -1, Integer.MAX_VALUE);
        if (window.isPresent()) {
            sampling = sampling.withPenaltyWindow(Math.max(0, window.getAsInt()));
        }
        OptionalDouble multiplier = fields.number("dry_multiplier", 0, 1000);
        OptionalDouble base = fields.number("dry_base", 1, 1000);
        OptionalInt allowed = fields.integer("dry_allowed_length", 1, Integer.MAX_VALUE);
        OptionalInt last = fields.integer("dry_penalty_last_n", -1, Integer.MAX_VALUE);
        List<String> breakers = sought(fields, "dry_sequence_breakers");
        if (multiplier.isPresent()) {
            Penalties.Dry usual = Penalties.Dry.of(multiplier.getAsDouble());
            sampling = sampling.withDry(new Penalties.Dry(usual.multiplier(), base.orElse(usual.base()),
                    allowed.orElse(usual.allowedLength()), Math.max(0, last.orElse(0)),
                    breakers.isEmpty() ? usual.breakers() : breakers));
        }
        List<String> banned = new ArrayList<>(sought(fields, "banned_strings"));
        banned.addAll(sought(fields, "bad_words"));
        return banned.isEmpty() ? sampling : sampling.withBannedTexts(banned);
    }

    /** Texts that are looked for in an answer. */
    private static List<String> sought(Fields fields, String name) {
        List<String> texts = fields.texts(name);
        if (!texts.stream().allMatch(text -> text.equals(dev.millrace.json.Json.wellFormed(text)))) {
            throw ApiError.wrong(fields.path(name),
                    fields.path(name) + " has half of a surrogate pair, which no answer can hold.");
        }
        return texts;
    }

    private static Sampling variety(Fields fields, Sampling before) {
        Sampling sampling = before;
        OptionalDouble range = fields.number("dynatemp_range", 0, 100);
        OptionalDouble exponent = fields.number("dynatemp_exponent", 0.01, 100);
        if (range.isPresent()) {
            sampling = sampling.withDynamicTemperature(range.getAsDouble(), exponent.orElse(1));
        }
        OptionalDouble typical = fields.number("typical_p", 0, 1);
        if (typical.isPresent()) {
            sampling = sampling.withTypicalP(typical.getAsDouble());
        }
        OptionalDouble exclusion = fields.number("xtc_probability", 0, 1);
        OptionalDouble threshold = fields.number("xtc_threshold", 0, 1);
        return exclusion.isPresent()
                ? sampling.withXtc(exclusion.getAsDouble(), threshold.orElse(sampling.variety().xtcThreshold()))
                : sampling;
    }

    /**
     * Reads biases by token id.
     *
     * @param size ids in the model's vocabulary; 0 if it is not known
     */
    private static Sampling biases(Fields fields, Sampling sampling, int size) {
        Optional<Fields> biases = fields.object("logit_bias");
        if (biases.isEmpty()) {
            return sampling;
        }
        Map<Integer, Double> byToken = new HashMap<>();
        for (String name : biases.get().names()) {
            int id;
            try {
                id = Integer.parseInt(name);
            } catch (NumberFormatException e) {
                throw ApiError.wrong(biases.get().path(name),
                        biases.get().path(name) + " must be named by a token id.");
            }
            if (id < 0 || (size > 0 && id >= size)) {
                throw ApiError.wrong(biases.get().path(name),
                        biases.get().path(name) + " must be between 0 and " + (size == 0 ? Integer.MAX_VALUE : size - 1)
                                + " in this model.");
            }
            double bias = biases.get().number(name, -100, 100).orElse(0);
            // as OpenAI has it: the end of the scale is a ban
            byToken.put(id, bias <= -100 ? Double.NEGATIVE_INFINITY : bias);
        }
        return sampling.withLogitBias(byToken);
    }

    private static void neutral(Fields fields, String name, double neutral) {
        OptionalDouble value = fields.number(name, -Double.MAX_VALUE, Double.MAX_VALUE);
        if (value.isPresent() && value.getAsDouble() != neutral) {
            fields.refuse(name, LACKS);
        }
    }
}
