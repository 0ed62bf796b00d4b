/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.machine.CacheFolder;
import dev.millrace.machine.Memory;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The folder with packed copies of models, which later starts map instead of packing again. What cannot be kept costs time
 * only: it is logged, and the caller packs into memory. Safe for use from several threads, and by several processes at once.
 */
public final class PackedFolder {

    /** The packed weights of a model, one after the other. */
    @FunctionalInterface
    interface Contents {
        /** Writes all of them. */
        void write(PackedFile file);
    }

    /** Files in use, as others find them. */
    private record Kept(Path path, long bytes, FileTime used) {
    }

    /** Models with fewer bytes of weights are packed anew at each start, in a fraction of a second. */
    static final long LEAST = 64 << 20;

    private static final System.Logger LOG = System.getLogger(PackedFolder.class.getName());
    private static final String ENDING = ".packed";
    /** Space that stays free on the volume. */
    private static final long MARGIN = 256 << 20;

    /** Begins the names of files that this process is writing. */
    private static final String OWNER = UUID.randomUUID().toString();

    private final @Nullable Path folder;
    private final long limit;
    private final long least;
    private final String identity;

    /**
     * A folder.
     *
     * @param folder made when it is needed; null to keep nothing
     * @param limit bytes of all files together, or 0 for half of the space that the volume has for them
     * @param least bytes of weights from which on a model is kept
     */
    public PackedFolder(@Nullable Path folder, long limit, long least) {
        this(folder, limit, least, "");
    }

    private PackedFolder(@Nullable Path folder, long limit, long least, String identity) {
        this.folder = folder;
        this.limit = limit;
        this.least = least;
        this.identity = identity;
    }

    /** The same folder for a model whose files have this identity; empty if it is not known. */
    public PackedFolder of(String files) {
        return new PackedFolder(folder, limit, least, files);
    }

    /**
     * The folder that settings name.
     *
     * @param off whether nothing is kept
     * @param name the folder; empty for {@code packed} in the {@link CacheFolder}
     * @param limit bytes of all files together, or 0 for half of the space that the volume has for them
     */
    public static PackedFolder configured(boolean off, String name, long limit) {
        if (off) {
            return new PackedFolder(null, limit, LEAST);
        }
        try {
            return new PackedFolder(name.isBlank() ? CacheFolder.ofUser().path().resolve("packed") : Path.of(name),
                    limit, LEAST);
        } catch (InvalidPathException e) {
            LOG.log(System.Logger.Level.WARNING,
                    "Packed weights are not kept, so that every start packs them again: {0}",
                    e.getMessage());
            return new PackedFolder(null, limit, LEAST);
        }
    }

    /** Whether weights of so many bytes are kept here, if nothing goes wrong. */
    public boolean keeps(long weights) {
        return folder != null && weights >= least;
    }

    /**
     * Maps the packed copy of a model; makes it first if there is none.
     *
     * @param layout the model's matrices
     * @param arena gets the mapping
     * @param contents writes a new copy; what it throws by itself is passed on
     * @return the whole file, or null if the model is not kept here
     * @throws IOException if a tensor cannot be read
     */
    @Nullable
    MemorySegment map(PackedLayout layout, Arena arena, Contents contents) throws IOException {
        Path where = folder;
        if (where == null || !keeps(layout.bytes())) {
            return null;
        }
        List<Tensor> tensors = layout.entries().stream().map(PackedLayout.Entry::tensor).toList();
        byte[] fingerprint = Fingerprint.of(tensors, layout.form(), identity);
        byte[] header = layout.header(fingerprint);
        Path file = where.resolve(HexFormat.of().formatHex(fingerprint, 0, 16) + ENDING);
        try {
            MemorySegment found = find(file, header, layout.bytes(), arena);
            return found != null ? found : make(where, file, header, layout.bytes(), arena, contents);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING,
                    "The packed weights cannot be kept in {0}, so the next start packs them again, which is slower: {1}",
                    where, e);
            return null;
        }
    }

    private static @Nullable MemorySegment find(Path file, byte[] header, long bytes, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() == bytes && Arrays.equals(header, beginning(channel, header.length))) {
                MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
                used(file);
                return mapped;
            }
        } catch (NoSuchFileException e) {
            return null;
        }
        LOG.log(System.Logger.Level.WARNING, "The packed copy {0} is damaged; it is made anew.", file);
        Files.deleteIfExists(file);
        return null;
    }

    private static byte[] beginning(FileChannel channel, int length) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(length);
        while (read.hasRemaining() && channel.read(read, read.position()) > 0) {
            // reads on
        }
        return read.array();
    }

    /** Notes that a file is in use, by its time. */
    private static void used(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            // it is mapped, which is what counts; it may only be deleted earlier than others
            LOG.log(System.Logger.Level.DEBUG, "The time of a packed copy cannot be set.", e);
        }
    }

    private MemorySegment make(Path where, Path file, byte[] header, long bytes, Arena arena, Contents contents)
            throws IOException {
        create(where);
        sweep(where);
        makeRoom(where, bytes);
        try (PackedFile packed = PackedFile.create(where, OWNER, header, bytes)) {
            try {
                contents.write(packed);
            } catch (RuntimeException e) {
                packed.check();
                throw e;
            }
            return packed.complete(file, arena);
        }
    }

    /** Makes the folder, for the user alone. */
    private static void create(Path where) throws IOException {
        if (where.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(where,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(where);
        }
    }

    /** Deletes files that were being written by processes that are gone. */
    private static void sweep(Path where) throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(where, "*" + PackedFile.ENDING)) {
            for (Path part : parts) {
                // not even opened: on some systems that would drop the lock on it
                if (!part.getFileName().toString().startsWith(OWNER) && isLeft(part)) {
                    Files.deleteIfExists(part);
                }
            }
        }
        try (DirectoryStream<Path> created = Files.newDirectoryStream(where, "*" + PackedFile.UNLOCKED)) {
            FileTime before = FileTime.from(Instant.now().minus(Duration.ofMinutes(1)));
            for (Path file : created) {
                if (lastModified(file).compareTo(before) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static FileTime lastModified(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file);
        } catch (NoSuchFileException e) {
            return FileTime.from(Instant.MAX); // it has got its other name
        }
    }

    private static boolean isLeft(Path part) throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // held by this very process
        } catch (NoSuchFileException e) {
            return false; // its owner is done with it
        }
    }

    /** Deletes what was not used for longest, until a new file is within the limit. */
    private void makeRoom(Path where, long bytes) throws IOException {
        List<Kept> files = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(where, "*" + ENDING)) {
            for (Path path : paths) {
                files.add(new Kept(path, Files.size(path), Files.getLastModifiedTime(path)));
            }
        }
        files.sort(Comparator.comparing(Kept::used));
        long kept = files.stream().mapToLong(Kept::bytes).sum();
        long most = limit > 0 ? limit : (usable(where) + kept) / 2;
        if (bytes > most) {
            throw new IOException("they take " + Memory.gigabytes(bytes) + ", but all packed copies may take "
                    + Memory.gigabytes(most) + " (system property millrace.packed.limit)");
        }
        for (Kept file : files) {
            if (kept + bytes > most) {
                Files.deleteIfExists(file.path());
                kept -= file.bytes();
            }
        }
        long free = usable(where);
        if (bytes + MARGIN > free) {
            throw new IOException("they take " + Memory.gigabytes(bytes) + ", but the disk has only "
                    + Memory.gigabytes(free) + " left");
        }
    }

    private static long usable(Path where) throws IOException {
        return Files.getFileStore(where).getUsableSpace();
    }
}
