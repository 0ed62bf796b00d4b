/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ToolDefinition;
import dev.millrace.engine.sample.Stages;
import dev.millrace.spi.text.SamplerStage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the calls of a conversation are held to the schemas of its tools. Where nobody asked for it, what cannot be held is free, and
 * nothing is refused.
 *
 * @param usual of tools that have no word of their own
 * @param byName true for tools that must be held, false for those whose arguments are free
 * @param log told what is not held, though it was to be if possible
 */
record HeldCalls(Holding usual, Map<String, Boolean> byName, Consumer<String> log) {

    HeldCalls {
        byName = Map.copyOf(byName);
    }

    private Holding of(ToolDefinition tool) {
        Boolean own = byName.get(tool.name());
        return own == null ? usual : own ? Holding.MUST : Holding.NOT;
    }

    /** Whether a tool must be held, or all that there are. */
    boolean isWanted(List<ToolDefinition> tools) {
        return usual == Holding.MUST || tools.stream().anyMatch(tool -> of(tool) == Holding.MUST);
    }

    /**
     * The stages of a conversation.
     *
     * @param factories make them
     * @param context of the conversation, with free calls
     * @return stages that hold calls as far as they must and can
     * @throws IllegalArgumentException if something that must be held cannot be
     */
    Stages stages(List<SamplerStage.Factory> factories, Stages.Context context) {
        boolean wanted = isWanted(context.tools());
        boolean strict = context.tools().stream().anyMatch(tool -> of(tool) != Holding.NOT)
                && (wanted || canHold(factories, context));
        if (!strict && usual == Holding.MAY && !context.tools().isEmpty()) {
            log.accept(
                    "Calls of tools are free: no plugin is here that can hold them in the form of this model's dialect.");
        }
        Set<String> open = new HashSet<>();
        for (ToolDefinition tool : context.tools()) {
            if (of(tool) == Holding.NOT && (strict || byName.containsKey(tool.name()))) {
                open.add(tool.name());
            }
        }
        try {
            return Stages.of(factories, context.withCalls(strict, open));
        } catch (IllegalArgumentException refusal) {
            Map<String, String> problems = problems(factories, context);
            open.addAll(problems.keySet());
            Stages stages = freer(factories, context, strict, wanted, open, refusal);
            problems.forEach(
                    (tool, problem) -> log.accept("The arguments of the tool " + tool + " are free: " + problem));
            return stages;
        }
    }

    private Stages freer(List<SamplerStage.Factory> factories, Stages.Context context, boolean strict, boolean wanted,
            Set<String> open, IllegalArgumentException refusal) {
        List<Stages.Context> ways = new ArrayList<>(List.of(context.withCalls(strict, open)));
        if (strict && !wanted) {
            ways.add(context.withCalls(false, open));
        }
        for (Stages.Context way : ways) {
            Optional<Stages> stages = attempt(factories, way, refusal);
            if (stages.isPresent()) {
                if (way.strictTools() != strict) {
                    log.accept("Calls of " + context.tools().size() + " tools are free: " + refusal.getMessage());
                }
                return stages.get();
            }
        }
        throw refusal;
    }

    private static Optional<Stages> attempt(List<SamplerStage.Factory> factories, Stages.Context context,
            IllegalArgumentException before) {
        try {
            return Optional.of(Stages.of(factories, context));
        } catch (IllegalArgumentException e) {
            before.addSuppressed(e);
            return Optional.empty();
        }
    }

    private static boolean canHold(List<SamplerStage.Factory> factories, Stages.Context context) {
        return factories.stream().anyMatch(SamplerStage.Factory::enforcesToolCalls)
                && context.answerForm().filter(form -> !form.calls().isEmpty()).isPresent();
    }

    /** Tools that cannot be held and need not be, and why. */
    private Map<String, String> problems(List<SamplerStage.Factory> factories, Stages.Context context) {
        Map<String, String> problems = new LinkedHashMap<>();
        for (ToolDefinition tool : context.tools()) {
            String problem = of(tool) == Holding.MUST ? null : problem(factories, context.withTool(tool));
            if (problem != null) {
                problems.put(tool.name(), problem);
            }
        }
        return problems;
    }

    private static @Nullable String problem(List<SamplerStage.Factory> factories, Stages.Context alone) {
        for (SamplerStage.Factory factory : factories) {
            try {
                if (factory.enforcesToolCalls()) {
                    factory.create(alone);
                }
            } catch (IllegalArgumentException e) {
                return String.valueOf(e.getMessage());
            }
        }
        return null;
    }
}
