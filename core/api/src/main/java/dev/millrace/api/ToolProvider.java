/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Offers tools. A plugin registers it as an OSGi service, or names it for {@link java.util.ServiceLoader}. */
@ConsumerType
public interface ToolProvider {

    /**
     * A short name, unique among providers, for example {@code gateway}; models and people name the provider by it.
     *
     * @return one word, always the same; the simple class name in lower case unless overridden
     */
    default String name() {
        return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * The tools.
     *
     * @return tools with unique names; asked when an answer begins, from any thread
     */
    List<Tool> tools();
}
