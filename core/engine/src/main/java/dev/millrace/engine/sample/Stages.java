/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.spi.text.WatchingStage;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The stages that take part in a conversation, in their order, for its whole life. */
public final class Stages {

    /** A stage with its place. */
    private record Placed(int order, SamplerStage stage) {
    }

    private static final int[] NOTHING = {};

    private final List<Placed> stages;
    private final List<SamplerStage> bounds;

    private Stages(List<Placed> stages) {
        this.stages = List.copyOf(stages);
        this.bounds = stages.stream().map(Placed::stage).filter(SamplerStage::bounds).toList();
    }

    /**
     * No stages.
     *
     * @return none
     */
    public static Stages none() {
        return new Stages(List.of());
    }

    /**
     * The engine's own stages and those of plugins.
     *
     * @param plugins make stages
     * @param context of the conversation
     * @return those that take part
     */
    public static Stages of(List<SamplerStage.Factory> plugins, StageContext context) {
        List<SamplerStage.Factory> all = new ArrayList<>(List.of(OwnStages.values()));
        all.addAll(plugins);
        List<Placed> placed = new ArrayList<>();
        for (SamplerStage.Factory factory : all) {
            factory.create(context).ifPresent(stage -> placed.add(new Placed(factory.order(), stage)));
        }
        placed.sort(Comparator.comparingInt(Placed::order));
        return new Stages(placed);
    }

    /**
     * The same stages and one more.
     *
     * @param stage which works at order 0
     * @return all of them
     */
    public Stages and(SparseStage stage) {
        List<Placed> all = new ArrayList<>(stages);
        all.add(new Placed(0, stage));
        return new Stages(all);
    }

    /** Those that see the whole row, of an order from the first number on and below the second; the last range has no end. */
    List<SamplerStage> between(int from, int end) {
        return stages.stream().filter(placed -> !(placed.stage() instanceof SparseStage) && !placed.stage().bounds())
                .filter(placed -> placed.order() >= from && (placed.order() < end || end == Integer.MAX_VALUE))
                .map(Placed::stage).toList();
    }

    /** Those that say what they change. */
    List<SparseStage> sparse() {
        return stages.stream().map(Placed::stage).filter(SparseStage.class::isInstance).map(SparseStage.class::cast)
                .toList();
    }

    /** Those that do nothing but forbid tokens. */
    List<SamplerStage> bounds() {
        return bounds;
    }

    /**
     * Tokens that come next whatever the model would choose.
     *
     * @param history tokens so far
     * @return ids in order; empty if the model chooses
     */
    public int[] forced(TokenHistory history) {
        // what one of several leaves as the only way, another may close
        return bounds.size() == 1 ? bounds.getFirst().forced(history) : NOTHING;
    }

    /**
     * Copies for a fork of the conversation.
     *
     * @return forks of all
     */
    public Stages fork() {
        return new Stages(stages.stream().map(placed -> new Placed(placed.order(), placed.stage().fork())).toList());
    }

    /**
     * Tells all that a round of an answer begins.
     *
     * @param prompt its history
     * @param round 0 for the first, larger once tools have answered
     */
    public void begin(TokenHistory prompt, int round) {
        for (Placed placed : stages) {
            placed.stage().begin(prompt, round);
        }
    }

    /**
     * Tells all of a token that was chosen.
     *
     * @param token its id
     * @return the strictest verdict of those that watch
     */
    public WatchingStage.Verdict accept(int token) {
        WatchingStage.Verdict strictest = WatchingStage.Verdict.GO_ON;
        for (Placed placed : stages) {
            placed.stage().accept(token);
            if (placed.stage() instanceof WatchingStage watching && watching.verdict().compareTo(strictest) > 0) {
                strictest = watching.verdict();
            }
        }
        return strictest;
    }

    /**
     * What stages may know.
     *
     * @param tokenizer of the model
     * @param endTokens that end an answer
     * @param tools that the model is told of
     * @param format of the answer
     * @param sampling of the conversation
     * @param loops limits of the conversation
     * @param answerForm how the model's family writes an answer
     * @param toolChoice whether the model has to call tools
     * @param strictTools whether calls are held to the schemas
     * @param openTools tools whose arguments are free all the same
     */
    public record Context(PromptTokenizer tokenizer, Set<Integer> endTokens, List<ToolDefinition> tools,
            AnswerFormat format, Sampling sampling, LoopLimits loops, Optional<AnswerForm> answerForm,
            ToolChoice toolChoice, boolean strictTools, Set<String> openTools) implements StageContext {

        /** A context of free answers. */
        public Context(PromptTokenizer tokenizer, Set<Integer> endTokens, List<ToolDefinition> tools,
                AnswerFormat format, Sampling sampling, LoopLimits loops) {
            this(tokenizer, endTokens, tools, format, sampling, loops, Optional.empty(), ToolChoice.AUTO, false,
                    Set.of());
        }

        /** The same with other wishes for calls. */
        public Context withCalls(boolean strict, Set<String> open) {
            return new Context(tokenizer, endTokens, tools, format, sampling, loops, answerForm, toolChoice, strict,
                    Set.copyOf(open));
        }

        /** The same for free text and calls of one tool by its schema. */
        public Context withTool(ToolDefinition tool) {
            return new Context(tokenizer, endTokens, List.of(tool), AnswerFormat.TEXT, sampling, loops, answerForm,
                    ToolChoice.AUTO, true, Set.of());
        }

        @Override
        public byte[] bytes(int token) {
            return tokenizer.isControl(token) ? new byte[0] : tokenizer.bytes(token);
        }
    }
}
