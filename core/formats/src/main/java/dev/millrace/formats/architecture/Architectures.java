/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.family.GgufFamily;
import dev.millrace.formats.family.GgufLayout;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Keys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The model families that are present. A plugin's counts before a built-in one that knows the same name. */
public final class Architectures {

    private final List<Architecture> present = new ArrayList<>();

    /**
     * Those that plugins bring, and those that the service loader finds beside this class: the built-in ones, and on a plain
     * class path those of other jars.
     *
     * @param plugins services from elsewhere, the one that counts more later
     */
    public Architectures(List<Architecture> plugins) {
        present.addAll(plugins.reversed());
        List<Architecture> builtIn = new ArrayList<>();
        for (Architecture found : ServiceLoader.load(Architecture.class, Architectures.class.getClassLoader())) {
            (found.getClass().getPackageName().startsWith("dev.millrace.formats.") ? builtIn : present).add(found);
        }
        present.addAll(builtIn);
    }

    /**
     * The family of a name.
     *
     * @param name as the file states it
     * @param stated where it does, for messages
     * @param key under which
     * @return the family
     * @throws ModelFormatException if none knows the name
     */
    public Architecture of(String name, Keys stated, String key) {
        return present.stream().filter(a -> a.names().contains(name)).findFirst().orElseThrow(() -> stated.wrong(key,
                "is " + name + ", a family that is not known; known are " + String.join(", ", names())));
    }

    /**
     * How a family is written as GGUF.
     *
     * @param name its name in GGUF
     * @return empty if it can only be read
     */
    public Optional<GgufLayout> layout(String name) {
        return present.stream().filter(a -> a.names().contains(name)).findFirst().filter(GgufFamily.class::isInstance)
                .map(a -> ((GgufFamily) a).layout());
    }

    private Set<String> names() {
        return present.stream().flatMap(a -> a.names().stream()).collect(Collectors.toCollection(TreeSet::new));
    }
}
