/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Version;
import org.osgi.framework.VersionRange;

/** What a bundle's manifest says that it offers and needs (OSGi Core 8, chapters 3.2 to 3.6). */
public final class Headers {

    private static final String PACKAGE = Need.PACKAGE;
    private static final String BUNDLE = "osgi.wiring.bundle";
    private static final String HOST = "osgi.wiring.host";

    private final String name;
    private final Version version;
    private final List<Offer> offers = new ArrayList<>();
    private final List<Need> needs = new ArrayList<>();

    /** One entry of a header. */
    private record Clause(List<String> paths, Map<String, String> attributes, Map<String, String> directives) {
    }

    private Headers(String name, Version version) {
        this.name = name;
        this.version = version;
    }

    /**
     * Reads a jar.
     *
     * @param jar a file
     * @return the bundle; empty if the jar is no bundle
     * @throws MillraceException if it is no jar, or its manifest is damaged
     */
    public static Optional<Resource> of(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            if (manifest == null || manifest.getMainAttributes().getValue("Bundle-SymbolicName") == null) {
                return Optional.empty();
            }
            return Optional.of(of(manifest.getMainAttributes()));
        } catch (IOException | IllegalArgumentException e) {
            throw new MillraceException("The file " + jar + " is damaged or no bundle (" + e.getMessage()
                    + "): get it again.", e);
        }
    }

    private static Resource of(Attributes all) {
        String name = clauses(all.getValue("Bundle-SymbolicName")).getFirst().paths().getFirst();
        Headers headers = new Headers(name, Version.parseVersion(all.getValue("Bundle-Version")));
        headers.read(all);
        return new Resource(name, headers.version, headers.offers, headers.needs, null);
    }

    private void read(Attributes all) {
        boolean fragment = all.getValue("Fragment-Host") != null;
        offers.add(new Offer("osgi.identity", Map.of("osgi.identity", name, "version", version, "type",
                fragment ? "osgi.fragment" : "osgi.bundle")));
        if (!fragment) {
            offers.add(new Offer(BUNDLE, Map.of(BUNDLE, name, "bundle-version", version)));
            offers.add(new Offer(HOST, Map.of(HOST, name, "bundle-version", version)));
        }
        for (Clause clause : clauses(all.getValue("Export-Package"))) {
            clause.paths().forEach(path -> offers.add(exported(path, clause)));
        }
        for (Clause clause : clauses(all.getValue("Provide-Capability"))) {
            Map<String, Object> values = new HashMap<>();
            clause.attributes().forEach((key, value) -> put(values, key, value));
            clause.paths().forEach(path -> offers.add(new Offer(path, values)));
        }
        for (Clause clause : clauses(all.getValue("Import-Package"))) {
            clause.paths().forEach(path -> needs.add(need(PACKAGE, path, "version", clause)));
        }
        for (Clause clause : clauses(all.getValue("Require-Bundle"))) {
            clause.paths().forEach(path -> needs.add(need(BUNDLE, path, "bundle-version", clause)));
        }
        for (Clause clause : clauses(all.getValue("Fragment-Host"))) {
            clause.paths().forEach(path -> needs.add(need(HOST, path, "bundle-version", clause)));
        }
        for (Clause clause : clauses(all.getValue("Require-Capability"))) {
            clause.paths().forEach(path -> needs.add(new Need(path, clause.directives())));
        }
    }

    private Offer exported(String path, Clause clause) {
        Map<String, Object> values = new HashMap<>();
        clause.attributes().forEach((key, value) -> put(values, key, value));
        values.put(PACKAGE, path);
        values.put("version", Version.parseVersion(clause.attributes().get("version")));
        values.put("bundle-symbolic-name", name);
        values.put("bundle-version", version);
        return new Offer(PACKAGE, values);
    }

    private static Need need(String namespace, String path, String versioned, Clause clause) {
        StringBuilder filter = new StringBuilder("(" + namespace + "=" + path + ")");
        clause.attributes().forEach((key, value) -> filter.append(key.equals(versioned) || key.equals("bundle-version")
                ? new VersionRange(value).toFilterString(key)
                : "(" + key + "=" + value + ")"));
        Map<String, String> directives = new HashMap<>(clause.directives());
        directives.put("filter", clause.attributes().isEmpty() ? filter.toString() : "(&" + filter + ")");
        return new Need(namespace, directives);
    }

    private static void put(Map<String, Object> values, String typed, String value) {
        int colon = typed.indexOf(':');
        values.put(colon < 0 ? typed : typed.substring(0, colon),
                Values.read(colon < 0 ? "String" : typed.substring(colon + 1), value));
    }

    private static List<Clause> clauses(@org.jspecify.annotations.Nullable String header) {
        List<Clause> clauses = new ArrayList<>();
        for (String text : split(header == null ? "" : header, ',')) {
            List<String> paths = new ArrayList<>();
            Map<String, String> attributes = new LinkedHashMap<>();
            Map<String, String> directives = new LinkedHashMap<>();
            for (String part : split(text, ';')) {
                int equals = outside(part, '=', 0);
                if (equals < 0) {
                    paths.add(part);
                } else if (equals > 0 && part.charAt(equals - 1) == ':') {
                    directives.put(part.substring(0, equals - 1).strip(), plain(part.substring(equals + 1)));
                } else {
                    attributes.put(part.substring(0, equals).strip(), plain(part.substring(equals + 1)));
                }
            }
            clauses.add(new Clause(paths, attributes, directives));
        }
        return clauses;
    }

    private static String plain(String value) {
        String text = value.strip();
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    private static List<String> split(String text, char mark) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        while (from <= text.length()) {
            int end = outside(text, mark, from);
            String part = text.substring(from, end < 0 ? text.length() : end).strip();
            if (!part.isEmpty()) {
                parts.add(part);
            }
            from = end < 0 ? text.length() + 1 : end + 1;
        }
        return parts;
    }

    /** The next place of a character that is not between quotation marks, or -1. */
    private static int outside(String text, char mark, int from) {
        boolean quoted = false;
        for (int at = from; at < text.length(); at++) {
            if (text.charAt(at) == '"') {
                quoted = !quoted;
            } else if (!quoted && text.charAt(at) == mark) {
                return at;
            }
        }
        return -1;
    }
}
