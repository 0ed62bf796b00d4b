/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.log.LoggerFactory;

final class ContainerTest {

    @TempDir
    Path folder;
    private final List<String> errors = new ArrayList<>();

    /** A bundle's activator that looks for somebody to tell that something is wrong. */
    public static final class Unhappy implements BundleActivator {

        @Override
        public void start(BundleContext context) {
            context.getService(context.getServiceReference(LoggerFactory.class)).getLogger(Unhappy.class)
                    .error("The valve is stuck.");
        }

        @Override
        public void stop(BundleContext context) {
            // nothing to undo
        }
    }

    /** A bundle's activator that offers a command line: the exit code is the number of arguments. */
    public static final class Counter implements BundleActivator {

        @Override
        public void start(BundleContext context) {
            ToIntFunction<String[]> count = arguments -> arguments.length;
            context.registerService(ToIntFunction.class, count,
                    FrameworkUtil.asDictionary(Map.of("millrace.main", true)));
        }

        @Override
        public void stop(BundleContext context) {
            // its service goes with it
        }
    }

    private void bundle(String name, Map<String, String> headers) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        headers.forEach(main::putValue);
        Path jar = Files.createDirectories(folder.resolve("bundles")).resolve(name + ".jar");
        Class<?> activator = Unhappy.class.getName().equals(headers.get("Bundle-Activator"))
                ? Unhappy.class
                : Counter.class;
        String entry = activator.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream in = activator.getClassLoader().getResourceAsStream(entry)) {
            out.putNextEntry(new JarEntry(entry));
            in.transferTo(out);
            out.closeEntry();
        }
    }

    private void counter() throws IOException {
        bundle("counter", Map.of("Bundle-Activator", Counter.class.getName(), "Import-Package",
                "org.osgi.framework;version=\"[1.8,2)\""));
    }

    private Container start(Path... more) throws BootException {
        List<Path> folders = new ArrayList<>(List.of(folder.resolve("bundles")));
        folders.addAll(List.of(more));
        return Container.start(folder.resolve("storage"), folders, Optional.empty(), new ErrorLog(errors::add, false));
    }

    @Test
    void runsTheCommandLineOfABundle() throws Exception {
        counter();
        try (Container container = start()) {
            assertEquals(List.of(), container.complaints());
            assertEquals(3, container.run(new String[]{"a", "b", "c"}));
        }
    }

    @Test
    void aBundleThatLacksAPackageIsLeftOutWithOneSentence() throws Exception {
        counter();
        bundle("needy", Map.of("Import-Package", "no.such.thing"));
        try (Container container = start()) {
            assertEquals(1, container.run(new String[]{"a"}));
            assertEquals(
                    List.of("The bundle needy is left out: it needs the package no.such.thing, which nothing offers."),
                    container.complaints());
        }
    }

    @Test
    void whatABundleLogsAsAnErrorIsTold() throws Exception {
        bundle("unhappy", Map.of("Bundle-Activator", Unhappy.class.getName(), "Import-Package",
                "org.osgi.framework;version=\"[1.8,2)\",org.osgi.service.log;version=\"[1.4,2)\""));
        try (Container container = start()) {
            assertEquals(List.of(), container.complaints());
        }
        assertEquals(
                List.of("The component " + Unhappy.class.getName() + " of the bundle unhappy: The valve is stuck."),
                errors);
    }

    @Test
    void fragmentsAreInstalledAndNotStarted() throws Exception {
        counter();
        bundle("fragment", Map.of("Fragment-Host", "counter"));
        try (Container container = start()) {
            assertEquals(List.of(), container.complaints());
            assertEquals(0, container.run(new String[0]));
        }
    }

    @Test
    void aFileThatIsNoBundleIsSaidSo() throws Exception {
        counter();
        Path bad = Files.writeString(folder.resolve("bundles/bad.jar"), "not a jar");
        List<String> complaints = new ArrayList<>();
        try (Container container = start()) {
            complaints.addAll(container.complaints());
            assertEquals(0, container.run(new String[0]));
        }
        assertEquals(1, complaints.size());
        assertTrue(complaints.getFirst().contains(bad.toString()), complaints::toString);
    }

    @Test
    void aFolderThatIsNotThereIsSaidSo() {
        BootException problem = assertThrows(BootException.class, () -> start());
        assertTrue(problem.toString().contains("bundles"), problem::toString);
    }

    @Test
    void aPlainJarIsLeftOutAndSaidSo() throws Exception {
        counter();
        List<Path> plain = List.of(folder.resolve("bundles/none.jar"), folder.resolve("bundles/plain.jar"));
        try (JarOutputStream none = new JarOutputStream(Files.newOutputStream(plain.getFirst()))) {
            none.putNextEntry(new JarEntry("some.txt"));
        }
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        new JarOutputStream(Files.newOutputStream(plain.getLast()), manifest).close();
        try (Container container = start()) {
            assertEquals(plain.stream().map(jar -> "The file " + jar
                    + " is left out: it is a plain jar, whose manifest names no bundle. Build it with bnd-maven-plugin.")
                    .toList(), container.complaints());
            assertEquals(0, container.run(new String[0]));
        }
    }

    @Test
    void aFolderThatTheUserNamedWronglyIsSaidSo() throws Exception {
        counter();
        Path wrong = folder.resolve("plugins");
        BootException problem = assertThrows(BootException.class, () -> start(wrong));
        assertEquals("The folder of bundles " + wrong + " does not exist: see to MILLRACE_BUNDLES, which names it.",
                problem.getMessage());
        Files.writeString(wrong, "a file");
        problem = assertThrows(BootException.class, () -> start(wrong));
        assertTrue(problem.toString().contains(" is not a folder: see to MILLRACE_BUNDLES"), problem::toString);
    }
}
