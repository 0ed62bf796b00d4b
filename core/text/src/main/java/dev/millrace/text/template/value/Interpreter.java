/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.template.limit.Budget;
import java.time.Clock;

/** The rendering that runs, as built-ins see it. */
public interface Interpreter {

    /** What is left of the limits. */
    Budget budget();

    /** What {@code strftime_now} sees. */
    Clock clock();

    /** {@code of.name}. */
    Object attribute(Object of, String name);

    /** {@code of[key]}. */
    Object item(Object of, Object key);

    /** {@code callee(arguments)}. */
    Object call(Object callee, Arguments arguments);

    /** {@code value | name(arguments)}. */
    Object filter(String name, Object value, Arguments arguments);

    /** {@code value is name(arguments)}. */
    boolean test(String name, Object value, Arguments arguments);
}
