/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.marked.MarkedText;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a template does, in order. */
public sealed interface Statement {

    /** Line of the template, from 1. */
    int line();

    record Text(int line, MarkedText text) implements Statement {
    }

    record Print(int line, Expression value) implements Statement {
    }

    record If(int line, List<Branch> branches, List<Statement> otherwise) implements Statement {
    }

    record Branch(Expression test, List<Statement> body) {
    }

    record For(int line, Target target, Expression over, @Nullable Expression filter, boolean recursive,
            List<Statement> body, List<Statement> otherwise) implements Statement {
    }

    record Assign(int line, Target target, Expression value) implements Statement {
    }

    /** {@code set} with a body, through filters if there are any. */
    record Capture(int line, Target target, @Nullable Expression filter, List<Statement> body) implements Statement {
    }

    /** Defines a macro. */
    record Define(int line, MacroCode macro) implements Statement {
    }

    /** Calls a macro that gets the body as {@code caller}. */
    record CallBlock(int line, Expression.Call call, MacroCode caller) implements Statement {
    }

    record FilterBlock(int line, Expression filter, List<Statement> body) implements Statement {
    }

    record With(int line, List<Binding> bindings, List<Statement> body) implements Statement {
    }

    record Binding(Target target, Expression value) {
    }

    /** A body whose names stay inside: {@code generation}, {@code block}. */
    record Scoped(int line, List<Statement> body) implements Statement {
    }

    record Break(int line) implements Statement {
    }

    record Continue(int line) implements Statement {
    }

    /**
     * A macro as written.
     *
     * @param name its name
     * @param parameters in order
     * @param body what it prints
     * @param implicit which of {@code caller}, {@code varargs} and {@code kwargs} the body speaks of
     */
    record MacroCode(String name, List<Parameter> parameters, List<Statement> body, Set<String> implicit) {
    }

    record Parameter(String name, @Nullable Expression preset) {
    }

    /** What is assigned to. */
    sealed interface Target {

        record Variable(String name) implements Target {
        }

        record Field(String namespace, String name) implements Target {
        }

        record Unpacked(List<Target> targets) implements Target {
        }
    }
}
