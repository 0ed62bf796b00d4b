/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.limit;

import dev.millrace.api.MillraceException;

/** A template is wrong, asks for too much, or refuses the conversation. */
public final class TemplateException extends MillraceException {

    private static final long serialVersionUID = 1L;

    /** Templates may put anything into a message. */
    private static final int MAX_LENGTH = 2000;

    private enum Kind {
        FAULT, REFUSAL, LIMIT
    }

    private final String problem;
    private final int line;
    private final Kind kind;

    private TemplateException(String problem, int line, Kind kind) {
        super(kind == Kind.REFUSAL
                ? problem
                : "The chat template fails" + (line > 0 ? " in line " + line : "") + ": " + problem
                        + (problem.endsWith(".") ? "" : "."));
        this.problem = problem;
        this.line = line;
        this.kind = kind;
    }

    /**
     * Something is wrong, and {@link #at} adds the line where it is known.
     *
     * @param problem a clause
     * @return the failure, to be thrown
     */
    public static TemplateException of(String problem) {
        return of(problem, 0);
    }

    /**
     * Something is wrong.
     *
     * @param problem a clause
     * @param line of the template, from 1, or 0 if it is not known
     * @return the failure, to be thrown
     */
    public static TemplateException of(String problem, int line) {
        return new TemplateException(shortened(problem), line, Kind.FAULT);
    }

    /**
     * The template refuses the conversation.
     *
     * @param message of the template
     * @param line of the template, from 1, or 0 if it is not known
     * @return the failure, to be thrown
     */
    public static TemplateException refusal(String message, int line) {
        return new TemplateException(shortened(message), line, Kind.REFUSAL);
    }

    /**
     * A rendering takes more than it may, and {@link #at} adds the line.
     *
     * @param problem a clause
     * @return the failure, to be thrown
     */
    static TemplateException limit(String problem) {
        return new TemplateException(problem, 0, Kind.LIMIT);
    }

    private static String shortened(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
    }

    /**
     * This failure, placed in a line unless it has one already.
     *
     * @param where the line of the template, from 1
     * @return the failure, to be thrown
     */
    public TemplateException at(int where) {
        return line > 0 ? this : new TemplateException(problem, where, kind);
    }

    /**
     * What is wrong, without the place: Python's words where Python has some.
     *
     * @return a clause
     */
    public String problem() {
        return problem;
    }

    /**
     * Where.
     *
     * @return line of the template, from 1, or 0 if it is not known
     */
    public int line() {
        return line;
    }

    /**
     * Whether the template itself refused what it was given, by {@code raise_exception}. The message is then that of the
     * template.
     *
     * @return true for a refusal
     */
    public boolean refusal() {
        return kind == Kind.REFUSAL;
    }

    /**
     * Whether a rendering took more than it may: the template is endless, or what it was given is too long for it.
     *
     * @return true for one that reached a limit
     */
    public boolean limit() {
        return kind == Kind.LIMIT;
    }
}
