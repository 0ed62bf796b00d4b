/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Program;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Prefixes as files, for the next start. A file's name has two digests: of all that its numbers depend on, and of its tokens. What
 * cannot be written or read costs time only, so it is logged and passed over. Safe for use from several threads; one that looks for the
 * first time waits for the names and tokens of all files to be read.
 */
final class PrefixFolder {

    private static final System.Logger LOG = System.getLogger(PrefixFolder.class.getName());
    private static final long MAGIC = 0x4D494C4C50524531L;
    private static final String ENDING = ".prefix";
    private static final int DIGITS = 16;
    private static final int MOST_FILES = 64;

    private final Path folder;
    private final long mostBytes;
    private final Map<String, RadixTree<Path>> known = new HashMap<>();

    /**
     * A folder.
     *
     * @param folder made when something is stored
     * @param mostBytes that all its files may have together
     */
    PrefixFolder(Path folder, long mostBytes) {
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    /**
     * A file on disk that holds a beginning of a list of tokens.
     *
     * @param path where it is
     * @param length tokens
     */
    record Hit(Path path, int length) {
    }

    /** The longest stored beginning of a prompt that leaves a token to read. */
    synchronized @Nullable Hit find(int[] prompt, String key) {
        RadixTree.Match<Path> match = index(key).match(prompt, prompt.length - 1, path -> true);
        RadixTree.Node<Path> last = match.last();
        Path path = last == null ? null : last.value();
        return last == null || path == null ? null : new Hit(path, last.length());
    }

    private RadixTree<Path> index(String key) {
        return known.computeIfAbsent(key, this::scan);
    }

    private RadixTree<Path> scan(String key) {
        RadixTree<Path> tree = new RadixTree<>();
        String begin = digest(key.getBytes(StandardCharsets.UTF_8)) + "-";
        if (!Files.isDirectory(folder)) {
            return tree;
        }
        try (Stream<Path> all = Files.list(folder)) {
            for (Path path : all.filter(one -> one.getFileName().toString().startsWith(begin)
                    && one.getFileName().toString().endsWith(ENDING)).toList()) {
                try {
                    tree.put(file(path).peek(StateStream::tokens), path);
                } catch (MillraceException e) {
                    LOG.log(System.Logger.Level.DEBUG, "A kept prefix cannot be used.", e);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "Kept prefixes cannot be listed.", e);
        }
        return tree;
    }

    private static CheckedFile file(Path path) {
        return new CheckedFile(path, MAGIC, "kept prefix");
    }

    /**
     * Reads a state.
     *
     * @return closed by the caller; null if it is damaged or gone, after which it is not found again
     */
    @Nullable
    SequenceState load(Hit hit, int[] prompt, String key, Program program, int context) {
        try {
            return file(used(hit.path())).read((in, left) -> {
                SequenceState read = StateStream.read(in, left, program.stateShapes(), context);
                int[] tokens = read.tokens();
                if (tokens.length != hit.length()
                        || !Arrays.equals(tokens, 0, tokens.length, prompt, 0, tokens.length)) {
                    read.close();
                    throw new StreamCorruptedException("it holds other tokens");
                }
                return read;
            });
        } catch (MillraceException | IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A kept prefix is read again.", e);
            forget(prompt, hit, key);
            return null;
        }
    }

    private static Path used(Path path) throws IOException {
        return Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
    }

    private synchronized void forget(int[] prompt, Hit hit, String key) {
        RadixTree<Path> tree = index(key);
        RadixTree.Match<Path> match = tree.match(prompt, hit.length(), path -> true);
        if (match.last() != null && match.last().length() == hit.length()) {
            tree.remove(match.last());
        }
    }

    /** How many of these tokens are stored as a beginning. */
    synchronized int stored(int[] tokens, String key) {
        RadixTree.Match<Path> match = index(key).match(tokens, tokens.length, path -> true);
        return match.last() == null ? 0 : match.last().length();
    }

    /** Writes a state, and makes room for it. */
    void store(SequenceState state, String key) {
        int[] tokens = state.tokens();
        ByteBuffer bytes = ByteBuffer.allocate(tokens.length * Integer.BYTES);
        bytes.asIntBuffer().put(tokens);
        Path path = folder.resolve(
                digest(key.getBytes(StandardCharsets.UTF_8)) + "-" + digest(bytes.array()) + ENDING);
        try {
            Files.createDirectories(folder);
            file(path).write(out -> StateStream.write(state, out));
            synchronized (this) {
                index(key).put(tokens, path);
            }
            prune();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO,
                    "The prefix of the prompt cannot be kept in {0} ({1}): the next start reads it again.", folder, e);
        }
    }

    /** Removes the files that were not used for longest. */
    private void prune() throws IOException {
        record Aged(Path path, FileTime time, long bytes) {
        }
        List<Aged> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path path : all.filter(p -> p.toString().endsWith(ENDING)).toList()) {
                try {
                    files.add(new Aged(path, Files.getLastModifiedTime(path), Files.size(path)));
                } catch (NoSuchFileException e) {
                    // another process makes room, too
                    LOG.log(System.Logger.Level.DEBUG, "A kept prefix is gone.", e);
                }
            }
        }
        files.sort((a, b) -> b.time().compareTo(a.time()));
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            bytes += files.get(i).bytes();
            if (i > 0 && (i >= MOST_FILES || bytes > mostBytes)) {
                Files.deleteIfExists(files.get(i).path());
            }
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
