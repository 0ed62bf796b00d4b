/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.CodeSource;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/**
 * The classes of this process as files for another one. On a plain class path they are that path. In OSGi they are the jars of
 * the bundles where the framework runs these from their place, and else what is in the bundles, written to a folder.
 */
final class ProgramFiles {

    private static final System.Logger LOG = System.getLogger(ProgramFiles.class.getName());
    private static final String IN_PLACE = "reference:";

    private ProgramFiles() {
    }

    /**
     * A class path.
     *
     * @param classes one of each jar or bundle that is needed
     * @param folder where to write what there is no file of; made if needed
     * @throws IOException if there is no way to files
     */
    @SuppressWarnings("ReferenceEquality") // there is one system class loader
    static String classPath(List<Class<?>> classes, Path folder) throws IOException {
        if (classes.stream().allMatch(one -> one.getClassLoader() == ClassLoader.getSystemClassLoader())) {
            return System.getProperty("java.class.path", "") + File.pathSeparator
                    + System.getProperty("jdk.module.path", "");
        }
        Set<String> entries = new LinkedHashSet<>();
        for (Class<?> one : classes) {
            Bundle bundle = bundle(one);
            entries.add((bundle == null ? place(one) : files(bundle, folder)).toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private static @Nullable Bundle bundle(Class<?> one) {
        try {
            return FrameworkUtil.getBundle(one);
        } catch (NoClassDefFoundError e) {
            LOG.log(System.Logger.Level.DEBUG, "There is no OSGi framework here.", e);
            return null;
        }
    }

    private static Path place(Class<?> one) throws IOException {
        CodeSource source = one.getProtectionDomain().getCodeSource();
        URL location = source == null ? null : source.getLocation();
        if (location == null || !location.getProtocol().equals("file")) {
            throw new IOException("the classes of " + one.getName() + " come from " + location + ", which is no file");
        }
        return path(location.toString());
    }

    private static Path path(String location) throws IOException {
        try {
            return Path.of(new URI(location));
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new IOException(location + " is no file", e);
        }
    }

    private static Path files(Bundle bundle, Path folder) throws IOException {
        if (bundle.getLocation().startsWith(IN_PLACE + "file:")) {
            return path(bundle.getLocation().substring(IN_PLACE.length()));
        }
        Path own = folder.resolve("bundle" + bundle.getBundleId());
        if (Files.isDirectory(own)) {
            return own;
        }
        Files.createDirectories(own);
        for (URL entry : Collections.list(bundle.findEntries("/", "*", true))) {
            Path file = own.resolve(entry.getPath().substring(1)).normalize();
            if (!file.startsWith(own)) {
                throw new IOException("the bundle " + bundle.getSymbolicName() + " holds the entry " + entry);
            }
            if (entry.getPath().endsWith("/")) {
                Files.createDirectories(file);
            } else {
                Files.createDirectories(file.getParent());
                try (var in = entry.openStream()) {
                    Files.copy(in, file);
                }
            }
        }
        return own;
    }

    /** Removes a folder with all that is in it, if it is there. */
    static void remove(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
