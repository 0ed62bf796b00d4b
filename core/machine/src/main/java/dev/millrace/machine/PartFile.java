/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears as a whole or not at all. It is written under another name beside its target, is on the disk before it gets
 * the target's name, and is removed if that does not happen.
 *
 * <p>
 * A process that is killed leaves what it has written. While a part is written it is locked, so a part that nobody holds is such a
 * rest: the next who writes the same target removes it. Used by one thread at a time; several threads and processes may write the
 * same target, and the last one wins.
 */
public final class PartFile implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PartFile.class.getName());

    private static final String ENDING = ".part";
    /** Between the target's name and the ending: who writes it, and a number of its own. */
    private static final Pattern MARK = Pattern.compile("\\.[0-9a-f]{8}-[0-9a-f]{8}");
    /** This process. On some systems even opening and closing a file would drop the process's own lock on it. */
    private static final String OWNER = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    /** Behind all content, since some systems let nobody read what is locked. */
    private static final long LOCKED = Long.MAX_VALUE - 1;
    private static final int TRIES = 10;

    private final Path target;
    private final Path part;
    private final FileChannel channel;

    private PartFile(Path target, Path part, FileChannel channel) {
        this.target = target;
        this.part = part;
        this.channel = channel;
    }

    /**
     * Begins a file with the permissions that new files have.
     *
     * @param target where it goes, behind all links; its folder exists
     * @return closed by the caller
     * @throws FileSystemException if there is something at the target that is no file
     * @throws IOException if nothing can be written there
     */
    public static PartFile of(Path target) throws IOException {
        return begin(target, false);
    }

    /**
     * Begins a file that only the user may read, where the system knows such a thing.
     *
     * @param target where it goes, behind all links; its folder exists
     * @return closed by the caller
     * @throws FileSystemException if there is something at the target that is no file
     * @throws IOException if nothing can be written there
     */
    public static PartFile ofUserAlone(Path target) throws IOException {
        return begin(target, true);
    }

    private static PartFile begin(Path asked, boolean alone) throws IOException {
        Path target = place(asked);
        Path folder = Objects.requireNonNull(target.getParent());
        String name = target.getFileName().toString();
        clear(folder, name);
        FileAttribute<?>[] attributes = alone && folder.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[]{
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                : new FileAttribute<?>[0];
        for (int i = 0; i < TRIES; i++) {
            Path part = folder.resolve(name + "." + OWNER + "-"
                    + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()) + ENDING);
            FileChannel channel = FileChannel.open(part,
                    Set.<OpenOption>of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes);
            lock(channel);
            if (Files.exists(part)) {
                return new PartFile(target, part, channel);
            }
            // another process took it for a rest in the moment before it was locked
            channel.close();
        }
        throw new FileSystemException(asked.toString(), null, "somebody removes what is written there");
    }

    private static Path place(Path target) throws IOException {
        Path place = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        if (Files.exists(place) && !Files.isRegularFile(place)) {
            throw new FileSystemException(target.toString(), null,
                    (Files.isDirectory(place) ? "it is a folder" : "it is a device, a pipe or a socket")
                            + "; give the name of a file");
        }
        if (place.getFileName() == null) {
            throw new FileSystemException(target.toString(), null, "it is no name of a file");
        }
        return place;
    }

    /** Where files cannot be locked, rests stay. */
    private static @Nullable FileLock lock(FileChannel channel) {
        try {
            return channel.tryLock(LOCKED, 1, false);
        } catch (IOException | OverlappingFileLockException e) {
            LOG.log(System.Logger.Level.TRACE, "not locked", e);
            return null;
        }
    }

    private static void clear(Path folder, String name) {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder,
                entry -> isRest(entry.getFileName().toString(), name))) {
            for (Path part : parts) {
                if (isAbandoned(part)) {
                    Files.deleteIfExists(part);
                }
            }
        } catch (IOException e) {
            // whoever cannot list the folder can perhaps write to it all the same
            LOG.log(System.Logger.Level.DEBUG, "rests stay", e);
        }
    }

    private static boolean isRest(String entry, String name) {
        return entry.startsWith(name) && entry.endsWith(ENDING) && entry.length() > name.length() + ENDING.length()
                && MARK.matcher(entry.substring(name.length(), entry.length() - ENDING.length())).matches()
                && !entry.startsWith(name + "." + OWNER);
    }

    private static boolean isAbandoned(Path part) {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            return lock(channel) != null;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "somebody took it away, or it is another user's", e);
            return false;
        }
    }

    /**
     * Why a file could not be written.
     *
     * @param failure what this class or its channel has thrown
     * @return a clause for users, without the name of the part, which means nothing to them
     */
    public static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException absent -> "its folder is not there";
            case AccessDeniedException denied -> "its folder cannot be written";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(failure.getMessage());
        };
    }

    /**
     * What is written goes here.
     *
     * @return open until {@link #keep} or {@link #close}
     */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Writes all of it, after what was written before.
     *
     * @param content stays the caller's
     * @throws IOException if there is no room, and the like
     */
    public void write(byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * Where it is until it is kept.
     *
     * @return a path that means nothing to users
     */
    public Path path() {
        return part;
    }

    /**
     * Gives the file its name; what was at the target is replaced. Nothing is written after this.
     *
     * @throws IOException if that fails; the target is then as before
     */
    public void keep() throws IOException {
        channel.force(true);
        channel.close();
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
        try (FileChannel folder = FileChannel.open(Objects.requireNonNull(target.getParent()),
                StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, "This system does not force folders to the disk.", e);
        }
    }

    /** Removes what was written, if it was not kept. */
    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
