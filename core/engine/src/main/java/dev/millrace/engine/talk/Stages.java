/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The stages of plugins that take part in a conversation, in their order, for its whole life. */
final class Stages {

    /** A stage with its place. */
    record Placed(int order, SamplerStage stage) {
    }

    private final List<Placed> stages;

    private Stages(List<Placed> stages) {
        this.stages = List.copyOf(stages);
    }

    /** No stages. */
    static Stages none() {
        return new Stages(List.of());
    }

    /** Asks all factories. */
    static Stages of(List<SamplerStage.Factory> factories, StageContext context) {
        List<Placed> placed = new ArrayList<>();
        for (SamplerStage.Factory factory : factories) {
            factory.create(context).ifPresent(stage -> placed.add(new Placed(factory.order(), stage)));
        }
        placed.sort(Comparator.comparingInt(Placed::order));
        return new Stages(placed);
    }

    /**
     * Those that change logits, of an order from the first number on and below the second, in their order; the last range has no
     * end.
     */
    List<SamplerStage> between(int from, int end) {
        return stages.stream()
                .filter(placed -> placed.order() >= from && (placed.order() < end || end == Integer.MAX_VALUE))
                .map(Placed::stage).filter(stage -> !stage.bounds()).toList();
    }

    /** Copies for a fork of the conversation. */
    Stages fork() {
        return new Stages(stages.stream().map(placed -> new Placed(placed.order(), placed.stage().fork())).toList());
    }

    /** Those that do nothing but forbid tokens. */
    List<SamplerStage> bounds() {
        return stages.stream().map(Placed::stage).filter(SamplerStage::bounds).toList();
    }

    void begin(TokenHistory prompt, int step) {
        stages.forEach(placed -> placed.stage().begin(prompt, step));
    }

    void accept(int token) {
        for (Placed placed : stages) {
            placed.stage().accept(token);
        }
    }

    /** What stages may know. */
    record Context(PromptTokenizer tokenizer, Set<Integer> endTokens, List<ToolDefinition> tools, AnswerFormat format,
            Sampling sampling, Optional<AnswerForm> answerForm, ToolChoice toolChoice, boolean strictTools)
            implements
                StageContext {

        Context(PromptTokenizer tokenizer, Set<Integer> endTokens, List<ToolDefinition> tools, AnswerFormat format,
                Sampling sampling) {
            this(tokenizer, endTokens, tools, format, sampling, Optional.empty(), ToolChoice.AUTO, false);
        }

        @Override
        public byte[] bytes(int token) {
            return tokenizer.isControl(token) ? new byte[0] : tokenizer.bytes(token);
        }
    }
}
