/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http.wish;

import dev.millrace.api.Reasoning;
import dev.millrace.plugin.http.json.Fields;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads how much a model may think. */
public final class Thinking {

    private static final int MINIMAL = 128;
    private static final int LOW = 1024;
    private static final int MEDIUM = 8192;

    private Thinking() {
    }

    /**
     * What an effort means: a word for templates that know it, and a budget for those that do not.
     *
     * @param effort a word of OpenAI
     */
    public static Reasoning effort(String effort) {
        Reasoning reasoning = Reasoning.DEFAULT.withEffort(effort);
        return switch (effort) {
            case "none" -> Reasoning.off();
            case "minimal" -> reasoning.withBudget(MINIMAL);
            case "low" -> reasoning.withBudget(LOW);
            case "medium" -> reasoning.withBudget(MEDIUM);
            default -> reasoning;
        };
    }

    /** Reads what clients of OpenAI send: the effort, budgets by their various names, and the switch of a template. */
    public static Reasoning read(Fields fields) {
        Reasoning reasoning = word(fields, "reasoning_effort").map(Thinking::effort).orElse(Reasoning.DEFAULT);
        for (String name : new String[]{"thinking_token_budget", "thinking_budget", "reasoning_budget",
                "thinking_budget_tokens"}) {
            // -1 means no bound
            OptionalInt budget = fields.integer(name, -1, Integer.MAX_VALUE);
            if (budget.isPresent()) {
                reasoning = budget.getAsInt() < 0
                        ? new Reasoning(reasoning.mode(), OptionalInt.empty(), reasoning.effort(), reasoning.hidden())
                        : reasoning.withBudget(budget.getAsInt());
            }
        }
        Optional<Fields> template = fields.object("chat_template_kwargs");
        if (template.isPresent()) {
            Fields variables = template.get();
            for (String name : new String[]{"enable_thinking", "thinking"}) {
                if (variables.has(name)) {
                    reasoning = reasoning
                            .withMode(variables.flag(name) ? Reasoning.Mode.ON : Reasoning.Mode.OFF);
                }
            }
            Optional<String> effort = word(variables, "reasoning_effort");
            if (effort.isPresent()) {
                reasoning = reasoning.withEffort(effort.get());
            }
        }
        return reasoning;
    }

    private static Optional<String> word(Fields fields, String name) {
        return fields.word(name, "none", "minimal", "low", "medium", "high", "xhigh", "max");
    }
}
