/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.api.MillraceException;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Program;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Prefixes that many conversations share, such as the system message with its tools: read once, kept in memory for the other
 * conversations of this model and on disk for its next start.
 *
 * <p>
 * A file's name is a digest of what its content depends on: the model's files, the variant, the device, the precision, the type
 * of keys and values, and the tokens. What is kept in memory has the same key, since the model may move to another device or
 * another way in which it is stored. What cannot be written or read costs time only, so it is logged and passed over. Safe for use from
 * several threads.
 */
public final class Prefixes implements AutoCloseable {

    /** Shorter prefixes are read as quickly as they are found. */
    public static final int LEAST_TOKENS = 64;

    private static final System.Logger LOG = System.getLogger(Prefixes.class.getName());
    private static final long MAGIC = 0x4D494C4C50524531L;
    private static final String ENDING = ".prefix";
    private static final int MOST_IN_MEMORY = 4;
    private static final int MOST_FILES = 16;
    private static final int MOST_TOKENS_ON_DISK = 8192;

    private final Scheduler scheduler;
    private final Supplier<Program> program;
    private final int context;
    private final Supplier<String> key;
    private final @Nullable Path folder;
    private final List<Kept> kept = new ArrayList<>();
    private final Set<Thread> writers = ConcurrentHashMap.newKeySet();
    private boolean closed;

    private record Kept(String key, Slot slot) {
    }

    /**
     * Prefixes of a model.
     *
     * @param program which runs now
     * @param key of everything that numbers depend on, now
     * @param folder for files, or null to keep none
     */
    public Prefixes(Scheduler scheduler, Supplier<Program> program, int context, Supplier<String> key,
            @Nullable Path folder) {
        this.scheduler = scheduler;
        this.program = program;
        this.context = context;
        this.key = key;
        this.folder = folder;
    }

    /** A new slot that has read the prefix, if it is known. */
    public synchronized @Nullable Slot find(int[] prefix) {
        String now = key.get();
        for (Kept one : kept) {
            Slot slot = one.slot();
            if (one.key().equals(now) && slot.read() == prefix.length && Arrays.equals(slot.readTokens(), prefix)) {
                return scheduler.fork(slot);
            }
        }
        Slot loaded = load(prefix, now);
        if (loaded == null) {
            return null;
        }
        if (loaded.read() == 0) {
            scheduler.close(loaded);
            return null;
        }
        remember(loaded, now);
        return scheduler.fork(loaded);
    }

    /**
     * What numbers depend on now.
     *
     * @return for {@link #keep}
     */
    public String key() {
        return key.get();
    }

    /**
     * Keeps what a slot has read.
     *
     * @param slot which nobody reads at this moment
     * @param readWith the key before it was read; if it is another one now, the slot is not kept
     */
    public synchronized void keep(Slot slot, String readWith) {
        if (closed || !readWith.equals(key.get())) {
            return;
        }
        Slot copy = scheduler.fork(slot);
        if (copy == null) {
            return;
        }
        remember(copy, readWith);
        SequenceState state = folder == null || copy.read() > MOST_TOKENS_ON_DISK ? null : scheduler.export(copy);
        if (state == null) {
            return;
        }
        Path where = Objects.requireNonNull(folder);
        Thread writer = Thread.ofVirtual().name("millrace-prefix").unstarted(() -> {
            try (state) {
                store(where, state, readWith);
            } finally {
                writers.remove(Thread.currentThread());
            }
        });
        writers.add(writer);
        writer.start();
    }

    private void remember(Slot slot, String with) {
        kept.add(new Kept(with, slot));
        if (kept.size() > MOST_IN_MEMORY) {
            scheduler.close(kept.removeFirst().slot());
        }
    }

    private @Nullable Slot load(int[] prefix, String with) {
        if (folder == null) {
            return null;
        }
        CheckedFile file = file(folder, prefix, with);
        if (!Files.isRegularFile(file.path())) {
            return null;
        }
        try {
            return file.read((in, left) -> {
                try (SequenceState state = StateStream.read(in, left, program.get().stateShapes(), context)) {
                    if (!Arrays.equals(state.tokens(), prefix)) {
                        throw new StreamCorruptedException("it holds other tokens");
                    }
                    return scheduler.open(state);
                }
            });
        } catch (MillraceException e) {
            LOG.log(System.Logger.Level.DEBUG, "A kept prefix is read again.", e);
            return null;
        }
    }

    private void store(Path where, SequenceState state, String with) {
        try {
            Files.createDirectories(where);
            file(where, state.tokens(), with).write(out -> StateStream.write(state, out));
            prune(where);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO,
                    "The prefix of the prompt cannot be kept in {0} ({1}): the next start reads"
                            + " it again.",
                    where, e);
        }
    }

    /** Removes the oldest files. */
    private static void prune(Path where) throws IOException {
        record Aged(Path path, FileTime time) {
        }
        List<Aged> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(where)) {
            for (Path path : all.filter(p -> p.toString().endsWith(ENDING)).toList()) {
                files.add(new Aged(path, Files.getLastModifiedTime(path)));
            }
        }
        files.sort((a, b) -> b.time().compareTo(a.time()));
        for (Aged old : files.subList(Math.min(MOST_FILES, files.size()), files.size())) {
            Files.deleteIfExists(old.path());
        }
    }

    private static CheckedFile file(Path where, int[] tokens, String with) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
        digest.update(with.getBytes(StandardCharsets.UTF_8));
        ByteBuffer bytes = ByteBuffer.allocate(tokens.length * Integer.BYTES);
        bytes.asIntBuffer().put(tokens);
        digest.update(bytes);
        return new CheckedFile(where.resolve(HexFormat.of().formatHex(digest.digest(), 0, 16) + ENDING), MAGIC,
                "kept prefix");
    }

    /** Waits until everything is written, and frees the slots. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            kept.forEach(one -> scheduler.close(one.slot()));
            kept.clear();
        }
        boolean interrupted = false;
        for (Thread writer : writers) {
            while (writer.isAlive()) {
                try {
                    writer.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
