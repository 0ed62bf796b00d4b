/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The libraries of this jar as files of this process, in the folder {@code natives} of the cache folder. */
final class NativeFiles implements AutoCloseable {

    private static final String PREFIX = "onnxruntime-";
    private static final List<String> LIBRARIES = List.of("onnxruntime", "onnxruntime4j_jni");

    private final Path folder;

    private NativeFiles(Path folder) {
        this.folder = folder;
    }

    /** What this machine is called in file names, for example {@code linux-x64}. */
    static String platform() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String system = os.contains("mac") ? "osx" : os.contains("win") ? "win" : os.replace(' ', '-');
        return system + "-" + (arch.equals("amd64") || arch.equals("x86_64") ? "x64" : arch);
    }

    static boolean present() {
        return LIBRARIES.stream().allMatch(name -> NativeFiles.class.getResource(resource(name)) != null);
    }

    private static String resource(String library) {
        return "/native/" + platform() + "/" + System.mapLibraryName(library);
    }

    /**
     * Unpacks them.
     *
     * @param cache the cache folder
     */
    static NativeFiles unpack(Path cache) throws IOException {
        Path natives = cache.resolve("natives");
        try {
            Files.createDirectories(natives);
            sweep(natives);
            NativeFiles files = new NativeFiles(
                    Files.createTempDirectory(natives, PREFIX + ProcessHandle.current().pid() + "-"));
            try {
                for (String library : LIBRARIES) {
                    files.add(library);
                }
                return files;
            } catch (IOException | RuntimeException | Error e) {
                files.close();
                throw e;
            }
        } catch (IOException e) {
            throw new IOException("the libraries cannot be unpacked to " + natives + " (" + e
                    + "): free some space there, or name another folder in the variable MILLRACE_CACHE", e);
        }
    }

    private void add(String library) throws IOException {
        try (InputStream in = NativeFiles.class.getResourceAsStream(resource(library))) {
            if (in == null) {
                throw new IOException("this jar has no " + resource(library));
            }
            Files.copy(in, folder.resolve(System.mapLibraryName(library)));
        }
    }

    /** Removes what processes left that were killed, or that could not remove open files (Windows). */
    private static void sweep(Path natives) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(natives, PREFIX + "*-*")) {
            for (Path old : folders) {
                String pid = old.getFileName().toString().substring(PREFIX.length()).replaceFirst("-.*", "");
                if (pid.matches("\\d{1,18}")
                        && ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isEmpty()) {
                    remove(old);
                }
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    Path folder() {
        return folder;
    }

    /** Removes the files. A loaded library needs none, except on Windows, where the next process sweeps. */
    @Override
    public void close() throws IOException {
        if (Optional.ofNullable(System.getProperty("os.name")).filter(name -> name.startsWith("Windows")).isEmpty()) {
            remove(folder);
        }
    }
}
