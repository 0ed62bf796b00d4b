/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Version;

/** Typed values of capabilities, as text (OSGi Core 8, 3.3.6; OSGi Compendium 7, 132.5.5). */
final class Values {

    private Values() {
    }

    static Object read(String type, String text) {
        String list = type.replace(" ", "");
        if (list.startsWith("List")) {
            String of = list.equals("List") ? "String" : list.substring(5, list.length() - 1);
            List<Object> values = new ArrayList<>();
            for (String one : text.split("(?<!\\\\),", -1)) {
                values.add(read(of, one.replace("\\,", ",")));
            }
            return values;
        }
        return switch (list) {
            case "Version" -> Version.parseVersion(text.strip());
            case "Long" -> Long.valueOf(text.strip());
            case "Double" -> Double.valueOf(text.strip());
            case "String" -> text;
            default -> throw new IllegalArgumentException("values have no type " + type);
        };
    }

    static String type(Object value) {
        return switch (value) {
            case Version v -> "Version";
            case Long l -> "Long";
            case Double d -> "Double";
            case List<?> list -> "List<" + (list.isEmpty() ? "String" : type(list.getFirst())) + ">";
            default -> "String";
        };
    }

    static String write(Object value) {
        return value instanceof List<?> list
                ? String.join(",", list.stream().map(one -> String.valueOf(one).replace(",", "\\,")).toList())
                : value.toString();
    }
}
