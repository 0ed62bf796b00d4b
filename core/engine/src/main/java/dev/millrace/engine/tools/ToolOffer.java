/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.ToolSelector;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * The tools of a conversation, and which of them the model is told of before each part of an answer. That follows from the messages
 * alone, so a conversation that is forked, rewound or restored is offered the same. Safe for use from any thread.
 */
public final class ToolOffer {

    /** Questions back from the last one, within which a tool was used lately. */
    private static final int LATELY = 3;

    private final Map<String, ToolDefinition> all;
    private final Set<String> choosable;
    private final Set<String> always;
    private final ToolSelection selection;
    private final ToolSelector selector;
    private final ToIntFunction<ToolDefinition> tokens;
    private final Map<String, Integer> counted = new ConcurrentHashMap<>();

    /**
     * An offer.
     *
     * @param all tools by name, in the order in which the model is told of them
     * @param choosable names of those that may be left out; the others are always told
     * @param named a tool that the model has to call, or empty
     * @param selection how many are told
     * @param selectors asked at any time, one after the other until one can say
     * @param tokens counts those of a definition
     */
    public ToolOffer(Map<String, ToolDefinition> all, Set<String> choosable, String named, ToolSelection selection,
            Supplier<List<ToolSelector>> selectors, ToIntFunction<ToolDefinition> tokens) {
        this.all = Collections.unmodifiableMap(new LinkedHashMap<>(all));
        this.choosable = Set.copyOf(choosable);
        Set<String> told = new LinkedHashSet<>(selection.always());
        told.add(named);
        this.always = Set.copyOf(told);
        this.selection = selection;
        this.selector = new MixedSelector(selectors);
        this.tokens = tokens;
    }

    /**
     * What the model is told of.
     *
     * @param messages of the conversation so far
     * @return definitions, in the order of all
     */
    public List<ToolDefinition> of(List<Message> messages) {
        if (choosable.size() <= selection.threshold()) {
            return List.copyOf(all.values());
        }
        Room room = new Room();
        always.forEach(room::put);
        calledSince(question(messages, 1), messages).forEach(room::put);
        // what was used lately comes before what fits best, but may not fill the room
        int lately = 0;
        for (String name : calledSince(question(messages, LATELY + 1), messages)) {
            if (lately < selection.most() / 3 && room.offer(name)) {
                lately++;
            }
        }
        for (ToolDefinition tool : ranked(messages)) {
            room.offer(tool.name());
        }
        return all.values().stream()
                .filter(tool -> !choosable.contains(tool.name()) || room.chosen.contains(tool.name())).toList();
    }

    /** What is chosen, within the budget. */
    private final class Room {

        private final Set<String> chosen = new LinkedHashSet<>();
        private int taken;

        /** Takes a tool in any case. */
        void put(String name) {
            ToolDefinition tool = all.get(name);
            if (tool != null && choosable.contains(name) && chosen.add(name)) {
                taken += cost(tool);
            }
        }

        /** Takes a tool if it fits; false if it is there already, too. */
        boolean offer(String name) {
            ToolDefinition tool = all.get(name);
            boolean fits = tool != null && choosable.contains(name) && !chosen.contains(name)
                    && chosen.size() < selection.most() && taken + cost(tool) <= selection.tokens();
            if (fits) {
                put(name);
            }
            return fits;
        }
    }

    private int cost(ToolDefinition tool) {
        return counted.computeIfAbsent(tool.name(), name -> tokens.applyAsInt(tool));
    }

    /** The place of the n-th last message of the user, or 0. */
    private static int question(List<Message> messages, int fromLast) {
        int seen = 0;
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).role() == Message.Role.USER && ++seen == fromLast) {
                return i;
            }
        }
        return 0;
    }

    /** Tools that the model asked for, the latest first; for a name that no tool has, those that it may have meant. */
    private List<String> calledSince(int from, List<Message> messages) {
        Set<String> names = new LinkedHashSet<>();
        for (Message message : messages.subList(from, messages.size()).reversed()) {
            for (ToolCall call : message.toolCalls().reversed()) {
                if (all.containsKey(call.name())) {
                    names.add(call.name());
                } else {
                    names.addAll(NearestNames.of(call.name(), all.keySet()));
                }
            }
        }
        return List.copyOf(names);
    }

    private List<ToolDefinition> ranked(List<Message> messages) {
        return selector.rank(all.values().stream().filter(tool -> choosable.contains(tool.name())).toList(), messages);
    }
}
