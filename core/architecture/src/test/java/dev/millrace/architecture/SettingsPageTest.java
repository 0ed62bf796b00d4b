/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import java.io.IOException;
import java.lang.reflect.Array;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * docs/settings.md and the metatype of each {@link SettingGroup} are made from the groups as they are compiled, and from the metatype
 * annotations of components. With {@code -Dmillrace.docs=write} they are written, without it what is out of date fails the build.
 */
class SettingsPageTest {

    private static final Path PAGE = Rooms.ROOT.resolve("docs/settings.md");
    private static final String BEGIN = "<!-- settings -->\n";
    private static final String END = "<!-- end of settings -->";
    private static final String COMPONENT = "org.osgi.service.component.annotations.Component";
    private static final String OCD = "org.osgi.service.metatype.annotations.ObjectClassDefinition";
    private static final String AD = "org.osgi.service.metatype.annotations.AttributeDefinition";

    private final JavaClasses classes = new ClassFileImporter()
            .importLocations(new Rooms().get(SettingsPageTest.class));

    private List<SettingGroup> groups() throws ReflectiveOperationException, IOException {
        URL[] folders = Rooms.modules().stream().map(SettingsPageTest::url).toArray(URL[]::new);
        List<SettingGroup> groups = new ArrayList<>();
        try (URLClassLoader loader = new URLClassLoader(folders, getClass().getClassLoader())) {
            for (JavaClass type : classes) {
                if (type.isAssignableTo(SettingGroup.class) && !type.isInterface()) {
                    groups.add((SettingGroup) loader.loadClass(type.getName()).getConstructor().newInstance());
                    // what it hands out is loaded while the loader is open
                    groups.getLast().settings();
                }
            }
        }
        groups.sort(Comparator.comparing((SettingGroup group) -> !group.pid().equals("dev.millrace.engine"))
                .thenComparing(SettingGroup::pid));
        return groups;
    }

