/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Orders tools by the words that they share with the last question, by BM25 (Robertson and Zaragoza, The Probabilistic Relevance
 * Framework: BM25 and Beyond, 2009). Looks at names, descriptions and parameters. Needs nothing but the words. Compared are runs of
 * letters, by which related words find each other; beside a selector that knows meanings, whole words add more. Safe for use
 * from any thread.
 */
public final class Bm25Selector implements ToolSelector {

    /** How soon a repeated word stops to count. */
    private static final double SATURATION = 1.2;
    /** How much a long description counts against a tool. */
    private static final double LENGTH = 0.75;
    /** A word of the name says as much as several of the description. */
    private static final int NAME = 3;
    /** What the question before says of one such as "and in the cellar?". */
    private static final double EARLIER = 0.25;
    /** Characters of a message that are looked at: a pasted file must not take the time of an answer. */
    private static final int LOOKED_AT = 8192;
    /** Levels of a schema that are looked at. */
    private static final int DEPTH = 8;

    /**
     * What is known of some tools; the next question is mostly about the same.
     *
     * @param documents how often each word stands in what a tool says
     * @param spread in how many tools each word stands
     * @param average length of a document
     */
    private record Index(List<ToolDefinition> tools, List<Map<String, Integer>> documents, Map<String, Integer> spread,
            double average) {
    }

    private final Function<String, List<String>> cut;
    private volatile Index index = new Index(List.of(), List.of(), Map.of(), 1);

    /** Compares runs of letters. Asked last: whoever brings another selector means it. */
    public Bm25Selector() {
        this(Words::runs);
    }

    private Bm25Selector(Function<String, List<String>> cut) {
        this.cut = cut;
    }

    /** Compares whole words. */
    static Bm25Selector ofWords() {
        return new Bm25Selector(Words::of);
    }

    @Override
    public String name() {
        return "bm25";
    }

    @Override
    public int order() {
        return Integer.MAX_VALUE;
    }

    private record Scored(ToolDefinition tool, double score) {
    }

    @Override
    public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
        Index known = index;
        if (!known.tools.equals(tools)) {
            known = indexed(tools);
            index = known;
        }
        Map<String, Double> question = question(messages);
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < known.documents.size(); i++) {
            Map<String, Integer> document = known.documents.get(i);
            double slope = SATURATION * (1 - LENGTH + LENGTH * length(document) / known.average);
            double score = 0;
            for (Map.Entry<String, Double> asked : question.entrySet()) {
                int count = document.getOrDefault(asked.getKey(), 0);
                if (count > 0) {
                    int having = known.spread.getOrDefault(asked.getKey(), 0);
                    double rarity = Math.log(1 + (tools.size() - having + 0.5) / (having + 0.5));
                    score += asked.getValue() * rarity * count * (SATURATION + 1) / (count + slope);
                }
            }
            scored.add(new Scored(tools.get(i), score));
        }
        // stable: equals keep their order
        scored.sort(Comparator.comparingDouble(Scored::score).reversed());
        return scored.stream().map(Scored::tool).toList();
    }

    private Index indexed(List<ToolDefinition> tools) {
        List<Map<String, Integer>> documents = tools.stream().map(this::document).toList();
        Map<String, Integer> spread = new HashMap<>();
        long words = 0;
        for (Map<String, Integer> document : documents) {
            document.keySet().forEach(word -> spread.merge(word, 1, Integer::sum));
            words += length(document);
        }
        return new Index(List.copyOf(tools), documents, spread,
                Math.max(1, (double) words / Math.max(1, tools.size())));
    }

    private static int length(Map<String, Integer> document) {
        return document.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The words of the last question with their weights, and those of the one before. */
    private Map<String, Double> question(List<Message> messages) {
        Map<String, Double> words = new HashMap<>();
        double weight = 1;
        for (int i = messages.size() - 1; i >= 0 && weight >= EARLIER; i--) {
            Message message = messages.get(i);
            if (message.role() == Message.Role.USER) {
                for (String word : cut.apply(head(message.content()))) {
                    words.merge(word, weight, Math::max);
                }
                weight *= EARLIER;
            }
        }
        return words;
    }

    private static String head(String text) {
        return text.length() <= LOOKED_AT ? text : text.substring(0, LOOKED_AT);
    }

    /** How often each word stands in what a tool says of itself. */
    private Map<String, Integer> document(ToolDefinition tool) {
        Map<String, Integer> counts = new HashMap<>();
        cut.apply(tool.name()).forEach(word -> counts.merge(word, NAME, Integer::sum));
        add(counts, tool.description());
        addSchema(counts, tool.parameters(), DEPTH);
        return counts;
    }

    private void add(Map<String, Integer> counts, String text) {
        cut.apply(head(text)).forEach(word -> counts.merge(word, 1, Integer::sum));
    }

    /** Names of properties, descriptions and the values of enums, at every level. */
    private void addSchema(Map<String, Integer> counts, @Nullable Object schema, int depth) {
        if (depth == 0) {
            return;
        }
        if (schema instanceof List<?> list) {
            list.forEach(each -> addSchema(counts, each, depth - 1));
        } else if (schema instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if ("properties".equals(key) && value instanceof Map<?, ?> properties) {
                    properties.forEach((name, property) -> {
                        add(counts, String.valueOf(name));
                        addSchema(counts, property, depth - 1);
                    });
                } else if (value instanceof String text && "description".equals(key)) {
                    add(counts, text);
                } else if (value instanceof List<?> values && "enum".equals(key)) {
                    values.stream().filter(String.class::isInstance).forEach(each -> add(counts, (String) each));
                } else if (value instanceof Map<?, ?> || value instanceof List<?>) {
                    addSchema(counts, value, depth - 1);
                }
            });
        }
    }
}
