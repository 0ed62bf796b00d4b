/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import java.util.Collection;

/** Checks what tools are given. What is wrong is said in a sentence that a model can act on. */
final class Things {

    private Things() {
    }

    /** A name that has to be among those that are there. */
    static String known(String kind, String name, Collection<String> there) {
        if (there.contains(name)) {
            return name;
        }
        throw new IllegalArgumentException(
                "There is no " + kind + " " + name + ": there are " + String.join(", ", there) + ".");
    }

    /** A number within a range. */
    static int within(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + " goes from " + least + " to " + most + ", not " + value + ".");
        }
        return value;
    }

    /** A text with something in it. */
    static String text(String what, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(what + " is empty.");
        }
        return value;
    }
}
