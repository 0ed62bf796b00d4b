/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Token ids on the command line or in a file.
 *
 * @param values one or more ids
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Ids(int[] values) {

    /** Reads {@code 1,2,3}; white space and brackets around do no harm. */
    static final class Converter implements ITypeConverter<Ids> {

        @Override
        public Ids convert(String text) {
            String[] parts = text.replaceAll("[\\[\\]\\s]", " ").strip().split("[,\\s]+", -1);
            int[] ids = new int[parts.length];
            for (int i = 0; i < ids.length; i++) {
                try {
                    ids[i] = Integer.parseInt(parts[i]);
                } catch (NumberFormatException e) {
                    throw new TypeConversionException(
                            "'" + parts[i] + "' is not a token id: expected ids such as 1,2,3");
                }
            }
            return new Ids(ids);
        }
    }

    /**
     * Reads a JSON array of ids, or an object with one under {@code ids}.
     *
     * @throws MillraceException if it is something else
     */
    static Ids of(@Nullable Object json) {
        Object value = json instanceof Map<?, ?> map ? map.get("ids") : json;
        if (!(value instanceof List<?> list) || list.isEmpty()) {
            throw new MillraceException("Expected a JSON array of token ids, or an object with one under \"ids\".");
        }
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!(list.get(i) instanceof Long id) || id != id.intValue()) {
                throw new MillraceException("This is not a token id: " + list.get(i) + ".");
            }
            ids[i] = id.intValue();
        }
        return new Ids(ids);
    }

    /** The ids as a list. */
    static List<Integer> list(int... ids) {
        List<Integer> list = new ArrayList<>(ids.length);
        for (int id : ids) {
            list.add(id);
        }
        return list;
    }
}
