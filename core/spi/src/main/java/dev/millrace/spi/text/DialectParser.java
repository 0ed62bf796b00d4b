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
     * Ends the answer.
     *
     * @param out gets what is left
     */
    void finish(Consumer<? super DialectEvent> out);
}