    private static URL url(Path module) {
        try {
            return module.resolve("target/classes/").toUri().toURL();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String table(SettingGroup group) {
        StringBuilder text = new StringBuilder();
        text.append("## ").append(group.title()).append("\n\n");
        text.append("PID `").append(group.pid()).append("`, system properties `").append(group.prefix())
                .append("NAME`.\n\n| name | values | default | counts | what |\n|---|---|---|---|---|\n");
        for (Setting<?> one : group.settings()) {
            text.append("| `").append(one.name()).append('`')
                    .append(one.perModel() ? ", `" + one.name() + ".MODEL`" : "")
                    .append(" | ").append(values(one)).append(" | ")
                    .append(one.standard().isEmpty() ? "" : "`" + one.standard() + "`").append(" | ")
                    .append(one.effect().text()).append(" | ").append(one.meaning()).append(" |\n");
        }
        return text.append('\n').toString();
    }

    private static String values(Setting<?> one) {
        String range = one.range() instanceof Range.Words words
                ? words.words().stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "))
                : one.range().text();
        return one.unit().isEmpty() ? range : range + " (" + one.unit() + ")";
    }

    /** The settings of a component that is described by annotations. They stay in class files and are no part of the program. */
    private static String table(JavaClass type) {
        JavaAnnotation<?> about = type.getAnnotationOfType(OCD);
        StringBuilder text = new StringBuilder("## " + value(about, "name") + "\n\n");
        text.append("PID `").append(pid(type)).append("`. ").append(value(about, "description"))
                .append("\n\n| name | values | default | what |\n|---|---|---|---|\n");
        Map<String, String> rows = new TreeMap<>();
        for (JavaMethod method : type.getMethods()) {
            JavaAnnotation<?> one = method.getAnnotationOfType(AD);
            rows.put(method.getName(),
                    "| `" + method.getName() + "` | " + kind(method) + " | "
                            + method.getDefaultValue().map(SettingsPageTest::shown).orElse("must be set") + " | "
                            + (value(one, "description").isEmpty()
                                    ? value(one, "name") + "."
                                    : value(one, "description"))
                            + " |\n");
        }
        rows.values().forEach(text::append);
        return text.append('\n').toString();
    }

    private static String pid(JavaClass type) {
        Object pids = type.getEnclosingClass().orElseThrow().getAnnotationOfType(COMPONENT).get("configurationPid")
                .orElseThrow();
        return String.valueOf(Array.get(pids, 0));
    }

    private static String kind(JavaMethod method) {
        JavaClass type = method.getRawReturnType();
        String one = switch (type.getBaseComponentType().getName()) {
            case "int", "long" -> "a whole number";
            case "boolean" -> "true or false";
            default -> "a text";
        };
        return type.isArray() ? "several, with commas between them" : one;
    }

    private static String shown(Object value) {
        if (value.getClass().isArray()) {
            return IntStream.range(0, Array.getLength(value))
                    .mapToObj(i -> shown(Array.get(value, i))).collect(Collectors.joining(", "));
        }
        return String.valueOf(value).isEmpty() ? "" : "`" + value + "`";
    }

    private static String value(JavaAnnotation<?> annotation, String name) {
        return annotation.get(name).map(String::valueOf).orElse("");
    }

    private String page(String now) throws ReflectiveOperationException, IOException {
        StringBuilder text = new StringBuilder("\n");
        groups().forEach(group -> text.append(table(group)));
        classes.stream().filter(type -> type.isAnnotatedWith(OCD)).sorted(Comparator.comparing(JavaClass::getName))
                .forEach(type -> text.append(table(type)));
        int from = now.indexOf(BEGIN);
        int to = now.indexOf(END);
        assertTrue(from >= 0 && to > from, "docs/settings.md has no place for the settings");
        return now.substring(0, from + BEGIN.length()) + text + now.substring(to);
    }

    private static String metatype(SettingGroup group) {
        StringBuilder text = new StringBuilder(
                """
                        <?xml version="1.0" encoding="UTF-8"?>
                        <!-- Copyright 2026 The Millrace authors, SPDX-License-Identifier: Apache-2.0; made from the settings by SettingsPageTest -->
                        <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.3.0">
                        """);
        text.append("  <OCD").append(attribute("id", group.pid()))
                .append(attribute("name", "Millrace: " + group.title()))
                .append(">\n");
        for (Setting<?> one : group.settings()) {
            text.append("    <AD").append(attribute("id", one.name())).append(attribute("name", one.name()));
            List<String> options = List.of();
            switch (one.range()) {
                case Range.Whole whole -> text.append(attribute("type", "Long"))
                        .append(attribute("min", Long.toString(whole.least())))
                        .append(attribute("max", Long.toString(whole.most())));
                case Range.Truth truth -> text.append(attribute("type", "Boolean"));
                case Range.Words words -> {
                    text.append(attribute("type", "String"));
                    options = words.words();
                }
                default -> text.append(attribute("type", "String"));
            }
            text.append(attribute("required", "false"));
            if (!one.standard().isEmpty()) {
                text.append(attribute("default", one.standard()));
            }
            text.append(
                    attribute("description", one.meaning() + (one.unit().isEmpty() ? "" : " In " + one.unit() + ".")));
            if (options.isEmpty()) {
                text.append("/>\n");
            } else {
                text.append(">\n");
                options.forEach(word -> text.append("      <Option").append(attribute("label", word))
                        .append(attribute("value", word)).append("/>\n"));
                text.append("    </AD>\n");
            }
        }
        return text.append("  </OCD>\n  <Designate").append(attribute("pid", group.pid())).append("><Object")
                .append(attribute("ocdref", group.pid())).append("/></Designate>\n</metatype:MetaData>\n").toString();
    }

    private static String attribute(String name, String value) {
        return " " + name + "=\"" + value.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;") + "\"";
    }

    private Path file(SettingGroup group) {
        Path source = Path.of(classes.get(group.getClass().getName()).getSource().orElseThrow().getUri());
        Path module = Rooms.modules().stream().filter(source::startsWith).findFirst().orElseThrow();
        return module.resolve("src/main/resources/OSGI-INF/metatype/" + group.pid() + ".xml");
    }

    @Test
    void thePageAndTheMetatypeTellTheSettingsThatThereAre() throws ReflectiveOperationException, IOException {
        Map<Path, String> fresh = new TreeMap<>();
        fresh.put(PAGE, page(Files.readString(PAGE)));
        for (SettingGroup group : groups()) {
            fresh.put(file(group), metatype(group));
        }
        assertTrue(fresh.size() > 4, () -> "only " + fresh.keySet());
        for (Map.Entry<Path, String> one : fresh.entrySet()) {
            if ("write".equals(System.getProperty("millrace.docs"))) {
                Files.createDirectories(one.getKey().getParent());
                Files.writeString(one.getKey(), one.getValue());
            }
            assertEquals(one.getValue(), Files.exists(one.getKey()) ? Files.readString(one.getKey()) : "",
                    Rooms.ROOT.relativize(one.getKey()) + " is out of date; write it by"
                            + " ./mvnw test -pl core/architecture -am -Dtest=SettingsPageTest"
                            + " -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.docs=write");
        }
    }

    @Test
    void noNameIsTakenTwice() throws ReflectiveOperationException, IOException {
        List<String> names = groups().stream()
                .flatMap(group -> group.settings().stream().map(one -> group.prefix() + one.name())).sorted().toList();
        assertEquals(names.stream().distinct().toList(), names);
    }
}
