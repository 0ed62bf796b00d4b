/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Penalties;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how tokens are chosen. Mixed into commands. */
final class SamplingChoice {

    private static final double XTC_THRESHOLD = 0.1;

    @Option(names = "--greedy", description = "Always take the likeliest token.")
    boolean greedy;

    @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the likeliest token; what the model recommends if not given.")
    @Nullable
    Double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest tokens; 0 or -1 for all.")
    @Nullable
    Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Choose among the likeliest tokens that together reach this probability.")
    @Nullable
    Double topP;

    @Option(names = "--min-p", paramLabel = "P", description = "Choose among tokens at least this likely relative to the likeliest.")
    @Nullable
    Double minP;

    @Option(names = "--typical-p", paramLabel = "P", description = "Choose among the tokens of the most typical surprise that together reach this probability.")
    @Nullable
    Double typicalP;

    @Option(names = "--xtc", paramLabel = "P", description = "Leave out all but the least of the likeliest tokens, this often.")
    @Nullable
    Double xtc;

    @Option(names = "--dry", paramLabel = "M", description = "Make what would repeat a sequence less likely; 0.8 is usual.")
    @Nullable
    Double dry;

    @Option(names = "--repetition-penalty", paramLabel = "R", description = "Make tokens that occurred less likely; 1 changes nothing.")
    @Nullable
    Double repetitionPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", description = "Taken from the logits of tokens in the answer.")
    @Nullable
    Double presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", description = "Taken from them for each time that they occur.")
    @Nullable
    Double frequencyPenalty;

    @Option(names = "--penalty-window", paramLabel = "N", description = "How many of the last tokens these penalties look at; 0 for all.")
    @Nullable
    Integer penaltyWindow;

    @Option(names = "--logit-bias", paramLabel = "ID=X", description = "Added to the logit of a token; may be given several times.")
    Map<Integer, Double> logitBias = Map.of();

    @Option(names = "--ban", paramLabel = "TEXT", description = "A text that the answer never spells; may be given several times.")
    List<String> ban = List.of();

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same answer.")
    @Nullable
    Long seed;

    @Option(names = "--no-thinking", description = "Have the model answer without thinking.")
    boolean noThinking;

    @Option(names = "--thinking-budget", paramLabel = "N", description = "Close the thinking after so many tokens.")
    @Nullable
    Integer thinkingBudget;

    /**
     * What the model recommends, with what was asked for.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    Sampling apply(Sampling defaults) {
        Sampling sampling = greedy ? Sampling.greedy() : defaults;
        sampling = temperature == null ? sampling : sampling.withTemperature(temperature);
        // -1 means all, as in other programs and in files of models
        sampling = topK == null ? sampling : sampling.withTopK(topK == -1 ? 0 : topK);
        sampling = topP == null ? sampling : sampling.withTopP(topP);
        sampling = minP == null ? sampling : sampling.withMinP(minP);
        sampling = typicalP == null ? sampling : sampling.withTypicalP(typicalP);
        sampling = xtc == null ? sampling : sampling.withXtc(xtc, XTC_THRESHOLD);
        sampling = dry == null ? sampling : sampling.withDry(Penalties.Dry.of(dry));
        sampling = repetitionPenalty == null ? sampling : sampling.withRepetitionPenalty(repetitionPenalty);
        sampling = presencePenalty == null ? sampling : sampling.withPresencePenalty(presencePenalty);
        sampling = frequencyPenalty == null ? sampling : sampling.withFrequencyPenalty(frequencyPenalty);
        sampling = penaltyWindow == null ? sampling : sampling.withPenaltyWindow(penaltyWindow);
        sampling = logitBias.isEmpty() ? sampling : sampling.withLogitBias(logitBias);
        sampling = ban.isEmpty() ? sampling : sampling.withBannedTexts(ban);
        return seed == null ? sampling : sampling.withSeed(seed);
    }

    /**
     * How much the model may think.
     *
     * @throws IllegalArgumentException if the budget is negative
     */
    Reasoning reasoning() {
        Reasoning reasoning = noThinking ? Reasoning.off() : Reasoning.DEFAULT;
        return thinkingBudget == null ? reasoning : reasoning.withBudget(thinkingBudget);
    }
}
