/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import java.util.Map;

/**
 * A capability of a bundle (OSGi Core 8, chapter 3.3).
 *
 * @param namespace what kind it is
 * @param attributes strings, numbers, versions and lists of them
 */
public record Offer(String namespace, Map<String, Object> attributes) {

    /** Copies the map. */
    public Offer {
        attributes = Map.copyOf(attributes);
    }

    /** Words for a package; empty for what is no package. */
    public String words() {
        return namespace.equals(Need.PACKAGE)
                ? "the package " + attributes.get(namespace) + " " + attributes.getOrDefault("version", "0")
                : "";
    }
}
