/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks over an answer from mark to mark, for every family. What may be the beginning of a mark is held back until it is
 * certain. Time and memory are linear in the length of the answer.
 */
final class AnswerParser implements DialectParser {

    /** Headers are short; what is longer is text that lost its header. */
    private static final int MAX_HEADER = 256;

    private final AnswerSyntax syntax;
    private final Signatures signatures;
    private final CallBlock calls;
    private final StringBuilder block = new StringBuilder();
    private final StringBuilder header = new StringBuilder();
    private final StringBuilder newlines = new StringBuilder();
    private Part part;
    private String held = "";
    private boolean afterMark;
    private @Nullable Repetition repetition;
    private @Nullable BareCalls bare;

    /**
     * A parser for one answer.
     *
     * @param syntax how the family writes
     * @param insideThinking whether the answer starts inside thinking
     * @param signatures of the tools that may be called
     */
    AnswerParser(AnswerSyntax syntax, boolean insideThinking, Signatures signatures) {
        this.syntax = syntax;
        this.signatures = signatures;
        calls = syntax.taggedCalls() ? new TaggedCalls() : new CallScanner(signatures);
        part = insideThinking ? Part.THINKING : syntax.start();
        bare = syntax.bareCalls() && !insideThinking ? new BareCalls(signatures) : null;
        if (insideThinking) {
            afterMark = true;
            syntax.marks(Part.TEXT).stream().filter(mark -> mark.next() == Part.THINKING).findFirst()
                    .ifPresent(this::openedThinking);
        }
    }

    /** The mark that has opened thinking may come again. */
    private void openedThinking(Mark mark) {
        repetition = new Repetition(mark.spelling(), "");
    }

    @Override
    public void accept(String text, Consumer<? super DialectEvent> out) {
        String piece = held.isEmpty() ? text : held + text;
        held = "";
        int at = 0;
        while (at < piece.length()) {
            if (repetition != null) {
                int begin = at;
                at = repetition.take(piece, begin);
                if (!repetition.broken()) {
                    return;
                }
                String taken = repetition.held();
                repetition = null;
                if (taken.length() <= at - begin) {
                    at -= taken.length();
                } else {
                    piece = taken + piece.substring(at);
                    at = 0;
                }
            }
            int end = nextMark(piece, at);
            if (part == Part.HEADER && header.length() + end - at > MAX_HEADER) {
                end = Math.max(at, at + MAX_HEADER - header.length());
                emit(piece, at, end, out);
                abandonHeader(out);
                at = end;
                continue;
            }
            emit(piece, at, end, out);
            Mark mark = markAt(piece, end);
            if (mark == null) {
                held = piece.substring(end);
                return;
            }
            at = end + mark.spelling().length();
            pass(mark, out);
        }
    }

    @Override
    public boolean isThinking() {
        return part == Part.THINKING;
    }

    /** A control token that means nothing here vanishes. Inside a header it still divides words. */
    @Override
    public void control(String spelling, Consumer<? super DialectEvent> out) {
        if (isMark(spelling) || (part == Part.CALLS && syntax.words().contains(spelling))) {
            accept(spelling, out);
        } else if (part == Part.HEADER) {
            accept(" ", out);
        }
    }

    /** Whether the parts of an answer are divided by a spelling, so that more follows it. */
    boolean divides(String spelling) {
        return syntax.divides(spelling);
    }

    /** Whether a spelling is a mark where the answer stands now; thinking may be opened once more right where it starts. */
    private boolean isMark(String spelling) {
        return syntax.marks(part).stream().anyMatch(mark -> mark.spelling().equals(spelling))
                || (repetition != null && part == Part.THINKING && syntax.marks(Part.TEXT).stream()
                        .anyMatch(mark -> mark.next() == Part.THINKING && mark.spelling().equals(spelling)));
    }

    /**
     * Takes a text that spells what may have been a control token, or a text that only looks like one. Values of calls and
     * what thinking says of the family's own marks are kept; for the user, nothing that looks like a control token is text.
     */
    void spelled(String spelling, Consumer<? super DialectEvent> out) {
        if (part == Part.TEXT || part == Part.HEADER || (part == Part.THINKING && !syntax.knows(spelling))) {
            control(spelling, out);
        } else {
            accept(spelling, out);
        }
    }

