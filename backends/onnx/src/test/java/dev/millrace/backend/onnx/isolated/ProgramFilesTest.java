/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** Classes are found as files, wherever this process has them from. */
class ProgramFilesTest {

    /** What the bundle holds. */
    static final class Content {
        private Content() {
        }
    }

    private static final String ENTRY = Content.class.getName().replace('.', '/') + ".class";

    @TempDir
    Path folder;

    private Path jar;

    @BeforeEach
    void write() throws IOException {
        jar = folder.resolve("content with a space.jar");
        Manifest manifest = new Manifest();
        Map.of("Manifest-Version", "1.0", "Bundle-ManifestVersion", "2", "Bundle-SymbolicName", "content")
                .forEach((name, value) -> manifest.getMainAttributes().put(new Attributes.Name(name), value));
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.putNextEntry(new ZipEntry(ENTRY));
            out.write(bytes());
        }
    }

    private static byte[] bytes() throws IOException {
        try (InputStream in = Objects.requireNonNull(Content.class.getResourceAsStream("/" + ENTRY))) {
            return in.readAllBytes();
        }
    }

    @Test
    void onAPlainClassPathTheyAreThatPath() throws IOException {
        assertTrue(ProgramFiles.classPath(List.of(ProgramFiles.class), folder.resolve("copies"))
                .startsWith(System.getProperty("java.class.path")));
        assertFalse(Files.exists(folder.resolve("copies")));
    }

    @Test
    void ofAnotherClassLoaderTheyAreItsJars() throws IOException, ReflectiveOperationException {
        try (URLClassLoader loader = new URLClassLoader(new URL[]{jar.toUri().toURL()}, null)) {
            Class<?> content = loader.loadClass(Content.class.getName());
            assertEquals(jar + File.pathSeparator + place(),
                    ProgramFiles.classPath(List.of(content, Content.class), folder.resolve("copies")));
        }
    }

    private static Path place() {
        return Path.of(Objects.requireNonNull(Content.class.getProtectionDomain().getCodeSource()).getLocation()
                .getPath()).toAbsolutePath();
    }

    private interface Look {
        void at(Framework framework) throws IOException, BundleException, ReflectiveOperationException;
    }

    private void inFramework(Look look) throws Exception {
        Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(Map.of(Constants.FRAMEWORK_STORAGE, folder.resolve("framework").toString()));
        framework.start();
        try {
            look.at(framework);
        } finally {
            framework.stop();
            framework.waitForStop(10_000);
        }
    }

    @Test
    void ofBundlesThatTheFrameworkKeepsTheyAreWritten() throws Exception {
        inFramework(framework -> {
            Bundle bundle;
            try (InputStream in = Files.newInputStream(jar)) {
                bundle = framework.getBundleContext().installBundle("anywhere:content", in);
            }
            Class<?> content = bundle.loadClass(Content.class.getName());
            assertNotEquals(Content.class, content);
            Path path = Path.of(ProgramFiles.classPath(List.of(content, content), folder.resolve("copies")));
            assertTrue(path.startsWith(folder.resolve("copies")));
            assertArrayEquals(bytes(), Files.readAllBytes(path.resolve(ENTRY)));
            ProgramFiles.remove(folder.resolve("copies"));
            ProgramFiles.remove(folder.resolve("copies"));
            assertFalse(Files.exists(folder.resolve("copies")));
        });
    }

    @Test
    void ofBundlesInTheirPlaceTheyAreTheJars() throws Exception {
        inFramework(framework -> {
            Bundle bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
            assertEquals(jar.toString(), ProgramFiles.classPath(List.of(bundle.loadClass(Content.class.getName())),
                    folder.resolve("copies")));
        });
    }
}
