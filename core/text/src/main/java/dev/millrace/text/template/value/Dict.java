/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's dict: ordered, with keys that are equal as Python sees it (1, 1.0 and True are one key). Filled, then never changed. */
public final class Dict implements Typed {

    /**
     * A key with its value.
     *
     * @param key as it was first written
     * @param value what it stands for
     */
    public record Entry(Object key, Object value) {
    }

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    @Override
    public String type() {
        return "dict";
    }

    @Nullable
    public Object get(Object key) {
        Entry entry = entries.get(hashable(key));
        return entry == null ? null : entry.value();
    }

    @Nullable
    public Object get(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    boolean has(Object key) {
        return entries.containsKey(hashable(key));
    }

    public void put(Object key, Object value) {
        Object hashable = hashable(key);
        Entry before = entries.get(hashable);
        entries.put(hashable, new Entry(before == null ? key : before.key(), value));
    }

    public int size() {
        return entries.size();
    }

    public Iterable<Entry> entries() {
        return entries.values();
    }

    public List<Object> keys() {
        List<Object> keys = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> keys.add(entry.key()));
        return keys;
    }

    public List<Object> values() {
        List<Object> values = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> values.add(entry.value()));
        return values;
    }

    public List<Object> items() {
        List<Object> items = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> items.add(Tuple.of(entry.key(), entry.value())));
        return items;
    }

    /** A stand-in that is equal exactly if Python's keys are. */
    public static Object hashable(Object key) {
        return switch (key) {
            case MarkedText text -> text.text();
            case Boolean b -> b ? 1L : 0L;
            case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> (long) d.doubleValue();
            case Tuple tuple -> {
                List<Object> parts = new ArrayList<>();
                for (Object item : tuple.items()) {
                    if (item instanceof Tuple) {
                        throw TemplateException.of("tuples within tuples are not supported as keys");
                    }
                    parts.add(hashable(item));
                }
                yield parts;
            }
            case Number number -> key;
            case None none -> key;
            // the content of others may be deep or shared many times over: it is never hashed
            default -> throw TemplateException.of("unhashable type: '" + Types.of(key) + "'");
        };
    }
}