    @Override
    public void finish(Consumer<? super DialectEvent> out) {
        String rest = held + (repetition == null ? "" : repetition.rest());
        repetition = null;
        held = "";
        emit(rest, 0, rest.length(), out);
        settleBareCalls(out);
        if (part == Part.HEADER && !afterMark) {
            abandonHeader(out);
        } else if (part == Part.HEADER && !header.toString().isBlank()) {
            out.accept(new DialectEvent.Problem("The answer is cut off in a header.", header.toString().strip()));
        }
        if (!newlines.isEmpty()) {
            say(newlines.toString(), out);
            newlines.setLength(0);
        }
        if (part == Part.CALLS) {
            calls.end(out);
        }
    }

    /** Where the next mark of this part begins, or may begin at the end of the text; else the end. */
    private int nextMark(String text, int from) {
        List<Mark> marks = syntax.marks(part);
        for (int at = from; at < text.length(); at++) {
            for (Mark mark : marks) {
                String spelling = mark.spelling();
                if (text.charAt(at) == spelling.charAt(0)
                        && text.regionMatches(at, spelling, 0, Math.min(spelling.length(), text.length() - at))) {
                    return at;
                }
            }
        }
        return text.length();
    }

    private @Nullable Mark markAt(String text, int at) {
        for (Mark mark : syntax.marks(part)) {
            if (text.startsWith(mark.spelling(), at)) {
                return mark;
            }
        }
        return null;
    }

    private void emit(String text, int from, int to, Consumer<? super DialectEvent> out) {
        if (from == to) {
            return;
        }
        switch (part) {
            case TEXT, THINKING -> {
                if (bare != null) {
                    tryBareCalls(bare, text, from, to, out);
                } else {
                    emitText(text, from, to, out);
                }
            }
            case CALLS -> {
                block.append(text, from, to);
                calls.accept(text, from, to, out);
            }
            case HEADER -> header.append(text, from, to);
        }
    }

    private void emitText(String text, int from, int to, Consumer<? super DialectEvent> out) {
        if (syntax.newlines() == AnswerSyntax.Newlines.TEXT) {
            say(text.substring(from, to), out);
            return;
        }
        int begin = from;
        while (afterMark && begin < to && isNewline(text.charAt(begin))) {
            begin++;
        }
        int end = to;
        while (end > begin && isNewline(text.charAt(end - 1))) {
            end--;
        }
        if (begin < end) {
            afterMark = false;
            say(newlines + text.substring(begin, end), out);
            newlines.setLength(0);
        }
        newlines.append(text, end, to);
    }

    private static boolean isNewline(char c) {
        return c == '\n' || c == '\r';
    }

    private void say(String text, Consumer<? super DialectEvent> out) {
        out.accept(part == Part.THINKING ? new DialectEvent.Thinking(text) : new DialectEvent.Text(text));
    }

    private void tryBareCalls(BareCalls candidate, String text, int from, int to,
            Consumer<? super DialectEvent> out) {
        candidate.accept(text, from, to);
        if (!candidate.possible()) {
            bare = null;
            String source = candidate.source();
            emitText(source, 0, source.length(), out);
        }
    }

    private void settleBareCalls(Consumer<? super DialectEvent> out) {
        BareCalls candidate = bare;
        bare = null;
        if (candidate != null) {
            String source = candidate.source();
            if (!candidate.settle(calls, out)) {
                emitText(source, 0, source.length(), out);
            }
        }
    }

    private void pass(Mark mark, Consumer<? super DialectEvent> out) {
        settleBareCalls(out);
        newlines.setLength(0);
        afterMark = true;
        AnswerSyntax.Header said = null;
        if (part == Part.CALLS) {
            calls.end(out);
            String body = block.toString().strip();
            block.setLength(0);
            if (mark.next() != Part.CALLS && !body.isEmpty()) {
                repetition = new Repetition(body, mark.spelling());
            }
        }
        if (part == Part.HEADER && mark.next() == Part.HEADER) {
            header.append(' ');
        } else if (part == Part.HEADER) {
            said = syntax.header() == null ? null : syntax.header().apply(header.toString());
            header.setLength(0);
        }
        if (part == Part.THINKING && mark.next() == Part.TEXT && syntax.bareCalls()) {
            bare = new BareCalls(signatures);
        }
        if (part == Part.TEXT && mark.next() == Part.THINKING) {
            openedThinking(mark);
        }
        part = said == null ? mark.next() : said.part();
        if (part == Part.CALLS) {
            calls.begin(said == null ? null : said.tool());
            if (mark.kept()) {
                emit(mark.spelling(), 0, mark.spelling().length(), out);
            }
        }
    }

    private void abandonHeader(Consumer<? super DialectEvent> out) {
        part = Part.TEXT;
        if (!header.isEmpty()) {
            say(header.toString(), out);
            header.setLength(0);
        }
    }
}
