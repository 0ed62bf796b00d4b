/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.DialectEvent;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds single calls in what stands between the marks of calls, while it streams, and has each understood. Brackets, commas,
 * semicolons, white space, comments and fences of Markdown around calls carry no meaning, so lists with and without brackets are
 * all the same.
 *
 * <p>
 * A call that cannot be understood is a problem of its own; its siblings stay. A quote too many would make one string of all
 * that follows, and a bracket that is left open would hold all that follows: where a call cannot be understood, its source is
 * divided once more, by {@link BrokenCalls}. A call with such a slip is told as a problem, never guessed at; those behind it are
 * read. Looks at every character once, and at most three
 * times more when its call is complete.
 */
final class CallScanner implements CallBlock {

    /** What stands between calls and is none. */
    static final String NO_CALL = "This is not a call of a tool.";

    private static final String STRAY_QUOTE = "The call cannot be understood: a quote inside a string needs a backslash before it.";
    private static final String OPEN_BRACKET = "The call cannot be understood: a bracket in it is not closed by its own kind.";
    private static final String CUT_OFF = "The call is cut off: it has no end.";

    private static final Pattern FENCE = Pattern.compile("```\\s*[\\p{L}\\p{Nd}_+-]*\\s*");
    private static final int MAX_FENCE = 32;

    private final StringBuilder element = new StringBuilder();
    private final StringBuilder junk = new StringBuilder();
    private final Signatures signatures;
    private final Strings strings;
    private Quotes quotes = new Quotes();
    private @Nullable String tool;
    private @Nullable String started;
    private boolean opened;
    private boolean body;
    private int depth;
    private boolean telling;
    private int told;
    private int endDepth;
    private int closing;
    private int count;
    private boolean comment;

    /** What divides strings from the rest. */
    private enum Strings {
        /** The rules of the language. */
        STRICT,
        /** Where the rules have failed. */
        LOOSE
    }

    CallScanner(Signatures signatures) {
        this(signatures, Strings.STRICT);
    }

    private CallScanner(Signatures signatures, Strings strings) {
        this.signatures = signatures;
        this.strings = strings;
    }

    @Override
    public void begin(@Nullable String name) {
        tool = name;
        opened = false;
        reset();
    }

    @Override
    public void accept(String text, int from, int to, Consumer<? super DialectEvent> out) {
        for (int at = from; at < to; at++) {
            take(text.charAt(at), out);
        }
        tell(element.length(), out);
    }

    @Override
    public void end(Consumer<? super DialectEvent> out) {
        if (body) {
            tell(element.length(), out);
            misunderstood(strings == Strings.LOOSE && quotes.isInside() ? STRAY_QUOTE : CUT_OFF, out);
        } else if (!isFence()) {
            junk.append(element);
        }
        flushJunk(out);
        if (tool != null && !opened) {
            problem("The call of " + tool + " has no arguments: expected an object.", tool, out);
        }
        reset();
    }

    private void reset() {
        element.setLength(0);
        quotes = new Quotes();
        started = null;
        body = false;
        depth = 0;
        closing = 0;
        telling = false;
        told = 0;
        comment = false;
    }

    private void take(char c, Consumer<? super DialectEvent> out) {
        if (comment) {
            comment = c != '\n';
            if (!element.isEmpty()) {
                element.append(c);
            }
            return;
        }
        if (element.isEmpty() && isBetween(c)) {
            if (!junk.isEmpty()) {
                junk.append(c);
            }
            return;
        }
        if (quotes.take(c)) {
            element.append(c);
            return;
        }
        if ((c == '\n' || c == '{') && isFence()) {
            element.setLength(0);
            if (c == '\n') {
                return;
            }
        }
        if (c == '#' && (element.isEmpty() ? tool == null : closing == 1)) {
            comment = true;
            if (!element.isEmpty()) {
                element.append(c);
            }
            return;
        }
        switch (c) {
            case '(', '[', '{' -> {
                if (!body && depth == 0 && c != '[') {
                    open(c, out);
                } else if (body && depth == 1 && c == '{' && started == null) {
                    openArguments(out);
                }
                element.append(c);
                depth++;
            }
            case ')', ']', '}' -> {
                if (depth == 0 && c == ']') {
                    endJunk(c);
                } else {
                    element.append(c);
                    depth = Math.max(0, depth - 1);
                    close(out);
                }
            }
            case ',', ';' -> {
                if (depth == 0) {
                    endJunk(c);
                } else {
                    element.append(c);
                }
            }
            default -> element.append(c);
        }
    }

