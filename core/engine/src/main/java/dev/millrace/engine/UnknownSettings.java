/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.engine.tools.NearestNames;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Tells system properties that look like settings and are none: a slip of the pen would otherwise do nothing, in silence. */
final class UnknownSettings {

    private static final String PREFIX = "millrace.";

    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /**
     * Tells those that were not told before.
     *
     * @param groups all that can be set now
     * @param listener gets one sentence each
     */
    void tell(Collection<SettingGroup> groups, Consumer<String> listener) {
        for (String name : new TreeSet<>(System.getProperties().stringPropertyNames())) {
            if (name.startsWith(PREFIX) && groups.stream().noneMatch(group -> knows(group, name)) && told.add(name)) {
                List<String> near = NearestNames.of(name.substring(PREFIX.length()), groups.stream().flatMap(
                        group -> group.settings().stream().map(one -> group.prefix() + one.name()))
                        .map(known -> known.substring(PREFIX.length())).toList());
                // one that is like no other may belong to a plugin that reads its own
                if (!near.isEmpty()) {
                    listener.accept("The system property " + name + " is no setting; did you mean " + PREFIX
                            + near.getFirst() + "?");
                }
            }
        }
    }

    private static boolean knows(SettingGroup group, String name) {
        if (!name.startsWith(group.prefix())) {
            return false;
        }
        String rest = name.substring(group.prefix().length());
        for (Setting<?> setting : group.settings()) {
            if (setting.isMeantBy(rest)) {
                return true;
            }
        }
        return false;
    }
}
