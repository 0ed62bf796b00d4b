/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes calls as JSON objects. No value can spell a mark. */
final class JsonWriter {

    private JsonWriter() {
    }

    /** A list of calls: {@code [{"name": ..., "arguments": {...}}, ...]}. */
    static String list(List<ToolCall> calls) {
        return calls.stream().map(call -> object(call, "arguments")).collect(Collectors.joining(", ", "[", "]"));
    }

    /**
     * One call.
     *
     * @param call the call
     * @param arguments how the family calls the arguments
     */
    static String object(ToolCall call, String arguments) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("name", call.name());
        members.put(arguments, call.arguments());
        return Guard.json(members);
    }
}
