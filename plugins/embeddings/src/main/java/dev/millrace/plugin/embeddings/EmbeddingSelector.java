/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.embeddings;

import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Orders tools by how near what they say of themselves is to the last question, by the cosine of two vectors that a sentence encoder
 * makes. It finds tools that share no word with the question. Where there is no encoder it says nothing, and the runtime asks its
 * next selector. The encoder is loaded when there is something to choose for the first time. Safe for use from any thread.
 */
@Component(configurationPid = EmbeddingSelector.PID)
@Designate(ocd = EmbeddingSelector.Config.class)
public final class EmbeddingSelector implements ToolSelector {

    static final String PID = "dev.millrace.embeddings";
    /** The same, where there are no configurations. */
    static final String PROPERTY = "millrace.embeddings.model";

    /** Those of users come first. */
    private static final int ORDER = 100;
    /** What the question before says of one such as "and in the cellar?". */
    private static final double EARLIER = 0.25;
    /** Characters of a text that are looked at: the encoder reads no more tokens, and cutting a pasted file takes time. */
    private static final int LOOKED_AT = 2048;
    /** With more tools their vectors would not all be kept, and each choice would take seconds: words are compared then. */
    private static final int MOST = Vectors.KEPT - 2;

    private final String configured;
    private volatile @Nullable Vectors vectors;

    /** What can be set. */
    @ObjectClassDefinition(name = "Choice of tools by embeddings", description = "Which of many tools a model is told of, by what the question means.")
    public @interface Config {

        /** The encoder. */
        @AttributeDefinition(name = "Model", description = "A folder or file of a sentence encoder, or the name of a packaged one; the first of these if empty; off for none.")
        String model() default "";
    }

    /** For service loaders. */
    public EmbeddingSelector() {
        this(System.getProperty(PROPERTY, ""));
    }

    /**
     * Made by Declarative Services.
     *
     * @param config says which encoder
     */
    @Activate
    public EmbeddingSelector(Config config) {
        this(config.model().isEmpty() ? System.getProperty(PROPERTY, "") : config.model());
    }

    EmbeddingSelector(String configured) {
        this.configured = configured;
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public int order() {
        return ORDER;
    }

    @Override
    public void joined(Millrace runtime) {
        vectors = new Vectors(runtime, configured);
    }

    private record Scored(ToolDefinition tool, double score) {
    }

    @Override
    public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
        Vectors known = vectors;
        List<String> questions = questions(messages);
        if (known == null || questions.isEmpty() || tools.size() > MOST) {
            return List.of();
        }
        List<String> texts = new ArrayList<>(questions);
        tools.forEach(tool -> texts.add(told(tool)));
        List<float[]> found = known.of(texts);
        if (found.isEmpty()) {
            return List.of();
        }
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < tools.size(); i++) {
            float[] tool = found.get(questions.size() + i);
            double score = 0;
            double weight = 1;
            for (float[] question : found.subList(0, questions.size())) {
                score += weight * product(question, tool);
                weight *= EARLIER;
            }
            scored.add(new Scored(tools.get(i), score));
        }
        // stable: equals keep their order
        scored.sort(Comparator.comparingDouble(Scored::score).reversed());
        return scored.stream().map(Scored::tool).toList();
    }

    /** The last question, and the one before. */
    private static List<String> questions(List<Message> messages) {
        return messages.reversed().stream().filter(message -> message.role() == Message.Role.USER)
                .map(message -> head(message.content())).filter(text -> !text.isBlank()).limit(2).toList();
    }

    /** What a tool says of itself: its name, its description, and its parameters with theirs. */
    private static String told(ToolDefinition tool) {
        StringBuilder text = new StringBuilder(tool.name().replaceAll("[_.\\-]+", " ")).append(": ")
                .append(tool.description());
        if (tool.parameters().get("properties") instanceof Map<?, ?> properties) {
            properties.forEach((name, property) -> {
                text.append(' ').append(name);
                if (property instanceof Map<?, ?> map && map.get("description") instanceof String description) {
                    text.append(": ").append(description);
                }
                text.append(';');
            });
        }
        return head(text.toString());
    }

    private static String head(String text) {
        if (text.length() <= LOOKED_AT) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(LOOKED_AT - 1)) ? LOOKED_AT - 1 : LOOKED_AT);
    }

    private static double product(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (double) one[i] * other[i];
        }
        return sum;
    }

    /** Frees the encoder. */
    @Deactivate
    public void close() {
        Vectors known = vectors;
        vectors = null;
        if (known != null) {
            known.close();
        }
    }
}
