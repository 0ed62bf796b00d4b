/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.host;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What a plugin does in a host: written against the API alone, so it knows nothing of where models run. */
final class HostScenario {

    private HostScenario() {
    }

    /** The devices of the small model. */
    static final class Devices {

        private final List<String> switched = new ArrayList<>();

        @ToolSpec(value = "Switch a device on or off.", name = "set_device")
        String set(String name, String state) {
            switched.add(name + " " + state);
            return "{\"ok\":true,\"name\":\"" + name + "\",\"state\":\"" + state + "\"}";
        }
    }

    /** The sensors of the small model. */
    static final class Sensors {

        @ToolSpec(value = "Read a sensor.", name = "read_sensor")
        String read(String room, String quantity) {
            return "{\"ok\":true,\"room\":\"" + room + "\",\"quantity\":\"" + quantity + "\",\"value\":21.5}";
        }
    }

    /** Uses all that the API offers, and says what came of it. */
    static void run(Millrace millrace, Consumer<String> out) {
        out.accept("models " + millrace.models());
        try (Model nano = millrace.open("nano")) {
            out.accept("model " + nano.info().name() + " " + nano.info().architecture() + " "
                    + nano.device().description());
            Devices devices = new Devices();
            try (Conversation conversation = nano.conversation().sampling(nano.defaults().withTemperature(0))
                    .tools(Tools.of(devices), Tools.of(new Sensors())).start()) {
                tell(conversation.send("Turn on the kitchen lamp."), out);
                out.accept("switched " + devices.switched);
                tell(conversation.send("Now turn it off."), out);
                out.accept("messages " + conversation.messages().size());
                try (Conversation fork = conversation.fork()) {
                    out.accept("fork " + fork.messages().size());
                }
            }
            cancel(nano, out);
        }
        try (EmbeddingModel encoder = millrace.openEmbeddings("all-minilm-l6-v2", ModelOptions.defaults())) {
            Embeddings vectors = encoder.embed(List.of("The boiler is too hot.", "The heating has overheated.",
                    "A cat sleeps."));
            out.accept("vectors of " + encoder.dimensions() + ", nearer: "
                    + (product(vectors, 0, 1) > product(vectors, 0, 2)));
        }
        try (Model model = millrace.open("nobody")) {
            out.accept("opened " + model);
        } catch (ModelNotFoundException e) {
            out.accept("not found: " + e.getMessage());
        }
    }

    private static double product(Embeddings vectors, int a, int b) {
        double sum = 0;
        for (int i = 0; i < vectors.vectors().get(a).length; i++) {
            sum += vectors.vectors().get(a)[i] * vectors.vectors().get(b)[i];
        }
        return sum;
    }

    private static void tell(Generation generation, Consumer<String> out) {
        StringBuilder thinking = new StringBuilder();
        StringBuilder text = new StringBuilder();
        int pieces = 0;
        try (generation) {
            for (Event event : generation) {
                switch (event) {
                    case Event.Thinking piece -> thinking.append(piece.text());
                    case Event.Text piece -> {
                        text.append(piece.text());
                        pieces++;
                    }
                    case Event.ToolCalled called -> out.accept("called " + called.name() + called.arguments());
                    case Event.ToolAnswered answered -> out.accept("answered " + answered.result());
                    case Event.Finished end -> out.accept("thought " + !thinking.isEmpty() + ", said in " +
                            (pieces > 1 ? "pieces" : "one piece") + ": " + text + " " + end.reason() + ", usage "
                            + (end.usage().promptTokens() > 0 && end.usage().completionTokens() > 0));
                    default -> {
                        // what else there is to know is not needed
                    }
                }
            }
        }
    }

    private static void cancel(Model nano, Consumer<String> out) {
        try (Conversation conversation = nano.conversation().start();
                Generation generation = conversation.send("What can you do?")) {
            generation.cancel();
            Answer answer = generation.answer();
            out.accept("ended by " + answer.reason());
        }
    }
}
