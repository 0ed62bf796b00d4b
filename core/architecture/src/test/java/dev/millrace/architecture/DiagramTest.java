/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The diagrams of docs/architecture.md are made from the compiled classes. With {@code -Dmillrace.docs=write} they are written,
 * without it a diagram that is out of date fails the build.
 */
class DiagramTest {

    private static final Path PAGE = Rooms.ROOT.resolve("docs/architecture.md");
    private static final String ROOT_PACKAGE = "dev.millrace.";
    private static final List<String> GROUPED = List.of("spi", "backend", "plugin", "sample");

    private final JavaClasses classes = new ClassFileImporter().importLocations(new Rooms().get(DiagramTest.class));

    /** The room of a class: the first part of its package, or two where rooms share the first. */
    private static String room(JavaClass type) {
        String[] parts = type.getPackageName().substring(ROOT_PACKAGE.length()).split("\\.", -1);
        return GROUPED.contains(parts[0]) && parts.length > 1 ? parts[0] + "." + parts[1] : parts[0];
    }

    /** The package of a class within its room, or "root". */
    private static String inside(JavaClass type) {
        String own = type.getPackageName().substring(ROOT_PACKAGE.length());
        String room = room(type);
        return own.length() == room.length() ? "root" : own.substring(room.length() + 1);
    }

    private Map<String, Set<String>> arrows(String room) {
        Map<String, Set<String>> arrows = new TreeMap<>();
        for (JavaClass type : classes) {
            if (!room.isEmpty() && !room(type).equals(room)) {
                continue;
            }
            String from = room.isEmpty() ? room(type) : inside(type);
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (!target.getPackageName().startsWith(ROOT_PACKAGE)
                        || (!room.isEmpty() && !room(target).equals(room))) {
                    continue;
                }
                String to = room.isEmpty() ? room(target) : inside(target);
                if (!to.equals(from)) {
                    arrows.computeIfAbsent(from, key -> new TreeSet<>()).add(to);
                }
            }
        }
        return arrows;
    }

    /** Arrows that do not follow from others: who reaches a room by way of another needs no arrow of its own. */
    private static Map<String, Set<String>> reduced(Map<String, Set<String>> arrows) {
        Map<String, Set<String>> reduced = new TreeMap<>();
        arrows.forEach((from, targets) -> {
            Set<String> kept = new TreeSet<>(targets);
            for (String by : targets) {
                kept.removeIf(to -> !to.equals(by) && reaches(arrows, by, to, new TreeSet<>()));
            }
            reduced.put(from, kept);
        });
        return reduced;
    }

    private static boolean reaches(Map<String, Set<String>> arrows, String from, String to, Set<String> seen) {
        for (String next : arrows.getOrDefault(from, Set.of())) {
            if (next.equals(to) || (seen.add(next) && reaches(arrows, next, to, seen))) {
                return true;
            }
        }
        return false;
    }

    private String diagram(String room) {
        StringBuilder text = new StringBuilder("```mermaid\nflowchart TD\n");
        reduced(arrows(room)).forEach((from, targets) -> targets.forEach(to -> text.append("    ").append(id(from))
                .append('[').append(from).append("] --> ").append(id(to)).append('[').append(to).append("]\n")));
        return text.append("```\n").toString();
    }

    private static String id(String name) {
        return "r_" + name.replaceAll("[^a-z0-9]", "_");
    }

    private static String replaced(String page, String name, String diagram) {
        String begin = "<!-- diagram: " + name + " -->\n";
        String end = "<!-- end of diagram -->";
        int from = page.indexOf(begin);
        int to = page.indexOf(end, from);
        assertTrue(from >= 0 && to > from, () -> "docs/architecture.md has no place for the diagram " + name);
        return page.substring(0, from + begin.length()) + diagram + page.substring(to);
    }

    @Test
    void diagramsShowTheArrowsThatThereAre() throws IOException {
        String page = Files.readString(PAGE);
        String fresh = replaced(page, "rooms", diagram(""));
        fresh = replaced(fresh, "engine", diagram("engine"));
        fresh = replaced(fresh, "text", diagram("text"));
        fresh = replaced(fresh, "backend.cpu", diagram("backend.cpu"));
        if ("write".equals(System.getProperty("millrace.docs"))) {
            Files.writeString(PAGE, fresh);
        }
        assertEquals(fresh, Files.readString(PAGE), "docs/architecture.md is out of date; write it by"
                + " ./mvnw test -pl core/architecture -am -Dtest=DiagramTest -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dmillrace.docs=write");
    }
}
