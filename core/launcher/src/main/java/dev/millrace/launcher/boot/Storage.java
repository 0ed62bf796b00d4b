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
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A folder for one framework, inside the user's cache folder or, where nothing can be written there, a temporary one. It goes
 * when the process ends; what a killed process left is removed by the next one.
 *
 * <p>
 * A folder belongs to whoever holds the lock on the file {@code lock} in it. The operating system drops that lock however
 * the process ends, and it holds across containers, where process ids say nothing. A folder gets its name only when it is
 * locked, so that nobody takes it for one that was left.
 */
final class Storage implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Storage.class.getName());
    private static final String LOCK = "lock";
    private static final String PREFIX = "millrace-";
    /** Begins the name of a folder that is not locked yet: for a moment, or for ever if its process was killed in it. */
    private static final String NEW = ".millrace-";
    private static final Duration MOMENT = Duration.ofHours(1);

    private final Path folder;
    private final FileChannel channel;

    private Storage(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Makes a new folder in the first place where that is possible, and removes there what killed processes left.
     *
     * @param cache the cache folder; made if it is not there
     * @param temporary folders to take if nothing can be written there; never made
     * @return the new folder, held until closed
     * @throws BootException if nothing can be written anywhere
     */
    static Storage open(Path cache, List<Path> temporary) throws BootException {
        BootException failure;
        try {
            return in(Files.createDirectories(cache.resolve("frameworks")));
        } catch (IOException e) {
            failure = new BootException("There is no folder that can be written, neither the cache folder " + cache
                    + " (" + e + ") nor a temporary one: set MILLRACE_CACHE to a folder that can.", e);
        }
        for (Path parent : temporary) {
            try {
                return in(parent);
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }

    private static Storage in(Path parent) throws IOException {
        Path made = Files.createTempDirectory(parent, NEW);
        FileChannel channel = null;
        try {
            // before the lock is taken: Linux drops a process's lock when it closes any channel of the file
            sweep(parent, Files.getOwner(made));
            channel = FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.lock();
            String random = made.getFileName().toString().substring(NEW.length());
            Path folder = parent.resolve(PREFIX + ProcessHandle.current().pid() + "-" + random);
            Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
            return new Storage(folder, channel);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            delete(made);
            throw e;
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

    /** Removes folders of this user that nobody holds. One that cannot be removed harms nobody and stays. */
    private static void sweep(Path parent, UserPrincipal user) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, "{" + PREFIX + "," + NEW + "}*")) {
            for (Path folder : folders) {
                try {
                    // in a temporary folder others may lay traps: a link is not followed, and what is not ours not touched
                    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                            && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user) && isLeft(folder)) {
                        delete(folder);
                    }
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.DEBUG, "left for the next start", e);
                }
            }
        }
    }

    /** Whether nobody holds a folder any more. */
    private static boolean isLeft(Path folder) throws IOException {
        if (folder.getFileName().toString().startsWith(NEW)) {
            return Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(MOMENT));
        }
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
