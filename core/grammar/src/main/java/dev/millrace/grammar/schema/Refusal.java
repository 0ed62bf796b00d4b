/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.GrammarException;

/** Makes refusals that name the keyword and where it stands. */
final class Refusal {

    private Refusal() {
    }

    static GrammarException of(Place place, String keyword, String why) {
        return new GrammarException("The schema cannot be enforced: \"" + keyword + "\" at " + where(place.path) + " "
                + why + ".");
    }

    /** A schema leads back to itself before anything of a value has been looked at. */
    static GrammarException circle(Place place) {
        return of(place, "$ref", "goes round in a circle without an end");
    }

    private static String where(String path) {
        return path.isEmpty() ? "the top" : path;
    }
}
