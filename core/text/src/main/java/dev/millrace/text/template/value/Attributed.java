/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import org.jspecify.annotations.Nullable;

/** A value whose attributes templates read. */
public interface Attributed extends Typed {

    /** The attribute, or null if there is none. */
    @Nullable
    Object attribute(String name);
}
