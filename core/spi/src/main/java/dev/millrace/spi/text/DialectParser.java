/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Splits the text of one answer into thinking, text and calls while it streams. Events added up are the same however the text
 * is cut. Never throws on any text. For one thread.
 */
@ConsumerType
public interface DialectParser {

    /**
     * Takes more text, control tokens as they are spelled.
     *
     * @param text whole characters
     * @param out gets what is certain by now
     */
    void accept(String text, Consumer<? super DialectEvent> out);

    /**
     * Takes a control token that the model has chosen. One that the dialect knows is a mark, as it is in text; any other must leave
     * no trace in what the user reads or the model thinks. The default takes the token for text, which is right only where every
     * control token of a model is a mark of the dialect: override it.
     *
     * @param spelling how the vocabulary spells it
     * @param out gets what is certain by now
     */
    default void control(String spelling, Consumer<? super DialectEvent> out) {
        accept(spelling, out);
    }

    /**
     * Whether what comes next belongs to the thinking, unless a mark comes first. Budgets of thinking count by it.
     *
     * @return false, as here, in text and calls, or if the dialect does not tell
     */
    default boolean isThinking() {
        return false;
    }

    /**
     * Ends the answer.
     *
     * @param out gets what is left
     */
    void finish(Consumer<? super DialectEvent> out);
}
