/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.spi.text.DialectEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Calls in tags, as Qwen3-Coder writes them:
 *
 * <pre>{@code
 * <function=name>
 * <parameter=key>
 * value
 * </parameter>
 * </function>
 * }</pre>
 *
 * Nothing is escaped: a value is the text between the line breaks beside its tags, quotes, braces and line breaks included. Every
 * value is a string; {@link ToolArguments} makes the numbers and truth values of it that the tool wants. An end of a parameter may
 * be missing. A call whose own end is missing is told as a problem, and the next one is read. A value may speak of tags, if its own
 * end is there. A block that is a JSON object is taken as a call too. Looks at every character once, and once more when its call is
 * complete.
 */
final class TaggedCalls implements CallBlock {

    static final String FUNCTION = "<function=";
    private static final String FUNCTION_END = "</function>";
    private static final String PARAMETER = "<parameter=";
    private static final String PARAMETER_END = "</parameter>";
    private static final int LONGEST = PARAMETER_END.length();
    private static final String NO_END = "The call is cut off: it has no </function>.";
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{Nd}_.-]+");

    private final StringBuilder pending = new StringBuilder();
    /** Up to here, all tags are known. */
    private int searched;
    /** Where the call in hand begins, or -1. */
    private int function;
    private boolean inParameter;
    /** Where another call begins inside a parameter, or a value speaks of one; -1 if nothing does. */
    private int inner;
    /** Where a parameter has no end but the call has, or a value speaks of one; -1 if nothing does. */
    private int candidate;
    private int count;

    @Override
    public void begin(@Nullable String name) {
        pending.setLength(0);
        forget();
    }

    private void forget() {
        searched = 0;
        function = -1;
        inParameter = false;
        inner = -1;
        candidate = -1;
    }

    @Override
    public void accept(String text, int from, int to, Consumer<? super DialectEvent> out) {
        pending.append(text, from, to);
        search(false, out);
    }

    /**
     * Looks at each tag once.
     *
     * @param whole whether no more text comes
     */
    private void search(boolean whole, Consumer<? super DialectEvent> out) {
        while (true) {
            int at = pending.indexOf("<", searched);
            if (at < 0) {
                searched = pending.length();
                return;
            }
            if (!whole && pending.length() - at < LONGEST) {
                searched = at;
                return;
            }
            if (startsWith(FUNCTION_END, at)) {
                int next = skipSpace(pending, at + FUNCTION_END.length());
                if (inParameter && !whole && pending.length() - next < FUNCTION.length()) {
                    searched = at; // what follows tells whether it is the end
                    return;
                }
                if (!inParameter || next == pending.length() || startsWith(FUNCTION, next)) {
                    ended(at, out);
                    continue;
                }
                candidate = candidate < 0 ? at : candidate;
            } else if (startsWith(PARAMETER_END, at)) {
                inParameter = false;
                inner = -1;
                candidate = -1;
            } else if (startsWith(PARAMETER, at)) {
                if (inParameter && inner >= 0) {
                    broken(inner, out);
                    continue;
                }
                inParameter = true;
            } else if (startsWith(FUNCTION, at)) {
                if (inParameter) {
                    inner = inner < 0 ? at : inner;
                } else if (function >= 0) {
                    broken(at, out);
                    continue;
                } else {
                    function = at;
                }
            }
            searched = at + 1;
        }
    }

    private boolean startsWith(String tag, int at) {
        if (at + tag.length() > pending.length()) {
            return false;
        }
        for (int i = 0; i < tag.length(); i++) {
            if (pending.charAt(at + i) != tag.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** A call has its end. */
    private void ended(int at, Consumer<? super DialectEvent> out) {
        if (inParameter && inner >= 0) {
            broken(inner, out);
            return; // the one that begins there comes to its end next
        }
        call(pending.substring(0, at), out);
        pending.delete(0, at + FUNCTION_END.length());
        forget();
    }

    /** A call has no end, and another one begins. */
    private void broken(int next, Consumer<? super DialectEvent> out) {
        out.accept(new DialectEvent.Problem(NO_END, pending.substring(0, next).strip()));
        pending.delete(0, next);
        forget();
    }

    @Override
    public void end(Consumer<? super DialectEvent> out) {
        search(true, out);
        if (candidate >= 0) {
            ended(candidate, out);
            search(true, out);
        }
        String rest = pending.toString().strip();
        begin(null);
        if (rest.startsWith("{")) {
            try {
                CallReader.Call call = CallReader.read(rest, Signatures.NONE);
                complete(call.name(), call.arguments(), out);
            } catch (CallSyntaxException e) {
                misunderstood(e.getMessage(), rest, out);
            }
        } else if (rest.contains(FUNCTION)) {
            out.accept(new DialectEvent.Problem(NO_END, rest));
        } else if (!rest.isEmpty()) {
            out.accept(new DialectEvent.Problem(CallScanner.NO_CALL, rest));
        }
    }

    private void call(String source, Consumer<? super DialectEvent> out) {
        int start = source.indexOf(FUNCTION);
        String before = (start < 0 ? source : source.substring(0, start)).strip();
        if (!before.isEmpty()) {
            out.accept(new DialectEvent.Problem(CallScanner.NO_CALL, before));
        }
        if (start < 0) {
            return;
        }
        try {
            int head = start + FUNCTION.length();
            int body = source.indexOf('>', head) + 1;
            complete(name(source, head, body - 1), arguments(source, body), out);
        } catch (CallSyntaxException e) {
            misunderstood(e.getMessage(), source.substring(start) + FUNCTION_END, out);
        }
    }

    private static Map<String, @Nullable Object> arguments(String source, int body) throws CallSyntaxException {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        int at = skipSpace(source, body);
        while (at < source.length()) {
            if (!source.startsWith(PARAMETER, at)) {
                throw new CallSyntaxException("expected " + PARAMETER + "name> after the name of the tool");
            }
            int head = at + PARAMETER.length();
            int begin = source.indexOf('>', head) + 1;
            String key = name(source, head, begin - 1);
            int next = source.indexOf(PARAMETER, begin);
            int last = next < 0 ? source.length() : next;
            int end = source.indexOf(PARAMETER_END, begin, last);
            int stop = end < 0 ? last : end;
            if (arguments.put(key, value(source, begin, stop)) != null) {
                throw new CallSyntaxException("the argument '" + key + "' is given twice");
            }
            at = skipSpace(source, end < 0 ? stop : stop + PARAMETER_END.length());
        }
        return arguments;
    }

    /** Without the one line break that the family writes on either side. */
    private static String value(String source, int from, int to) {
        int begin = from < to && source.charAt(from) == '\n' ? from + 1 : from;
        return source.substring(begin, begin < to && source.charAt(to - 1) == '\n' ? to - 1 : to);
    }

    private static String name(String source, int from, int to) throws CallSyntaxException {
        String name = to < from ? "" : source.substring(from, to).strip();
        if (name.length() > CallReader.MAX_HEAD || !NAME.matcher(name).matches()) {
            throw new CallSyntaxException(
                    "expected a name and '>' behind " + source.substring(source.lastIndexOf('<', from), from));
        }
        return name;
    }

    private static int skipSpace(CharSequence source, int from) {
        int at = from;
        while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
            at++;
        }
        return at;
    }

    private void complete(String name, Map<String, @Nullable Object> arguments, Consumer<? super DialectEvent> out) {
        out.accept(new DialectEvent.CallStarted(count, name));
        out.accept(new DialectEvent.CallArguments(count, Json.write(arguments)));
        out.accept(new DialectEvent.CallCompleted(count, new ToolCall(Integer.toString(count), name, arguments)));
        count++;
    }

    private static void misunderstood(@Nullable String why, String source, Consumer<? super DialectEvent> out) {
        out.accept(new DialectEvent.Problem("The call cannot be understood: " + why + ".", source));
    }
}
