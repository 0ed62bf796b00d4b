/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import dev.millrace.api.FinishReason;
import dev.millrace.api.Metric;
import dev.millrace.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What is counted of one model, or of several that have one name. Lives as long as the runtime, so that counters never fall when a
 * model is closed and opened again. Safe for use from any thread.
 */
public final class ModelMeters {

    private final List<Meter> all = new ArrayList<>();
    private final Tally promptTokens = tally("prompt_tokens", "Tokens that stood before the model when it answered.");
    private final Tally cachedTokens = tally("cached_tokens", "Tokens of prompts that had been read before.");
    private final Tally completionTokens = tally("completion_tokens", "Tokens that were generated.");
    private final Tally draftTokens = tally("draft_tokens", "Tokens that were guessed and read.");
    private final Tally acceptedTokens = tally("draft_accepted_tokens", "Guessed tokens that turned out right.");
    private final Tally prefillTokens = tally("prefill_tokens", "Tokens of prompts that were read.");
    private final Tally answers = tally("answers",
            "Answers that ended, by reason; failed for those that ended by an error.",
            "reason");
    private final Tally toolCalls = tally("tool_calls", "Calls of tools, by what came of them.", "result");
    private final Tally moves = tally("swaps", "Moves to another backend or device, by what came of them.", "result");
    private final Tally failures = tally("backend_failures", "Forwards that failed or hung.");
    private final Tally hits = tally("prefix_hits", "Prompts of which a beginning had been read before.");
    private final Tally misses = tally("prefix_misses", "Prompts of which nothing had been read before.");
    private final Tally evictions = tally("prefix_evictions", "Kept beginnings that made room for others.");
    private final Tally waits = tally("waits_for_room", "Times that an answer had to wait for memory or pages.");
    private final Distribution firstToken = keep(Distribution.ofSeconds("first_token_seconds",
            "From the question to the first token of its answer."));
    private final Distribution betweenTokens = keep(Distribution.ofSeconds("between_tokens_seconds",
            "Between two tokens of an answer."));
    private final Distribution stepTime = keep(Distribution.ofSeconds("step_seconds", "One forward."));
    private final Distribution batch = keep(Distribution.ofNumbers("batch_sequences",
            "Sequences that were read together in one forward."));
    private final Distribution batchTokens = keep(Distribution.ofNumbers("batch_tokens",
            "Tokens that were read together in one forward."));
    private final Distribution loadTime = keep(Distribution.ofSeconds("load_seconds", "Loading the weights."));
    private final Distribution moveTime = keep(Distribution.ofSeconds("swap_seconds",
            "From the wish for another backend until answers go on there."));
    private final Distribution toolTime = keep(Distribution.ofSeconds("tool_seconds", "One call of a tool."));

    private Tally tally(String name, String description) {
        return tally(name, description, "");
    }

    private Tally tally(String name, String description, String label) {
        return keep(new Tally(name, description, label));
    }

    private <M extends Meter> M keep(M meter) {
        all.add(meter);
        return meter;
    }

    /** An answer has come to its end. */
    public void answered(FinishReason reason, Usage usage) {
        answers.add(reason.name().toLowerCase(Locale.ROOT), 1);
        promptTokens.add(usage.promptTokens());
        cachedTokens.add(usage.cachedTokens());
    }

    /** An answer has ended by an error. */
    public void answerFailed() {
        answers.add("failed", 1);
    }

    /** The first token of an answer was chosen. */
    public void firstToken(long nanos) {
        completionTokens.add(1);
        firstToken.addNanos(nanos);
    }

    /** A further token was chosen, so long after the one before. */
    public void token(long nanos) {
        completionTokens.add(1);
        betweenTokens.addNanos(nanos);
    }

    /** The first token of a further round was chosen: before it a tool ran, and its result was read. */
    public void tokenAfterTools() {
        completionTokens.add(1);
    }

    /** A round of an answer is over, in which tokens were guessed. */
    public void drafted(int tokens, int accepted) {
        draftTokens.add(tokens);
        acceptedTokens.add(accepted);
    }

    /** A forward is done. */
    public void step(int sequences, int tokens, int ofPrompts, long nanos) {
        batch.add(sequences);
        batchTokens.add(tokens);
        prefillTokens.add(ofPrompts);
        stepTime.addNanos(nanos);
    }

    /** A forward failed, or was left alone. */
    public void stepFailed() {
        failures.add(1);
    }

    /** A request waits for room. */
    public void waitsForRoom() {
        waits.add(1);
    }

    /** A prompt was looked up among those that had been read. */
    public void lookedUp(boolean found) {
        (found ? hits : misses).add(1);
    }

    /** A kept beginning made room for others. */
    public void evicted() {
        evictions.add(1);
    }

    /** Weights were loaded. */
    public void loaded(long nanos) {
        loadTime.addNanos(nanos);
    }

    /** The model has moved, or has tried to. */
    public void moved(boolean done, long nanos) {
        moves.add(done ? "done" : "failed", 1);
        if (done) {
            moveTime.addNanos(nanos);
        }
    }

    /** A tool was called. */
    public void toolCalled(boolean failed, long nanos) {
        toolCalls.add(failed ? "error" : "done", 1);
        toolTime.addNanos(nanos);
    }

    /**
     * Tells all that was counted.
     *
     * @param model its name
     * @param to takes it
     */
    public void tell(String model, Consumer<Metric> to) {
        all.forEach(meter -> meter.tell(Map.of("model", model), to));
    }
}
