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

    /**
     * Reads what clients of OpenAI send: the effort, budgets by their various names, the switch of a template, and the objects
     * {@code thinking} and {@code reasoning} by which others say the same.
     */
    public static Reasoning read(Fields fields) {
        Reasoning reasoning = word(fields, "reasoning_effort").map(Thinking::effort).orElse(Reasoning.DEFAULT);
        for (String name : new String[]{"thinking_token_budget", "thinking_budget", "reasoning_budget",
                "thinking_budget_tokens"}) {
            reasoning = budget(fields, name, reasoning);
        }
        if (fields.has("enable_thinking")) {
            reasoning = reasoning.withMode(mode(fields.flag("enable_thinking")));
        }
        Optional<Fields> thinking = fields.object("thinking");
        if (thinking.isPresent()) {
            Optional<String> type = thinking.get().word("type", "enabled", "disabled", "adaptive", "auto");
            if (type.isPresent()) {
                reasoning = switch (type.get()) {
                    case "enabled" -> reasoning.withMode(Reasoning.Mode.ON);
                    case "disabled" -> reasoning.withMode(Reasoning.Mode.OFF);
                    default -> reasoning;
                };
            }
            reasoning = budget(thinking.get(), "budget_tokens", reasoning);
        }
        Optional<Fields> wish = fields.object("reasoning");
        if (wish.isPresent()) {
            reasoning = wish(wish.get(), reasoning);
        }
        if (!fields.flag("include_reasoning", true)) {
            reasoning = reasoning.withHidden(true);
        }
        return template(fields, reasoning);
    }

    /** As OpenRouter writes it. */
    private static Reasoning wish(Fields wish, Reasoning before) {
        Reasoning reasoning = word(wish, "effort").map(Thinking::effort).orElse(before);
        reasoning = budget(wish, "max_tokens", reasoning);
        if (wish.has("enabled")) {
            reasoning = reasoning.withMode(mode(wish.flag("enabled")));
        }
        return wish.flag("exclude") ? reasoning.withHidden(true) : reasoning;
    }

    private static Reasoning template(Fields fields, Reasoning before) {
        Reasoning reasoning = before;
        Optional<Fields> template = fields.object("chat_template_kwargs");
        if (template.isPresent()) {
            Fields variables = template.get();
            for (String name : new String[]{"enable_thinking", "thinking"}) {
                if (variables.has(name)) {
                    reasoning = reasoning.withMode(mode(variables.flag(name)));
                }
            }
            Optional<String> effort = word(variables, "reasoning_effort");
            if (effort.isPresent()) {
                reasoning = reasoning.withEffort(effort.get());
            }
        }
        return reasoning;
    }

    /** -1 means no bound. */
    private static Reasoning budget(Fields fields, String name, Reasoning reasoning) {
        OptionalInt budget = fields.integer(name, -1, Integer.MAX_VALUE);
        if (budget.isEmpty()) {
            return reasoning;
        }
        return budget.getAsInt() < 0
                ? new Reasoning(reasoning.mode(), OptionalInt.empty(), reasoning.effort(), reasoning.hidden())
                : reasoning.withBudget(budget.getAsInt());
    }

    private static Reasoning.Mode mode(boolean on) {
        return on ? Reasoning.Mode.ON : Reasoning.Mode.OFF;
    }

    private static Optional<String> word(Fields fields, String name) {
        return fields.word(name, "none", "minimal", "low", "medium", "high", "xhigh", "max");
    }
}
