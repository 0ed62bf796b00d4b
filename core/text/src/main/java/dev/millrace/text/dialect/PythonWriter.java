/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes calls as Python does, with values as {@code repr} spells them. No value can break out of its quotes, and none can
 * spell a mark or control token: what could begin one is escaped.
 */
final class PythonWriter {

    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{Nd}_]*");
    private static final Pattern TOOL = Pattern.compile("[\\p{L}_][\\p{L}\\p{Nd}_.-]*");

    private final StringBuilder out = new StringBuilder();

    private PythonWriter() {
    }

    /**
     * Whether names allow the Python form: those of tools may have {@code .} and {@code -}, those of arguments not.
     *
     * @param calls any calls
     * @return true if every name does
     */
    static boolean canWrite(List<ToolCall> calls) {
        return calls.stream().allMatch(call -> TOOL.matcher(call.name()).matches()
                && call.arguments().keySet().stream().allMatch(key -> NAME.matcher(key).matches()));
    }

    /**
     * Writes calls, divided by commas.
     *
     * @param calls calls with {@linkplain #canWrite names that Python knows}
     * @return their source
     * @throws IllegalArgumentException if a value is none that the API describes, or nests too deep
     */
    static String calls(List<ToolCall> calls) {
        PythonWriter writer = new PythonWriter();
        String separator = "";
        for (ToolCall call : calls) {
            writer.out.append(separator);
            writer.call(call);
            separator = ", ";
        }
        return writer.out.toString();
    }

    private void call(ToolCall call) {
        out.append(call.name()).append('(');
        String separator = "";
        for (Map.Entry<String, @Nullable Object> argument : call.arguments().entrySet()) {
            out.append(separator).append(argument.getKey()).append('=');
            value(argument.getValue(), 0);
            separator = ", ";
        }
        out.append(')');
    }

    private void value(@Nullable Object value, int depth) {
        if (depth > LiteralReader.MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "Arguments may be nested " + LiteralReader.MAX_DEPTH + " deep at most.");
        }
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case CharSequence s -> quote(s.toString());
            case Map<?, ?> map -> map(map, depth);
            case Iterable<?> items -> {
                out.append('[');
                String separator = "";
                for (Object item : items) {
                    out.append(separator);
                    value(item, depth + 1);
                    separator = ", ";
                }
                out.append(']');
            }
            default -> out.append(Json.write(value));
        }
    }

    private void map(Map<?, ?> map, int depth) {
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator);
            quote(String.valueOf(entry.getKey()));
            out.append(": ");
            value(entry.getValue(), depth + 1);
            separator = ", ";
        }
        out.append('}');
    }

    private void quote(String value) {
        String text = Json.wellFormed(value);
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(c);
                    } else if (c < 0x20 || c == 0x7f || Guard.opensMark(text, i)) {
                        out.append("\\x").append(c < 0x10 ? "0" : "").append(Integer.toHexString(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append(quote);
    }
}
