/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import java.util.List;

/** Sequences of Python that are not lists. Their elements are known; what may be done with them differs. */
public sealed interface Lazy extends Typed {

    /** All elements; for a generator, those not yet taken, which are then gone. */
    List<Object> take();

    /** What a range, or the keys, values or items of a dict, hold. */
    record View(String type, List<Object> items) implements Lazy {

        @Override
        public List<Object> take() {
            return items;
        }
    }

    /** What {@code range} gives. */
    record Range(long start, long stop, long step, List<Object> items) implements Lazy {

        @Override
        public String type() {
            return "range";
        }

        @Override
        public List<Object> take() {
            return items;
        }
    }

    /** What filters such as {@code map} give: it is true even when empty, has no length, and can be read once. */
    final class Generator implements Lazy {

        private List<Object> left;

        public Generator(List<Object> items) {
            this.left = items;
        }

        @Override
        public String type() {
            return "generator";
        }

        @Override
        public List<Object> take() {
            List<Object> taken = left;
            left = List.of();
            return taken;
        }
    }
}
