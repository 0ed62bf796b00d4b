/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.LocationProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rooms of this project as they stand on disk: every module that the root pom names. */
public final class Rooms implements LocationProvider {

    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    /** Surefire runs in the module's folder. */
    static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    /** Folders of all modules. */
    static List<Path> modules() {
        try {
            Matcher matcher = MODULE.matcher(Files.readString(ROOT.resolve("pom.xml")));
            return matcher.results().map(result -> ROOT.resolve(result.group(1))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Java files under a folder of every module. */
    static List<Path> sources(String folder) {
        return modules().stream().map(module -> module.resolve(folder)).filter(Files::isDirectory)
                .flatMap(Rooms::javaFiles).sorted().toList();
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<Location> get(Class<?> testClass) {
        // stubs of hosts are no room: their packages are the hosts'
        return modules().stream().filter(module -> Files.isDirectory(module.resolve("src/main/java/dev")))
                .map(Rooms::classes).map(Location::of).collect(Collectors.toSet());
    }

    private static Path classes(Path module) {
        Path classes = module.resolve("target/classes");
        if (!Files.isDirectory(classes)) {
            throw new IllegalStateException(
                    "The module " + ROOT.relativize(module) + " is not built: run the build for all modules.");
        }
        // a bundle may hold classes of others beside its own
        return classes.resolve("dev");
    }
}
