/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What the engine goes by: the first selector that can say something, and each third place for the words. A selector that looks at
 * meanings misses tools that say little of themselves, although the question names them. Safe for use from any thread.
 */
public final class MixedSelector implements ToolSelector {

    private static final System.Logger LOG = System.getLogger(MixedSelector.class.getName());
    /** Each so-many-th place is for the words. */
    private static final int WORDS = 3;

    private final Supplier<List<ToolSelector>> selectors;
    private final ToolSelector words = Bm25Selector.ofWords();
    private final ToolSelector letters = new Bm25Selector();
    private final Set<String> failed = ConcurrentHashMap.newKeySet();

    /**
     * A mixture.
     *
     * @param selectors asked at any time, one after the other until one can say
     */
    public MixedSelector(Supplier<List<ToolSelector>> selectors) {
        this.selectors = selectors;
    }

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
        List<ToolDefinition> first = List.of();
        for (ToolSelector selector : selectors.get()) {
            if (selector instanceof Bm25Selector) {
                break;
            }
            first = asked(selector, tools, messages);
            if (!first.isEmpty()) {
                break;
            }
        }
        if (first.isEmpty()) {
            return letters.rank(tools, messages);
        }
        Iterator<ToolDefinition> meant = first.iterator();
        Iterator<ToolDefinition> named = words.rank(tools, messages).iterator();
        Map<String, ToolDefinition> ranked = new LinkedHashMap<>();
        for (int place = 1; meant.hasNext() || named.hasNext(); place++) {
            take(place % WORDS == 0 || !meant.hasNext() ? named : meant, ranked);
        }
        return new ArrayList<>(ranked.values());
    }

    /** The next one that is not there yet. */
    private static void take(Iterator<ToolDefinition> from, Map<String, ToolDefinition> ranked) {
        while (from.hasNext()) {
            ToolDefinition tool = from.next();
            if (ranked.putIfAbsent(tool.name(), tool) == null) {
                return;
            }
        }
    }

    /** What a selector says, or nothing. A plugin that fails costs its choice, not the answer. */
    private List<ToolDefinition> asked(ToolSelector selector, List<ToolDefinition> tools, List<Message> messages) {
        try {
            return selector.rank(tools, messages);
        } catch (RuntimeException | LinkageError e) {
            // once for each conversation, since it would be told for each part of each answer
            if (failed.add(selector.getClass().getName())) {
                LOG.log(System.Logger.Level.WARNING, "The selector " + selector.getClass().getName()
                        + " of tools failed: the next one is asked instead.", e);
            }
            return List.of();
        }
    }
}
