/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A schema within a document. The same schema of the same document is always the same place. */
final class Place {

    final int id;
    /** A map, or true or false. */
    final Object schema;
    /** URI of the resource that it is part of; "" for a document without one. */
    final String base;
    /** Where it stands, for messages. */
    final String path;

    Place(int id, Object schema, String base, String path) {
        this.id = id;
        this.schema = schema;
        this.base = base;
        this.path = path;
    }

    /** Its keywords; none for true and false. */
    @SuppressWarnings("unchecked")
    Map<String, @Nullable Object> keywords() {
        return schema instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
    }

    boolean isFalse() {
        return Boolean.FALSE.equals(schema);
    }
}
