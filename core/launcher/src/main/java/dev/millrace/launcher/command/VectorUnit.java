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
            Class<?> shape = ModuleLayer.boot().findLoader(module).loadClass(module + ".VectorShape");
            Object preferred = shape.getMethod("preferredShape").invoke(null);
            return OptionalInt.of((int) shape.getMethod("vectorBitSize").invoke(preferred));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The vector module of this Java is of another kind than expected.", e);
        }
    }
}
