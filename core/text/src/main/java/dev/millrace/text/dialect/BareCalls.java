/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.DialectEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The beginning of an answer that may be calls without any mark around them. Held back as long as it looks like calls; calls
 * only if at least one is understood and nothing stands there that is no call, else text.
 */
final class BareCalls {

    private static final int DECIDED_BY = 256;

    private static final Pattern START = Pattern
            .compile("\\s*(?:\\[?\\s*\\{\\s*\"(?:name|type|function|parameters|arguments)\""
                    + "|\\[\\s*[A-Za-z_][A-Za-z0-9_.-]*\\s*\\()");

    private final Signatures signatures;
    private final StringBuilder source = new StringBuilder();
    private boolean decided;
    private boolean possible = true;

    BareCalls(Signatures signatures) {
        this.signatures = signatures;
    }

    /** Takes more of the answer. */
    @SuppressWarnings("JdkObsolete") // hitEnd() is made for this: more input could still make a match
    void accept(String text, int from, int to) {
        source.append(text, from, to);
        if (!decided) {
            Matcher matcher = START.matcher(source).region(0, Math.min(DECIDED_BY, source.length()));
            if (matcher.lookingAt()) {
                decided = true;
            } else if (!matcher.hitEnd() || source.length() >= DECIDED_BY) {
                decided = true;
                possible = false;
            }
        }
    }

    /** Whether it still looks like calls. */
    boolean possible() {
        return possible;
    }

    /** All that was taken. */
    String source() {
        return source.toString();
    }

    /**
     * Decides at the end.
     *
     * @param calls takes the calls, if they are some
     * @param out gets their events
     * @return whether it was calls; false if it is text
     */
    boolean settle(CallBlock calls, Consumer<? super DialectEvent> out) {
        List<DialectEvent> trial = new ArrayList<>();
        scan(new CallScanner(signatures), trial::add);
        boolean completed = trial.stream().anyMatch(DialectEvent.CallCompleted.class::isInstance);
        boolean junk = trial.stream()
                .anyMatch(event -> event instanceof DialectEvent.Problem problem && !isBrokenCall(problem));
        if (!completed || junk || (isJson() && lacksArguments(trial))) {
            return false;
        }
        scan(calls, out);
        return true;
    }

    private static boolean isBrokenCall(DialectEvent.Problem problem) {
        boolean begins = START.matcher(problem.source()).lookingAt()
                || START.matcher("[" + problem.source()).lookingAt();
        return begins && !problem.message().equals(CallScanner.NO_CALL);
    }

    private boolean isJson() {
        return source.indexOf("{") >= 0 && source.substring(0, source.indexOf("{")).replace("[", "").isBlank();
    }

    /** Any object with a name might be a call without arguments; without a mark, that is not enough. */
    private static boolean lacksArguments(List<DialectEvent> events) {
        long calls = events.stream().filter(DialectEvent.CallStarted.class::isInstance).count();
        return events.stream().filter(DialectEvent.CallArguments.class::isInstance)
                .map(event -> ((DialectEvent.CallArguments) event).index()).distinct().count() < calls;
    }

    private void scan(CallBlock calls, Consumer<? super DialectEvent> out) {
        calls.begin(null);
        calls.accept(source.toString(), 0, source.length(), out);
        calls.end(out);
    }
}
