/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The schemas of a document by their addresses, so that references find them. What lies outside of the document is not fetched.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-core#section-8">JSON Schema, core: identifying and referencing</a>
 */
final class Places {

    private static final int MOST_PLACES = 100_000;
    private static final int MOST_DEPTH = 400;

    /** Keywords that hold one schema. */
    private static final Set<String> ONE = Set.of("additionalProperties", "additionalItems", "items", "contains", "not",
            "if", "then", "else", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "contentSchema");
    /** Keywords that hold a list of schemas; items did so in older drafts. */
    private static final Set<String> SEVERAL = Set.of("allOf", "anyOf", "oneOf", "prefixItems", "items");
    /** Keywords that hold schemas by name. */
    private static final Set<String> NAMED = Set.of("properties", "patternProperties", "dependentSchemas", "$defs",
            "definitions", "dependencies");

    /** The drafts that are known, by the end of their address; whether $ref stands alone there. */
    private static final Map<String, Boolean> DRAFTS = Map.of("json-schema.org/draft/2020-12/schema", false,
            "json-schema.org/draft/2019-09/schema", false, "json-schema.org/draft-07/schema", true,
            "json-schema.org/draft-06/schema", true, "json-schema.org/draft-04/schema", true, "json-schema.org/schema",
            false);

    private final IdentityHashMap<Object, Place> byIdentity = new IdentityHashMap<>();
    private final Map<String, Place> byAddress = new HashMap<>();
    private final Place root;
    private final Place anything;
    private final boolean loneReferences;
    private int count;

    Places(Object document) {
        anything = new Place(count++, true, "", "");
        root = new Place(count++, document, "", "");
        loneReferences = draft();
        byIdentity.put(document, root);
        index(root, 0);
    }

    private boolean draft() {
        Object draft = root.keywords().get("$schema");
        if (draft == null) {
            return false;
        }
        String name = String.valueOf(draft).replaceFirst("^https?://", "").replaceFirst("#$", "");
        Boolean alone = DRAFTS.get(name);
        if (alone == null) {
            throw Refusal.of(root, "$schema", "names a dialect that is not known: " + draft);
        }
        return alone;
    }

    Place root() {
        return root;
    }

    /** The schema true. */
    Place anything() {
        return anything;
    }

    /** Whether the draft says that nothing counts beside a reference. */
    boolean loneReferences() {
        return loneReferences;
    }

    private void index(Place place, int depth) {
        if (depth > MOST_DEPTH) {
            throw Refusal.of(place, "schema", "is nested more than " + MOST_DEPTH + " deep");
        }
        Map<String, @Nullable Object> keywords = place.keywords();
        byAddress.putIfAbsent(place.base + "#" + relative(place), place);
        for (String anchor : List.of("$anchor", "$dynamicAnchor")) {
            if (keywords.get(anchor) instanceof String name) {
                byAddress.put(place.base + "#" + name, place);
            }
        }
        keywords.forEach((keyword, value) -> {
            String path = place.path + "/" + escape(keyword);
            if (ONE.contains(keyword) && (value instanceof Map || value instanceof Boolean)) {
                index(child(place, value, path), depth + 1);
            } else if (SEVERAL.contains(keyword) && value instanceof List<?> list) {
                for (int i = 0; i < list.size(); i++) {
                    index(child(place, list.get(i), path + "/" + i), depth + 1);
                }
            } else if (NAMED.contains(keyword) && value instanceof Map<?, ?> map) {
                map.forEach((name, schema) -> {
                    if (schema instanceof Map || schema instanceof Boolean) {
                        index(child(place, schema, path + "/" + escape(String.valueOf(name))), depth + 1);
                    }
                });
            }
        });
    }

    private String relative(Place place) {
        Place top = byAddress.get(place.base + "#");
        return top == null ? "" : place.path.substring(Math.min(place.path.length(), top.path.length()));
    }

