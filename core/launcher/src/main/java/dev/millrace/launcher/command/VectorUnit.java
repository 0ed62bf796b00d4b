/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.util.OptionalInt;

/** The vector module of the running Java, which may be absent: so it is asked without being linked to. */
final class VectorUnit {

    private VectorUnit() {
    }

    /**
     * The width that the module prefers on this processor.
     *
     * @return bits, or empty without the module
     */
    static OptionalInt preferredBits() {
        String module = "jdk.incubator.vector";
        if (ModuleLayer.boot().findModule(module).isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            // found by the platform's loader: a bundle's own sees the module only if it imports it
            Class<?> shape = Class.forName(module + ".VectorShape", true, ClassLoader.getPlatformClassLoader());
            Object preferred = shape.getMethod("preferredShape").invoke(null);
            return OptionalInt.of((int) shape.getMethod("vectorBitSize").invoke(preferred));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The vector module of this Java is of another kind than expected.", e);
        }
    }
}
