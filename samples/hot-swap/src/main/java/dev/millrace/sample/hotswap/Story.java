/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.hotswap;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tools;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** A story as a model tells it, line by line, with the device that it runs on in front of each line. */
final class Story {

    /** A long answer goes on elsewhere after so many pieces of text. */
    private static final int MIDDLE = 40;

    private final Model model;
    private final Runnable move;
    private final Consumer<String> out;
    private final StringBuilder told = new StringBuilder();
    /** Where the model is, as far as the reader knows. */
    private String device;
    private String shown = "";
    private Class<? extends Event> last = Event.Finished.class;
    private int pieces;

    /**
     * A story that has not begun.
     *
     * @param model tells it
     * @param move puts the model on another device; called in the middle of answers
     * @param out takes the lines, in pieces
     */
    Story(Model model, Runnable move, Consumer<String> out) {
        this.model = model;
        this.move = move;
        this.out = out;
        this.device = model.device().id();
    }

    /**
     * Tells it.
     *
     * @param questions what the model is asked, one after the other
     * @return what the model wrote
     */
    String tell(List<String> questions) {
        try (Conversation conversation = model.conversation().tools(Tools.of(new House(move)))
                .sampling(Sampling.greedy()).start()) {
            for (String question : questions) {
                out.accept("> " + question);
                shown = "";
                pieces = 0;
                try (Generation answer = conversation.send(question)) {
                    answer.forEach(this::happens);
                }
                out.accept("\n\n");
            }
        }
        return told.toString();
    }

    private void happens(Event event) {
        switch (event) {
            case Event.Thinking thinking -> write(Event.Thinking.class, thinking.text());
            case Event.Text text -> {
                write(Event.Text.class, text.text());
                if (++pieces == MIDDLE) {
                    // the answer goes on meanwhile; its pieces wait for their reader
                    move.run();
                    arrive();
                }
            }
            case Event.ToolCalled called -> write(Event.ToolCalled.class, called.name() + called.arguments());
            case Event.ToolAnswered answered -> arrive();
            default -> last = Event.Finished.class;
        }
    }

    /** The next piece stands on a line of its own. */
    private void arrive() {
        device = model.device().id();
        last = Event.Finished.class;
    }

    private void write(Class<? extends Event> kind, String text) {
        if (!kind.equals(last)) {
            out.accept(String.format(Locale.ROOT, "%n%-14s ", device.equals(shown) ? "" : device));
            shown = device;
            last = kind;
        }
        out.accept(text);
        told.append(text);
    }
}
