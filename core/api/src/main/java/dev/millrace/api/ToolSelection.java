/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Set;

/**
 * How many of its tools a model is told of. Small models choose badly among many tools, and each tool makes the prompt longer. With
 * more tools than the threshold, the model is told only of those that the present question is likely to need; the others stay callable.
 * Tools that the caller runs by itself are always told and not counted. Immutable.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param threshold the model is told of all tools if there are no more than this; 0 or more
 * @param most how many it is told of else; 1 or more
 * @param tokens how many tokens their definitions may have together, about; 1 or more
 * @param always names of tools that it is always told of, whatever the budget
 */
public record ToolSelection(int threshold, int most, int tokens, Set<String> always) {

    /** With more than 32 tools, those 15 that fit best, of at most 4096 tokens. */
    public static final ToolSelection DEFAULT = new ToolSelection(32, 15, 4096, Set.of());

    /** All tools, always. For models that choose well among many. */
    public static final ToolSelection OFF = new ToolSelection(Integer.MAX_VALUE, 15, 4096, Set.of());

    /**
     * Checks the numbers and copies the set.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public ToolSelection {
        if (threshold < 0 || most < 1 || tokens < 1) {
            throw new IllegalArgumentException(
                    "A selection of tools has a threshold of 0 or more, and room for 1 tool and"
                            + " 1 token or more: " + threshold + ", " + most + ", " + tokens + ".");
        }
        always = Set.copyOf(always);
    }

    /**
     * The same with another threshold.
     *
     * @param tools up to which all are told; 0 or more
     * @return a copy
     */
    public ToolSelection withThreshold(int tools) {
        return new ToolSelection(tools, most, tokens, always);
    }

    /**
     * The same with another number of tools.
     *
     * @param tools 1 or more
     * @return a copy
     */
    public ToolSelection withMost(int tools) {
        return new ToolSelection(threshold, tools, tokens, always);
    }

    /**
     * The same with another number of tokens.
     *
     * @param budget 1 or more
     * @return a copy
     */
    public ToolSelection withTokens(int budget) {
        return new ToolSelection(threshold, most, budget, always);
    }

    /**
     * The same with other tools that are always told.
     *
     * @param names of tools
     * @return a copy
     */
    public ToolSelection withAlways(Set<String> names) {
        return new ToolSelection(threshold, most, tokens, names);
    }
}