    /** Something ends that is no call. */
    private void endJunk(char c) {
        junk.append(element).append(c);
        reset();
    }

    /** Whether the source in hand is the line that begins or ends a block of code in Markdown. */
    private boolean isFence() {
        return element.length() <= MAX_FENCE && FENCE.matcher(element).matches();
    }

    private static boolean isBetween(char c) {
        return Character.isWhitespace(c) || c == ',' || c == ';' || c == '[' || c == ']';
    }

    /**
     * A parenthesis or brace opens: with the right thing before it, this is a call. An object may be one by itself, whatever
     * stands before it.
     */
    private void open(char c, Consumer<? super DialectEvent> out) {
        if (element.length() > CallReader.MAX_HEAD) {
            return;
        }
        String head = element.toString().strip();
        String name = tool == null ? CallReader.name(head, c) : c == '{' ? tool : null;
        if (c == '{' && (tool != null || name == null)) {
            junk.append(element);
            element.setLength(0);
        }
        body = c == '{' || name != null;
        if (body) {
            opened = true;
            flushJunk(out);
        }
        if (name != null) {
            start(name, c == '(' ? element.length() + 1 : element.length(), 0, out);
            closing = c == '(' ? 1 : 0;
        }
    }

    /** A brace opens within a JSON call: if the name stands before it, the arguments can be told while they come. */
    private void openArguments(Consumer<? super DialectEvent> out) {
        String name = tool == null ? CallReader.name(element) : null;
        if (name != null) {
            start(name, element.length(), 1, out);
            closing = 0;
        }
    }

    private void start(String name, int from, int depthAtEnd, Consumer<? super DialectEvent> out) {
        started = name;
        told = from;
        telling = true;
        endDepth = depthAtEnd;
        out.accept(new DialectEvent.CallStarted(count, name));
    }

    /** A bracket has closed: maybe the arguments with it, maybe the call. */
    private void close(Consumer<? super DialectEvent> out) {
        if (telling && depth == endDepth) {
            tell(element.length() - closing, out);
            telling = false;
        }
        if (body && depth == 0) {
            complete(out);
        }
    }

    private void tell(int end, Consumer<? super DialectEvent> out) {
        if (telling && told < end) {
            out.accept(new DialectEvent.CallArguments(count, element.substring(told, end)));
            told = end;
        }
    }

    private void complete(Consumer<? super DialectEvent> out) {
        String source = element.toString();
        try {
            CallReader.Call call = tool != null ? CallReader.named(tool, source) : CallReader.read(source, signatures);
            if (started == null) {
                out.accept(new DialectEvent.CallStarted(count, call.name()));
                if (!call.source().isEmpty()) {
                    out.accept(new DialectEvent.CallArguments(count, call.source()));
                }
            }
            out.accept(new DialectEvent.CallCompleted(count,
                    new ToolCall(Integer.toString(count), call.name(), call.arguments())));
            count++;
        } catch (CallSyntaxException e) {
            misunderstood("The call cannot be understood: " + e.getMessage() + ".", out);
        }
        reset();
    }

    /** Tells what is wrong with the source in hand, or of its parts, if it is several calls that a slip holds together. */
    private void misunderstood(String message, Consumer<? super DialectEvent> out) {
        String source = element.toString();
        List<BrokenCalls.Part> parts = strings == Strings.STRICT && tool == null
                ? BrokenCalls.divide(source)
                : List.of(new BrokenCalls.Part(source, true));
        BrokenCalls.Part first = parts.getFirst();
        if (parts.size() == 1 && first.text().length() == source.length()) {
            problem(message, source, out);
            return;
        }
        problem(first.balanced() ? STRAY_QUOTE : OPEN_BRACKET, first.text().strip(), out);
        CallScanner rest = new CallScanner(signatures, Strings.LOOSE);
        rest.count = count;
        rest.begin(null);
        for (BrokenCalls.Part part : parts.subList(1, parts.size())) {
            rest.accept(part.text(), 0, part.text().length(), out);
            rest.end(out);
        }
        count = rest.count;
    }

    private void problem(String message, String source, Consumer<? super DialectEvent> out) {
        if (started != null) {
            count++;
        }
        out.accept(new DialectEvent.Problem(message, source));
    }

    private void flushJunk(Consumer<? super DialectEvent> out) {
        String source = junk.toString().strip();
        junk.setLength(0);
        // a bracket too many does no harm
        if (!source.chars().allMatch(c -> isBetween((char) c) || c == ')' || c == '}')) {
            out.accept(new DialectEvent.Problem(NO_CALL, source));
        }
    }
}
