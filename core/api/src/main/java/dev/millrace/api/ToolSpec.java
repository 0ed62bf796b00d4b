/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Makes a method a tool; see {@link Tools#of}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface ToolSpec {

    /**
     * What it does and when to use it, for the model.
     *
     * @return a sentence or two
     */
    String value();

    /**
     * The tool's name.
     *
     * @return empty for the method's own name
     */
    String name() default "";

    /**
     * What it does to the world.
     *
     * @return empty if it says nothing
     */
    ToolHint[] hints() default {};

    /**
     * How long one call may take.
     *
     * @return seconds, 0 for no limit
     */
    int timeLimitSeconds() default 0;
}
