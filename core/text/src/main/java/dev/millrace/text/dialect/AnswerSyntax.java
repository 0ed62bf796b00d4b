/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a family writes an answer, as data.
 *
 * @param marks what divides its parts, by the part in which it counts; no spelling is the beginning of another one in one part
 * @param start the part in which an answer starts
 * @param newlines whether line breaks beside a mark are text or belong to the mark
 * @param bareCalls whether an answer may begin with calls without any mark
 * @param taggedCalls whether calls are written in tags, as {@link TaggedCalls} reads them
 * @param header what a header means; null where there are no headers
 */
record AnswerSyntax(Map<Part, List<Mark>> marks, Part start, Newlines newlines, boolean bareCalls, boolean taggedCalls,
        @Nullable Function<String, Header> header) {

    /** What line breaks right beside a mark are. */
    enum Newlines {
        /** Part of the text: the family's template puts none there. */
        TEXT,
        /** Part of the mark: the family's template puts them there itself. */
        MARK
    }

    /**
     * What a header says.
     *
     * @param part what follows it
     * @param tool name of the tool that is called, or null if the calls name it themselves
     */
    record Header(Part part, @Nullable String tool) {
    }

    AnswerSyntax {
        marks = Map.copyOf(marks);
    }

    /**
     * A family that divides its answers by marks alone, and whose line breaks are text.
     *
     * @param marks what divides its parts
     */
    AnswerSyntax(Mark... marks) {
        this(Stream.of(marks).collect(Collectors.groupingBy(Mark::in)), Part.TEXT, Newlines.TEXT, false, false, null);
    }

    /** The marks that count in a part. */
    List<Mark> marks(Part part) {
        return marks.getOrDefault(part, List.of());
    }

    /** The same, with line breaks beside marks taken for part of the marks. */
    AnswerSyntax withNewlinesInMarks() {
        return new AnswerSyntax(marks, start, Newlines.MARK, bareCalls, taggedCalls, header);
    }

    /** The same, with answers that start in a header. */
    AnswerSyntax withHeaders(Function<String, Header> header) {
        return new AnswerSyntax(marks, Part.HEADER, newlines, bareCalls, taggedCalls, header);
    }

    /** The same, with calls allowed without a mark at the start of an answer. */
    AnswerSyntax withBareCalls() {
        return new AnswerSyntax(marks, start, newlines, true, taggedCalls, header);
    }

    /** The same, with calls in tags. */
    AnswerSyntax withTaggedCalls() {
        return new AnswerSyntax(marks, start, newlines, bareCalls, true, header);
    }
}
