/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.AnnotationElement;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.EventFactory;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.ValueDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Something that takes a while, for the flight recorder. For one thread.
 * <p>
 * The recorder makes the classes of these events. It weaves calls of its own into event classes, and a bundle's class loader finds those only
 * where a framework was told to lend them. Making them takes a quarter of a second, so they are made when something is recorded.
 */
public final class FlightEvent {

    /** What takes a while. */
    public enum Kind {

        /** Weights were loaded: model, device, bytes. */
        LOAD("Load", "Model Load", "The weights of a model were loaded"),
        /** A prompt was read: model, tokens read, tokens known before. */
        PREFILL("Prefill", "Prefill", "A prompt was read, beside others"),
        /** One forward: model, sequences, tokens of prompts, tokens of answers. */
        STEP("Step", "Step", "One forward: the next tokens of all sequences that are read together"),
        /** A model moved: model, from, to, whether it arrived. */
        SWAP("Swap", "Backend Swap", "A model moved to another device with its conversations, or tried to"),
        /** A tool was called: tool, whether it failed. */
        TOOL_CALL("ToolCall", "Tool Call", "A model called a tool");

        private final String name;
        private final String label;
        private final String description;

        Kind(String name, String label, String description) {
            this.name = name;
            this.label = label;
            this.description = description;
        }
    }

    private static final class Factories {

        private static final Map<Kind, EventFactory> ALL = new EnumMap<>(Kind.class);

        static {
            for (Kind kind : Kind.values()) {
                ALL.put(kind,
                        EventFactory.create(List.of(new AnnotationElement(Name.class, "dev.millrace." + kind.name),
                                new AnnotationElement(Label.class, kind.label),
                                new AnnotationElement(Category.class, new String[]{"Millrace"}),
                                new AnnotationElement(Description.class, kind.description),
                                new AnnotationElement(StackTrace.class, false)), values(kind)));
            }
        }

        private static List<ValueDescriptor> values(Kind kind) {
            return switch (kind) {
                case LOAD -> List.of(value(String.class, "model", "Model"), value(String.class, "device", "Device"),
                        value(long.class, "bytes", "Memory",
                                new AnnotationElement(DataAmount.class, DataAmount.BYTES)));
                case PREFILL ->
                    List.of(value(String.class, "model", "Model"), value(int.class, "tokens", "Tokens Read"),
                            value(int.class, "cachedTokens", "Tokens Known Before"));
                case STEP -> List.of(value(String.class, "model", "Model"), value(int.class, "sequences", "Sequences"),
                        value(int.class, "prefillTokens", "Prefill Tokens"),
                        value(int.class, "decodeTokens", "Decode Tokens"));
                case SWAP -> List.of(value(String.class, "model", "Model"), value(String.class, "from", "From"),
                        value(String.class, "to", "To"), value(boolean.class, "done", "Done"));
                case TOOL_CALL ->
                    List.of(value(String.class, "tool", "Tool"), value(boolean.class, "failed", "Failed"));
            };
        }

        private static ValueDescriptor value(Class<?> type, String name, String label, AnnotationElement... unit) {
            List<AnnotationElement> about = new ArrayList<>(List.of(unit));
            about.add(new AnnotationElement(Label.class, label));
            return new ValueDescriptor(type, name, about);
        }
    }

    private final @Nullable Event event;

    private FlightEvent(@Nullable Event event) {
        this.event = event;
    }

    /**
     * Something begins. It costs nothing while nobody records.
     *
     * @param kind what
     */
    public static FlightEvent begin(Kind kind) {
        if (!FlightRecorder.isInitialized()) {
            return new FlightEvent(null);
        }
        EventFactory factory = Factories.ALL.get(kind);
        Event event = factory == null ? null : factory.newEvent();
        if (event != null) {
            event.begin();
        }
        return new FlightEvent(event);
    }

    /**
     * It ended, and is kept if anybody records.
     *
     * @param values as the kind lists them
     */
    public void done(Object... values) {
        if (event == null) {
            return;
        }
        event.end();
        if (event.shouldCommit()) {
            for (int i = 0; i < values.length; i++) {
                event.set(i, values[i]);
            }
            event.commit();
        }
    }
}
