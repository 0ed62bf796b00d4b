/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import java.util.List;

/**
 * How a model family writes an answer, for those who bound what it may write: what a parser of the same dialect reads as thinking,
 * text and calls. Spellings may hold control tokens. Minor versions may add components.
 *
 * @param thinkingStart begins thinking; empty if the family does not think
 * @param thinkingEnd ends thinking; empty if the family does not think
 * @param textStart stands before the text for the user; empty if nothing does
 * @param marks spellings that are read as marks wherever a text spells them, so that no text and no value may hold them
 * @param breaks whether line breaks behind thinking belong to its mark
 * @param calls ways to write calls, the family's usual one first; empty if the family calls no tools
 */
public record AnswerForm(String thinkingStart, String thinkingEnd, String textStart, List<String> marks, boolean breaks,
        List<Calls> calls) {

    /** Copies the lists. */
    public AnswerForm {
        marks = List.copyOf(marks);
        calls = List.copyOf(calls);
    }

    /** How the arguments of a call are written. Minor versions may add values. */
    public enum Arguments {
        /** An object in JSON. */
        JSON,
        /** {@code name=value, ...} with literals of Python. */
        PYTHON
    }

    /**
     * A way to write calls: {@code lead trigger open beforeName NAME afterName ARGUMENTS afterArguments (between beforeName ...)*
     * close}. Minor versions may add components.
     *
     * @param lead what stands before the trigger
     * @param trigger from here on the model writes calls; empty if calls are told from text by how they begin
     * @param open stands before the first call
     * @param beforeName stands before the tool's name
     * @param afterName stands behind it
     * @param arguments how the arguments are written
     * @param afterArguments stands behind the arguments
     * @param between stands between two calls; empty if there is one call at most
     * @param close stands behind the last call
     */
    public record Calls(String lead, String trigger, String open, String beforeName, String afterName,
            Arguments arguments, String afterArguments, String between, String close) {
    }
}
