/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** What can be called in a template. */
public interface Callable extends Typed {

    Object call(Interpreter run, Arguments arguments);

    /**
     * A function or a method with its object bound.
     *
     * @param type Python's name of the type
     * @param body what it does
     */
    record Function(String type, Builtin body, Object self) implements Callable {

        @Override
        public Object call(Interpreter run, Arguments arguments) {
            return body.apply(run, self, arguments);
        }
    }
}
