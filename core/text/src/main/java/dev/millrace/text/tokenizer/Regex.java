/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A regular expression from a file, in the dialect of Oniguruma (Ruby syntax, which Hugging Face's files are written for).
 * Neither the expression nor the text is trusted: steps are counted, and an expression that backtracks without end is refused.
 */
final class Regex implements Matches {

    private static final int LONGEST = 1 << 14;
    private static final int FLAGS = Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE
            | Pattern.UNIX_LINES;
    /** A well-made split looks at a char some ten times. */
    private static final long STEPS_PER_CHAR = 256;
    private static final long STEPS_ALWAYS = 1 << 17;

    /** What Oniguruma takes for a character of a word. */
    private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xB2\\xB3\\xB9\\xBC-\\xBE";
    private static final Set<String> CLASSES = Set.of("Alnum", "Alpha", "Blank", "Cntrl", "Digit", "Graph", "Lower",
            "Print",
            "Punct", "Space", "Upper");

    private final Pattern pattern;

    /**
     * Compiles an expression.
     *
     * @param key where it stands in the file
     * @param regex as it stands there
     * @throws MillraceException if it is malformed or not supported
     */
    Regex(String key, String regex) {
        if (regex.length() > LONGEST) {
            throw new MillraceException(key + ": The regular expression has " + regex.length() + " characters; at most "
                    + LONGEST + " are supported.");
        }
        try {
            pattern = Pattern.compile(translate(regex), FLAGS);
        } catch (RuntimeException e) {
            throw new MillraceException(key + ": The regular expression is malformed or not supported: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ".", e);
        } catch (StackOverflowError e) {
            throw new MillraceException(key + ": The regular expression is nested too deeply.", e);
        }
    }

    @Override
    public void find(char[] text, int from, int to, IntList found) {
        Window window = new Window(text, from, to, STEPS_ALWAYS + STEPS_PER_CHAR * (to - from));
        Matcher matcher = pattern.matcher(window);
        try {
            while (matcher.find()) {
                found.add(from + matcher.start());
                found.add(from + matcher.end());
            }
        } catch (StackOverflowError e) {
            throw tooHard(e);
        } catch (OutOfSteps e) {
            throw tooHard(e);
        }
    }

    /** Replaces every match by a text. */
    String replace(String text, String replacement) {
        char[] chars = text.toCharArray();
        IntList found = new IntList(16);
        find(chars, 0, chars.length, found);
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        for (int i = 0; i < found.size(); i += 2) {
            out.append(text, at, found.get(i)).append(replacement);
            at = found.get(i + 1);
        }
        return out.append(text, at, text.length()).toString();
    }

    private MillraceException tooHard(Throwable cause) {
        String shown = pattern.pattern();
        return new MillraceException("The regular expression \""
                + (shown.length() > 80 ? shown.substring(0, 80) + "…" : shown)
                + "\" of the tokenizer needs too many steps on this text; the file is damaged or hostile.", cause);
    }

    /** Writes an expression in Java's dialect where the two differ. */
    static String translate(String regex) {
        StringBuilder out = new StringBuilder(regex.length() + 16);
        int classes = 0;
        for (int i = 0; i < regex.length(); i++) {
            char c = regex.charAt(i);
            if (c != '\\' || i + 1 == regex.length()) {
                classes = c == '[' ? classes + 1 : c == ']' ? Math.max(0, classes - 1) : classes;
                out.append(c);
                continue;
            }
            char next = regex.charAt(++i);
            int close = regex.indexOf('}', i);
            if ((next == 'p' || next == 'P') && i + 2 < regex.length() && regex.charAt(i + 1) == '{' && close > 0) {
                out.append(property(next, regex.substring(i + 2, close)));
                i = close;
            } else {
                out.append(escape(next, classes > 0));
            }
        }
        return out.toString();
    }

    private static String escape(char c, boolean inClass) {
        return switch (c) {
            case 'w' -> inClass ? WORD : "[" + WORD + "]";
            case 'W' -> "[^" + WORD + "]";
            case 'h' -> "[0-9a-fA-F]";
            case 'H' -> "[^0-9a-fA-F]";
            case 'b' -> inClass
                    ? "\\x08"
                    : "(?:(?<=[" + WORD + "])(?![" + WORD + "])|(?<![" + WORD + "])(?=[" + WORD + "]))";
            case 'B' -> "(?:(?<=[" + WORD + "])(?=[" + WORD + "])|(?<![" + WORD + "])(?![" + WORD + "]))";
            default -> "\\" + c;
        };
    }

    private static String property(char sign, String name) {
        boolean negative = (sign == 'P') != name.startsWith("^");
        String plain = name.startsWith("^") ? name.substring(1) : name;
        // general categories have one or two letters; longer names are classes, scripts and binary properties
        boolean asIs = plain.length() <= 2 || plain.startsWith("Is") || CLASSES.contains(plain);
        return (negative ? "\\P{" : "\\p{") + (asIs ? "" : "Is") + plain + "}";
    }

    /** Part of a text that counts how often it is looked at. */
    private static final class Window implements CharSequence {

        private final char[] text;
        private final int from;
        private final int to;
        private long steps;

        Window(char[] text, int from, int to, long steps) {
            this.text = text;
            this.from = from;
            this.to = to;
            this.steps = steps;
        }

        @Override
        public char charAt(int index) {
            if (--steps < 0) {
                throw new OutOfSteps();
            }
            return text[from + index];
        }

        @Override
        public int length() {
            return to - from;
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new String(text, from + start, end - start);
        }

        @Override
        public String toString() {
            return new String(text, from, to - from);
        }
    }

    private static final class OutOfSteps extends RuntimeException {

        private static final long serialVersionUID = 1;

        OutOfSteps() {
            super("too many steps", null, false, false);
        }
    }
}
