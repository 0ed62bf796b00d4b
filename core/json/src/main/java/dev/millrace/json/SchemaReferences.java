/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * References within a JSON schema: what they point at, and whether one leads back to where it stands before anything of a value has
 * been looked at. Such a circle has no end, and JSON Schema leaves open what it means (draft 2020-12, core, section 9.4.1). A
 * reference from a member or an item back to the whole is none: each step takes a smaller value. Not for use from several threads.
 */
public final class SchemaReferences {

    /** Deeper schemas are not searched for anchors. */
    private static final int DEEPEST = 64;
    private static final List<String> REFERENCES = List.of("$ref", "$dynamicRef");
    /** Keywords whose schemas are about the same value. */
    private static final Set<String> SAME_ONE = Set.of("not", "if", "then", "else");
    private static final Set<String> SAME_SEVERAL = Set.of("allOf", "anyOf", "oneOf");
    private static final Set<String> SAME_NAMED = Set.of("dependentSchemas", "dependencies");
    /** Keywords whose schemas are about a part of the value. */
    private static final Set<String> PART_ONE = Set.of("items", "additionalItems", "additionalProperties", "contains",
            "propertyNames", "unevaluatedItems", "unevaluatedProperties");
    private static final Set<String> PART_SEVERAL = Set.of("prefixItems", "items");
    private static final Set<String> PART_NAMED = Set.of("properties", "patternProperties");

    private final Map<?, ?> root;
    private @Nullable Map<String, Object> names;

    /** How far a schema has been looked at. */
    private enum Mark {
        OPEN, DONE
    }

    private final IdentityHashMap<Object, Mark> marks = new IdentityHashMap<>();
    private final Deque<Map<?, ?>> parts = new ArrayDeque<>();
    private final Set<Object> known = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * The references of a schema.
     *
     * @param root the whole schema, as plain maps and lists
     */
    public SchemaReferences(Map<?, ?> root) {
        this.root = root;
    }

    /**
     * What a reference points at.
     *
     * @param reference such as {@code #/$defs/room}, {@code #room}, or {@code room} where a schema has that {@code $id}
     * @return null where it points outside of the schema or at nothing
     */
    public @Nullable Object target(String reference) {
        int mark = reference.indexOf('#');
        String name = mark < 0 ? reference : reference.substring(0, mark);
        String fragment = mark < 0 ? "" : reference.substring(mark + 1);
        Object at = name.isEmpty() ? root : names().getOrDefault(name, names().get(resolved(name)));
        if (fragment.isEmpty() || at == null) {
            return at;
        }
        if (fragment.charAt(0) != '/') {
            return names().get("#" + fragment);
        }
        for (String step : fragment.substring(1).split("/", -1)) {
            String key = percentDecoded(step).replace("~1", "/").replace("~0", "~");
            at = switch (at) {
                case Map<?, ?> map -> map.get(key);
                case List<?> list when key.matches("[0-9]{1,6}") && Integer.parseInt(key) < list.size() ->
                    list.get(Integer.parseInt(key));
                case null, default -> null;
            };
        }
        return at;
    }

    /** The schemas that have names: by their anchor behind a number sign, and by their {@code $id}, as written and in full. */
    private Map<String, Object> names() {
        if (names == null) {
            names = new HashMap<>();
            collect(root, names, 0);
        }
        return names;
    }

    private void collect(@Nullable Object schema, Map<String, Object> names, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        if (schema instanceof Map<?, ?> map) {
            for (String keyword : List.of("$anchor", "$dynamicAnchor")) {
                if (map.get(keyword) instanceof String anchor) {
                    names.putIfAbsent("#" + anchor, map);
                }
            }
            if (map.get("$id") instanceof String id) {
                names.putIfAbsent(id, map);
                names.putIfAbsent(resolved(id), map);
            }
            map.values().forEach(each -> collect(each, names, depth + 1));
        } else if (schema instanceof List<?> list) {
            list.forEach(each -> collect(each, names, depth + 1));
        }
    }

    /** An address as the whole schema's own completes it. */
    private String resolved(String address) {
        try {
            return root.get("$id") instanceof String base ? URI.create(base).resolve(address).toString() : address;
        } catch (IllegalArgumentException e) {
            return address;
        }
    }

    private static String percentDecoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /**
     * The first reference that closes a circle without an end.
     *
     * @return the reference, such as {@code #}; empty if there is none
     */
    public Optional<String> circle() {
        marks.clear();
        known.clear();
        parts.clear();
        part(root);
        while (!parts.isEmpty()) {
            Optional<String> found = circle(parts.poll());
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private void part(@Nullable Object schema) {
        if (schema instanceof Map<?, ?> map && known.add(map)) {
            parts.add(map);
        }
    }

    /**
     * A step of the walk over schemas about the same value.
     *
     * @param reference by which the walk came here; empty if by none
     * @param ways to the schemas that are still to be looked at
     */
    private record Step(Map<?, ?> schema, String reference, Deque<Way> ways) {
    }

    /**
     * Leads to a schema.
     *
     * @param reference by which; empty if it stands there itself
     */
    private record Way(Map<?, ?> schema, String reference) {
    }

    /** A circle among the schemas about the same value, beginning at one. Without recursion: schemas nest as deep as they like. */
    private Optional<String> circle(Map<?, ?> from) {
        if (marks.containsKey(from)) {
            return Optional.empty();
        }
        Deque<Step> steps = new ArrayDeque<>();
        steps.push(opened(new Way(from, "")));
        while (!steps.isEmpty()) {
            Step step = steps.element();
            Way way = step.ways.poll();
            if (way == null) {
                marks.put(step.schema, Mark.DONE);
                steps.pop();
            } else if (marks.get(way.schema) == Mark.OPEN) {
                // data cannot hold itself, so a reference has closed it: this one, or the last one on the way
                return Stream.concat(Stream.of(way.reference), steps.stream().map(Step::reference))
                        .filter(reference -> !reference.isEmpty()).findFirst().or(() -> Optional.of("#"));
            } else if (!marks.containsKey(way.schema)) {
                steps.push(opened(way));
            }
        }
        return Optional.empty();
    }

    private Step opened(Way by) {
        Map<?, ?> schema = by.schema;
        marks.put(schema, Mark.OPEN);
        Deque<Way> ways = new ArrayDeque<>();
        for (String keyword : REFERENCES) {
            if (schema.get(keyword) instanceof String reference && target(reference) instanceof Map<?, ?> target) {
                ways.add(new Way(target, reference));
            }
        }
        schema.forEach((key, value) -> {
            String keyword = String.valueOf(key);
            if (SAME_ONE.contains(keyword)) {
                way(ways, value);
            } else if (SAME_SEVERAL.contains(keyword) && value instanceof List<?> list) {
                list.forEach(each -> way(ways, each));
            } else if (SAME_NAMED.contains(keyword) && value instanceof Map<?, ?> map) {
                map.values().forEach(each -> way(ways, each));
            }
            if (PART_ONE.contains(keyword)) {
                part(value);
            }
            if (PART_SEVERAL.contains(keyword) && value instanceof List<?> list) {
                list.forEach(this::part);
            } else if (PART_NAMED.contains(keyword) && value instanceof Map<?, ?> map) {
                map.values().forEach(this::part);
            }
        });
        return new Step(schema, by.reference, ways);
    }

    private static void way(Deque<Way> ways, @Nullable Object value) {
        if (value instanceof Map<?, ?> schema) {
            ways.add(new Way(schema, ""));
        }
    }
}
