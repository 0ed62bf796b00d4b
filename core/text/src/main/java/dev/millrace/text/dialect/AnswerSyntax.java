/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.ThinkingMarks;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a family writes an answer, as data.
 *
 * @param marks what divides its parts, by the part in which it counts; no spelling is the beginning of another one in one part;
 *            those that count in other parts only are added for text, where they vanish
 * @param start the part in which an answer starts
 * @param newlines whether line breaks beside a mark are text or belong to the mark
 * @param bareCalls whether an answer may begin with calls without any mark
 * @param taggedCalls whether calls are written in tags, as {@link TaggedCalls} reads them
 * @param words control tokens that are part of the language in which calls are written
 * @param header what a header means; null where there are no headers
 */
record AnswerSyntax(Map<Part, List<Mark>> marks, Part start, Newlines newlines, boolean bareCalls, boolean taggedCalls,
        Set<String> words, @Nullable Function<String, Header> header) {

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
        marks = withStrays(marks);
    }

    /** A mark that means nothing where it stands is no text for the user either: there it is a mark that changes nothing. */
    private static Map<Part, List<Mark>> withStrays(Map<Part, List<Mark>> marks) {
        List<Mark> text = new ArrayList<>(marks.getOrDefault(Part.TEXT, List.of()));
        Set<String> known = text.stream().map(Mark::spelling).collect(Collectors.toCollection(HashSet::new));
        marks.values().stream().flatMap(List::stream).filter(mark -> known.add(mark.spelling()))
                .forEach(mark -> text.add(new Mark(mark.spelling(), Part.TEXT, Part.TEXT)));
        Map<Part, List<Mark>> all = new EnumMap<>(Part.class);
        all.putAll(marks);
        all.put(Part.TEXT, List.copyOf(text));
        return Collections.unmodifiableMap(all);
    }

    /** Whether something follows a mark: it stands between parts, not only behind calls. */
    boolean divides(String spelling) {
        return Stream.of(Part.TEXT, Part.THINKING, Part.HEADER).flatMap(part -> marks(part).stream())
                .anyMatch(mark -> mark.spelling().equals(spelling)
                        && (mark.in() != Part.TEXT || mark.next() != Part.TEXT));
    }

    /** What opens and what closes thinking, as the family's template writes it; empty if it does not think. */
    Optional<ThinkingMarks> thinkingMarks() {
        Optional<Mark> open = between(Part.TEXT, Part.THINKING);
        Optional<Mark> close = between(Part.THINKING, Part.TEXT);
        if (open.isEmpty() || close.isEmpty()) {
            return Optional.empty();
        }
        String line = newlines == Newlines.MARK ? "\n" : "";
        return Optional.of(new ThinkingMarks(open.get().spelling() + line,
                line + close.get().spelling() + line + line, ""));
    }

    private Optional<Mark> between(Part in, Part next) {
        return marks(in).stream().filter(mark -> mark.in() == in && mark.next() == next).findFirst();
    }

    /** Whether a spelling is a mark of the family, in whatever part. */
    boolean knows(String spelling) {
        return marks(Part.TEXT).stream().anyMatch(mark -> mark.spelling().equals(spelling));
    }

    /**
     * A family that divides its answers by marks alone, and whose line breaks are text.
     *
     * @param marks what divides its parts
     */
    AnswerSyntax(Mark... marks) {
        this(Stream.of(marks).collect(Collectors.groupingBy(Mark::in)), Part.TEXT, Newlines.TEXT, false, false,
                Set.of(), null);
    }

    /** The marks that count in a part. */
    List<Mark> marks(Part part) {
        return marks.getOrDefault(part, List.of());
    }

    /** All marks as they are spelled, and the words of calls. */
    List<String> spellings() {
        return Stream.concat(marks(Part.TEXT).stream().map(Mark::spelling), words.stream().sorted()).distinct()
                .toList();
    }

    /** The same, with one more mark. */
    AnswerSyntax with(Mark mark) {
        Map<Part, List<Mark>> more = new EnumMap<>(marks);
        more.put(mark.in(), Stream.concat(marks(mark.in()).stream(), Stream.of(mark)).toList());
        return new AnswerSyntax(more, start, newlines, bareCalls, taggedCalls, words, header);
    }

    /** The same, with line breaks beside marks taken for part of the marks. */
    AnswerSyntax withNewlinesInMarks() {
        return new AnswerSyntax(marks, start, Newlines.MARK, bareCalls, taggedCalls, words, header);
    }

    /** The same, with answers that start in a header. */
    AnswerSyntax withHeaders(Function<String, Header> header) {
        return new AnswerSyntax(marks, Part.HEADER, newlines, bareCalls, taggedCalls, words, header);
    }

    /** The same, with calls allowed without a mark at the start of an answer. */
    AnswerSyntax withBareCalls() {
        return new AnswerSyntax(marks, start, newlines, true, taggedCalls, words, header);
    }

    /** The same, with calls in tags. */
    AnswerSyntax withTaggedCalls() {
        return new AnswerSyntax(marks, start, newlines, bareCalls, true, words, header);
    }

    /** The same, with control tokens that are words within calls. */
    AnswerSyntax withWords(String... spellings) {
        return new AnswerSyntax(marks, start, newlines, bareCalls, taggedCalls, Set.of(spellings), header);
    }
}
