/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A folder for one framework, inside the user's cache folder. It goes when the process ends; what a killed process left is
 * removed by the next one.
 *
 * <p>
 * A folder belongs to whoever holds the lock on the file {@code lock} in it. The operating system drops that lock however
 * the process ends, and it holds across containers, where process ids say nothing.
 */
final class Storage implements AutoCloseable {

    private static final String LOCK = "lock";

    private final Path folder;
    private final FileChannel channel;

    private Storage(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * The user's cache folder for this program: {@code MILLRACE_CACHE}, else {@code millrace} in {@code XDG_CACHE_HOME}, else
     * {@code .cache/millrace} in the home folder.
     *
     * @param environment the environment variables
     * @param home the home folder, or null
     * @throws BootException if nothing says where
     */
    static Path cache(Map<String, String> environment, @Nullable String home) throws BootException {
        String own = environment.getOrDefault("MILLRACE_CACHE", "");
        String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (!own.isEmpty()) {
            return Path.of(own).toAbsolutePath();
        }
        if (!shared.isEmpty()) {
            return Path.of(shared, "millrace").toAbsolutePath();
        }
        if (home == null || home.isEmpty() || home.equals("?")) {
            throw new BootException("There is no home folder to keep files in: set MILLRACE_CACHE to a folder.");
        }
        return Path.of(home, ".cache", "millrace").toAbsolutePath();
    }

    /**
     * Removes what killed processes left and makes a new folder.
     *
     * @param cache the cache folder; made if it is not there
     * @return the new folder, held until closed
     * @throws BootException if nothing can be written there
     */
    static Storage open(Path cache) throws BootException {
        Path parent = cache.resolve("frameworks");
        try {
            Files.createDirectories(parent);
            // one process at a time, or a new folder could be swept before it is locked
            try (FileChannel gate = lockFile(parent.resolve(LOCK)); FileLock _ = gate.lock()) {
                sweep(parent);
                Path folder = Files.createTempDirectory(parent, ProcessHandle.current().pid() + "-");
                FileChannel channel = lockFile(folder.resolve(LOCK));
                try {
                    channel.lock();
                    return new Storage(folder, channel);
                } catch (IOException | RuntimeException e) {
                    channel.close();
                    delete(folder);
                    throw e;
                }
            }
        } catch (IOException e) {
            throw new BootException("The cache folder " + cache + " cannot be used (" + e
                    + "): make it writable, or set MILLRACE_CACHE to another folder.", e);
        }
    }

    /** Where the framework may do as it likes: beside the lock, for it clears away what it does not know. */
    Path folder() {
        return folder.resolve("framework");
    }

    /** Removes the folder. Closing twice does nothing. */
    @Override
    public void close() throws IOException {
        channel.close();
        delete(folder);
    }

    private static FileChannel lockFile(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void sweep(Path parent) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, Files::isDirectory)) {
            for (Path folder : folders) {
                if (isLeft(folder)) {
                    delete(folder);
                }
            }
        }
    }

    /** Whether nobody holds a folder any more. */
    private static boolean isLeft(Path folder) throws IOException {
        Path lock = folder.resolve(LOCK);
        if (!Files.exists(lock)) {
            return true;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock held = channel.tryLock()) {
            return held != null;
        } catch (NoSuchFileException e) {
            return true;
        } catch (OverlappingFileLockException e) {
            return false; // held by this very process
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
                // its owner is removing it at the same time
                if (problem instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw problem;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException problem) throws IOException {
                if (problem != null) {
                    throw problem;
                }
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
