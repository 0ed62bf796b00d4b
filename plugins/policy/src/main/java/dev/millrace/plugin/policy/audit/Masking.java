/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes secrets out of data by their keys. What stands under another key, or in the middle of a text, cannot be known. */
public final class Masking {

    /** What stands in place of a secret. */
    public static final String MASK = "***";

    private static final int DEEPEST = 64;
    private static final Set<String> KEYS = Set.of("password", "passwd", "passphrase", "secret", "token", "apikey",
            "authorization", "credential", "cookie", "privatekey", "accesskey");
    private static final Set<String> WHOLE = Set.of("pin", "pwd", "pass", "auth", "otp");

    private final Set<String> more;

    /**
     * Masks what is usual and more.
     *
     * @param more further words that a key of a secret contains
     */
    public Masking(List<String> more) {
        this.more = Set.copyOf(more.stream().map(Masking::plain).filter(word -> !word.isEmpty()).toList());
    }

    private static String plain(String key) {
        return key.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
    }

    private boolean isSecret(String key) {
        String plain = plain(key);
        return WHOLE.contains(plain) || KEYS.stream().anyMatch(plain::contains)
                || more.stream().anyMatch(plain::contains);
    }

    /**
     * Data without secrets.
     *
     * @param data maps, lists and values
     * @return a copy
     */
    public @Nullable Object masked(@Nullable Object data) {
        return masked(data, 0);
    }

    private @Nullable Object masked(@Nullable Object data, int depth) {
        if (depth > DEEPEST) {
            return MASK;
        }
        return switch (data) {
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                map.forEach((name, value) -> {
                    String key = String.valueOf(name);
                    copy.put(key, value != null && isSecret(key) ? MASK : masked(value, depth + 1));
                });
                yield copy;
            }
            case Iterable<?> list -> {
                List<@Nullable Object> copy = new ArrayList<>();
                list.forEach(value -> copy.add(masked(value, depth + 1)));
                yield copy;
            }
            case null, default -> data;
        };
    }
}
