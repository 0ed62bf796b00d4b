/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.marked.MarkedText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes calls by a dialect and keeps apart the dialect's marks, which are trusted, and names and values, which are data. A
 * dialect gives one string; so a character that no text has (a Unicode noncharacter) is put into every control spelling that
 * the data holds, and afterwards shows where those stand.
 */
final class GuardedCalls {

    private static final char GUARD = '\uFDD0';
    private static final String GUARD_TEXT = String.valueOf(GUARD);

    private final Dialect dialect;
    /** Control tokens as they are spelled, two characters or more. */
    private final List<String> spellings;

    GuardedCalls(Dialect dialect, List<String> spellings) {
        this.dialect = dialect;
        this.spellings = spellings;
    }

    MarkedText write(List<ToolCall> calls) {
        List<ToolCall> guarded = new ArrayList<>();
        for (ToolCall call : calls) {
            guarded.add(new ToolCall(call.id(), guard(call.name()), guardAll(call.arguments())));
        }
        return unguard(dialect.write(guarded));
    }

    private String guard(String data) {
        // guards in the data itself would be taken for ours; as noncharacters they mean nothing, so they go
        String text = data.replace(GUARD_TEXT, "");
        StringBuilder out = null;
        int copied = 0;
        for (int i = 0; i < text.length(); i++) {
            if (beginsControl(text, i)) {
                out = out == null ? new StringBuilder() : out;
                out.append(text, copied, i + 1).append(GUARD);
                copied = i + 1;
            }
        }
        return out == null ? text : out.append(text, copied, text.length()).toString();
    }

    private boolean beginsControl(String text, int at) {
        for (String spelling : spellings) {
            if (text.startsWith(spelling, at)) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Object guardAny(@Nullable Object value) {
        return switch (value) {
            case CharSequence text -> guard(text.toString());
            case Map<?, ?> map -> guardAll(map);
            case List<?> list -> {
                List<@Nullable Object> out = new ArrayList<>();
                list.forEach(item -> out.add(guardAny(item)));
                yield out;
            }
            case null, default -> value;
        };
    }

    private Map<String, @Nullable Object> guardAll(Map<?, ?> map) {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        map.forEach((key, value) -> out.put(guard(String.valueOf(key)), guardAny(value)));
        return out;
    }

    /** Takes the guards out; the character before each is inert, so no control token can begin there. */
    private static MarkedText unguard(String text) {
        MarkedText out = MarkedText.trusted("");
        int from = 0;
        for (int at = text.indexOf(GUARD); at >= 0; at = text.indexOf(GUARD, from)) {
            int inert = Math.max(from, at - 1);
            out = out.plus(MarkedText.trusted(text.substring(from, inert)))
                    .plus(MarkedText.inert(text.substring(inert, at)));
            from = at + 1;
        }
        return out.plus(MarkedText.trusted(text.substring(from)));
    }
}
