/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.limit;

/** What is left of the limits while one rendering runs. Every loop and every growing value pays here. */
public final class Budget {

    private static final int CLOCK_EVERY = 256;

    /** What an element of a list costs, in characters: about the memory that it takes. */
    private static final int ELEMENT = 32;

    private final TemplateLimits limits;
    private final long deadline;
    private long steps;
    private long characters;
    private long untilClock = CLOCK_EVERY;
    private int depth;

    public Budget(TemplateLimits limits) {
        this.limits = limits;
        this.deadline = System.nanoTime() + limits.time().toNanos();
    }

    public void step() {
        steps(1);
    }

    void steps(long count) {
        steps += count;
        untilClock -= count;
        if (steps > limits.steps()) {
            throw TemplateException.limit("it takes more than " + limits.steps() + " steps");
        }
        if (untilClock <= 0) {
            untilClock = CLOCK_EVERY;
            if (System.nanoTime() - deadline > 0) {
                throw TemplateException.limit("it takes longer than " + limits.time().toMillis() + " ms");
            }
        }
    }

    /** Pays for a string that is about to be made; called before the memory is taken. */
    public void characters(long length) {
        if (length > limits.characters()) {
            throw TemplateException.limit("a text of " + length + " characters is longer than " + limits.characters());
        }
        characters(length, 1);
    }

    /** Checks the length of a text that grows piece by piece. */
    public void grown(long length) {
        if (length > limits.characters()) {
            throw TemplateException.limit("a text is longer than " + limits.characters() + " characters");
        }
    }

    private void characters(long length, int each) {
        characters += length * each;
        if (characters > limits.totalCharacters()) {
            throw TemplateException.limit("it makes more than " + limits.totalCharacters() + " characters of text");
        }
        steps(1 + length / 64);
    }

    /** Pays for a list that is about to be made. */
    public void elements(long count) {
        characters(Math.min(count, Integer.MAX_VALUE), ELEMENT);
        steps(count);
    }

    /** Pays for a search, whose worst case is the product of the lengths. */
    public void search(int text, int sought) {
        steps(1 + (long) text * Math.max(1, sought) / 1024);
    }

    public void enter() {
        steps(1);
        if (++depth > limits.depth()) {
            throw TemplateException.limit("it is nested deeper than " + limits.depth());
        }
    }

    public void leave() {
        depth--;
    }
}