    private static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    /** The place of a schema that stands in another one. */
    private Place child(Place parent, @Nullable Object schema, String path) {
        Place known = schema instanceof Map ? byIdentity.get(schema) : null;
        if (known != null) {
            return known;
        }
        if (!(schema instanceof Map) && !(schema instanceof Boolean)) {
            throw Refusal.of(parent, path.substring(path.lastIndexOf('/') + 1),
                    "is no schema: expected an object, true or false");
        }
        if (count > MOST_PLACES) {
            throw Refusal.of(parent, "schema", "has more than " + MOST_PLACES + " parts");
        }
        String base = parent.base;
        if (schema instanceof Map<?, ?> map) {
            Object id = map.containsKey("$id") ? map.get("$id") : map.get("id");
            boolean beside = loneReferences && map.containsKey("$ref");
            if (id instanceof String name && !beside) {
                if (name.startsWith("#")) {
                    Place place = new Place(count++, schema, base, path);
                    byIdentity.put(schema, place);
                    byAddress.put(base + name, place);
                    return place;
                }
                base = resolve(base, name);
            }
        }
        Place place = new Place(count++, schema, base, path);
        if (!base.equals(parent.base)) {
            byAddress.putIfAbsent(base + "#", place);
        }
        if (schema instanceof Map) {
            byIdentity.put(schema, place);
        }
        return place;
    }

    /** The place of a schema that stands under a keyword of a place. */
    Place at(Place parent, Object schema, String keyword) {
        return child(parent, schema, parent.path + "/" + keyword);
    }

    /** A schema that the document does not have. */
    Place made(Place near, String keyword, @Nullable Object value) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put(keyword, value);
        return new Place(count++, schema, near.base, near.path + "/" + keyword);
    }

    /** What a reference means. */
    Place refer(Place from, String reference) {
        String rootBase = root.keywords().get("$id") instanceof String id ? without(id) : "";
        String base = from.base.isEmpty() ? rootBase : from.base;
        String whole = resolve(base, reference);
        int hash = whole.indexOf('#');
        String resource = hash < 0 ? whole : whole.substring(0, hash);
        String fragment = hash < 0 ? "" : whole.substring(hash + 1);
        String inside = resource.equals(rootBase) ? "" : resource;
        String decoded;
        try {
            decoded = URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.of(from, "$ref", "is malformed: " + reference);
        }
        Place found = byAddress.get(inside + "#" + decoded);
        if (found == null && (decoded.isEmpty() || decoded.startsWith("/"))) {
            found = walk(byAddress.get(inside + "#"), decoded);
        }
        if (found == null) {
            throw Refusal.of(from, "$ref", "refers to something that is not in the document: " + reference);
        }
        return found;
    }

    private static String without(String uri) {
        int hash = uri.indexOf('#');
        return hash < 0 ? uri : uri.substring(0, hash);
    }

    /** Follows a pointer through whatever the document holds. */
    private @Nullable Place walk(@Nullable Place top, String pointer) {
        if (top == null) {
            return null;
        }
        Object at = top.schema;
        Place near = top;
        for (String raw : pointer.isEmpty() ? new String[0] : pointer.substring(1).split("/", -1)) {
            String step = raw.replace("~1", "/").replace("~0", "~");
            if (at instanceof Map<?, ?> map) {
                at = map.get(step);
            } else if (at instanceof List<?> list && step.matches("\\d{1,6}") && Integer.parseInt(step) < list.size()) {
                at = list.get(Integer.parseInt(step));
            } else {
                return null;
            }
            Place known = at == null ? null : byIdentity.get(at);
            near = known == null ? near : known;
        }
        return at instanceof Map || at instanceof Boolean ? child(near, at, top.path + pointer) : null;
    }

    private static String resolve(String base, String reference) {
        if (reference.startsWith("#")) {
            return without(base) + reference;
        }
        try {
            URI uri = new URI(reference);
            if (uri.isAbsolute() || base.isEmpty()) {
                return strip(reference);
            }
            return strip(new URI(base).resolve(uri).toString());
        } catch (java.net.URISyntaxException | IllegalArgumentException e) {
            return reference;
        }
    }

    private static String strip(String uri) {
        return uri.endsWith("#") ? uri.substring(0, uri.length() - 1) : uri;
    }
}
