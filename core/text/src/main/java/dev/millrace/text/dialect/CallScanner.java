/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.DialectEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds single calls in what stands between the marks of calls, while it streams, and has each understood. Brackets, commas,
 * semicolons and white space around calls carry no meaning, so lists with and without brackets are all the same. A call that
 * cannot be understood is a problem of its own; its siblings stay. Looks at every character once, and once more when its
 * call is complete.
 */
final class CallScanner {

    private final StringBuilder element = new StringBuilder();
    private final StringBuilder junk = new StringBuilder();
    private Quotes quotes = new Quotes();
    private @Nullable String tool;
    private @Nullable String started;
    private boolean body;
    private int depth;
    private int told;
    private int count;

    /**
     * Begins a block.
     *
     * @param name the tool that all of it calls, or null if the calls name their tools themselves
     */
    void begin(@Nullable String name) {
        tool = name;
        reset();
    }

    /**
     * Takes more of the block.
     *
     * @param text a text
     * @param from first character
     * @param to one past the last character
     * @param out gets events
     */
    void accept(String text, int from, int to, Consumer<? super DialectEvent> out) {
        for (int at = from; at < to; at++) {
            take(text.charAt(at), out);
        }
        tell(element.length(), out);
    }

    /**
     * Ends the block.
     *
     * @param out gets what is left
     */
    void end(Consumer<? super DialectEvent> out) {
        if (body) {
            tell(element.length(), out);
            problem("The call is cut off: it has no end.", element.toString(), out);
        } else {
            junk.append(element);
        }
        flushJunk(out);
        reset();
    }

    private void reset() {
        element.setLength(0);
        quotes = new Quotes();
        started = null;
        body = false;
        depth = 0;
        told = 0;
    }

    private void take(char c, Consumer<? super DialectEvent> out) {
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
        if (!body && depth == 0 && (c == ',' || c == ';' || c == ']')) {
            junk.append(element).append(c);
            reset();
            return;
        }
        if (depth == 0 && (c == '(' || c == '{')) {
            body(c, out);
        }
        element.append(c);
        switch (c) {
            case '(', '[', '{' -> depth++;
            case ')', ']', '}' -> {
                depth = Math.max(0, depth - 1);
                if (depth == 0 && body && c != ']') {
                    complete(out);
                }
            }
            default -> {
                // any other character belongs to the element
            }
        }
    }

    private static boolean isBetween(char c) {
        return Character.isWhitespace(c) || c == ',' || c == ';' || c == '[' || c == ']';
    }

    /** A parenthesis or brace opens: with the right thing before it, this is a call. */
    private void body(char c, Consumer<? super DialectEvent> out) {
        String before = element.toString().strip();
        boolean named = !before.isEmpty() && before.chars().allMatch(b -> LiteralReader.isName((char) b));
        body = c == '{' ? before.isEmpty() || LiteralReader.isName(before.charAt(0)) : named;
        if (body) {
            flushJunk(out);
        }
        if (c == '(' && named && tool == null) {
            start(before, element.length() + 1, out);
        } else if (c == '{' && before.isEmpty() && tool != null) {
            start(tool, element.length(), out);
        }
    }

    private void start(String name, int arguments, Consumer<? super DialectEvent> out) {
        started = name;
        told = arguments;
        out.accept(new DialectEvent.CallStarted(count, name));
    }

    private void tell(int end, Consumer<? super DialectEvent> out) {
        if (started != null && told < end) {
            out.accept(new DialectEvent.CallArguments(count, element.substring(told, end)));
            told = end;
        }
    }

    private void complete(Consumer<? super DialectEvent> out) {
        tell(element.length() - (tool == null ? 1 : 0), out);
        String source = element.toString();
        try {
            CallReader.Call call = tool != null ? CallReader.named(tool, source) : CallReader.read(source);
            if (started == null) {
                out.accept(new DialectEvent.CallStarted(count, call.name()));
                out.accept(new DialectEvent.CallArguments(count, call.source()));
            }
            out.accept(new DialectEvent.CallCompleted(count,
                    new ToolCall(Integer.toString(count), call.name(), call.arguments())));
            count++;
        } catch (CallSyntaxException e) {
            problem("The call cannot be understood: " + e.getMessage() + ".", source, out);
        }
        reset();
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
        if (!source.isEmpty()) {
            out.accept(new DialectEvent.Problem("This is no call of a tool.", source));
        }
    }
}
