/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes a parameter of a tool method, or a component of a record that is one; see {@link Tools#of}. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
public @interface Param {

    /**
     * What it means, for the model.
     *
     * @return a few words
     */
    String value();

    /**
     * The parameter's name.
     *
     * @return empty for the name in the source, which needs {@code javac -parameters}
     */
    String name() default "";

    /**
     * Whether the model may leave it out. The method then gets null, 0, false or an empty {@link java.util.Optional}.
     *
     * @return false by default
     */
    boolean optional() default false;
}
