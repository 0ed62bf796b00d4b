/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Says which of many tools a model is likely to need next. A plugin registers it as an OSGi service, or names it for
 * {@link java.util.ServiceLoader}. The runtime has one of its own, which compares words; it is asked if there is no other. How many
 * tools the model is told of is the matter of {@link ToolSelection}.
 */
@ConsumerType
public interface ToolSelector {

    /**
     * A short name, unique among selectors, for example {@code bm25}.
     *
     * @return one word, always the same
     */
    String name();

    /**
     * Which selector is asked where there are several: the one with the smallest number.
     *
     * @return always the same; 0 unless overridden
     */
    default int order() {
        return 0;
    }

    /**
     * Called once, before anything else, by the runtime that will ask. A selector that needs no runtime does nothing.
     *
     * @param runtime from which it may open models when it is asked, not now; the runtime closes them when it is closed itself
     */
    default void joined(Millrace runtime) {
        // most need none
    }

    /**
     * Orders tools by how well they serve what was asked for last. Called before each part of an answer, by several conversations at
     * once, so it must be quick: a few milliseconds. The same tools and messages give the same order.
     *
     * @param tools among which to choose
     * @param messages of the conversation, oldest first
     * @return the best first; what is left out comes last. Empty if it cannot say now: then the next selector is asked, as if it
     *         had thrown an exception, but silently
     */
    List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages);
}
