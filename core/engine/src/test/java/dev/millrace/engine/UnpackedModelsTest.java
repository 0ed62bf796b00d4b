/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.model.PackagedModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a gateway finds after a power cut. */
class UnpackedModelsTest {

    private static final int SIZE = 200_000;
    /** All models are small, or all are large. */
    private static final long SMALL = SIZE;
    private static final long LARGE = SIZE - 1;

    @TempDir
    Path folder;

    private final byte[] content = new byte[SIZE];
    private final AtomicInteger opened = new AtomicInteger();
    private String sha256 = "";

    @BeforeEach
    void fill() throws Exception {
        new Random(7).nextBytes(content);
        sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private final class Packaged implements PackagedModel {

        @Override
        public String name() {
            return "tiny";
        }

        @Override
        public String fileName() {
            return "tiny.gguf";
        }

        @Override
        public String sha256() {
            return sha256;
        }

        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public InputStream open() {
            opened.incrementAndGet();
            return new ByteArrayInputStream(content);
        }

        @Override
        public List<String> suggestedTools() {
            return List.of();
        }
    }

    private Path file(long large) {
        return new UnpackedModels(folder, large).file(new Packaged());
    }

    private void isWhole(int unpacked, Path file) throws IOException {
        assertArrayEquals(content, Files.readAllBytes(file));
        assertEquals(unpacked, opened.get(), "unpacked");
    }

    private void damage(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    @ParameterizedTest
    @ValueSource(longs = {SMALL, LARGE})
    void isUnpackedOnce(long large) throws IOException {
        isWhole(1, file(large));
        isWhole(1, file(large));
    }

    /** Cut off, empty, longer, zeros, another version of the model. */
    @ParameterizedTest
    @ValueSource(longs = {SMALL, LARGE})
    void wholeFilesThatAreNotTheModelAreMended(long large) throws IOException {
        Path file = file(large);
        byte[] other = new byte[SIZE];
        new Random(8).nextBytes(other);
        int unpacked = 1;
        for (byte[] found : List.of(Arrays.copyOf(content, SIZE / 2), Arrays.copyOf(content, SIZE - 1), new byte[0],
                Arrays.copyOf(content, SIZE + 1), new byte[SIZE], other)) {
            FileTime time = Files.getLastModifiedTime(file);
            Files.write(file, found);
            Files.setLastModifiedTime(file, FileTime.from(time.toInstant().plusSeconds(1)));
            isWhole(++unpacked, file(large));
        }
    }

    @Test
    void aLinkToNothingIsReplacedByTheModelAndAFolderIsNamed() throws IOException {
        Path file = file(SMALL);
        Files.delete(file);
        Files.createSymbolicLink(file, folder.resolve("gone"));
        isWhole(2, file(SMALL));
        Files.delete(file);
        Files.createDirectory(file);
        MillraceException e = assertThrows(MillraceException.class, () -> file(SMALL));
        assertTrue(e.getMessage().contains(file.toString()) && e.getMessage().contains("remove it"), e.getMessage());
        Files.delete(file);
        Path seal = file.resolveSibling("tiny.gguf.seal");
        Files.deleteIfExists(seal);
        Files.createDirectory(seal);
        isWhole(3, file(SMALL));
        isWhole(3, file(SMALL));
    }

    @Test
    void severalAtOnceFindTheWholeModel() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            for (int round = 0; round < 5; round++) {
                damage(file(SMALL), 10 * round);
                List<Future<Path>> files = threads.invokeAll(Collections.nCopies(6, () -> file(SMALL)));
                for (Future<Path> each : files) {
                    assertArrayEquals(content, Files.readAllBytes(each.get()));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4000, SIZE - 1})
    void wrongBytesOfTheRightSizeAreMended(int at) throws IOException {
        damage(file(SMALL), at);
        isWhole(2, file(SMALL));
        isWhole(2, file(SMALL));
    }

    @Test
    void smallFilesAreCheckedWhateverTheirTimeSays() throws IOException {
        Path file = file(SMALL);
        FileTime time = Files.getLastModifiedTime(file);
        damage(file, 5000);
        Files.setLastModifiedTime(file, time);
        isWhole(2, file(SMALL));
    }

    @Test
    void largeFilesThatWereTouchedAreReadAgain() throws IOException {
        Path file = file(LARGE);
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        isWhole(1, file(LARGE));
        damage(file, 5000);
        isWhole(2, file(LARGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "x y z", "\u0000\u0000", "0 99999999999999999999 2026"})
    void aSealThatIsDamagedOrGoneCostsTimeOnly(String nonsense) throws IOException {
        Path file = file(SMALL);
        Path seal = file.resolveSibling("tiny.gguf.seal");
        Files.delete(seal);
        isWhole(1, file(SMALL));
        Files.writeString(seal, nonsense);
        isWhole(1, file(SMALL));
        Files.write(seal, new byte[]{(byte) 0xff, (byte) 0xc3});
        isWhole(1, file(LARGE));
        Files.writeString(seal, nonsense);
        damage(file, 0);
        isWhole(2, file(LARGE));
    }

    @Test
    void aSealOfAnotherModelCountsForNothing() throws IOException {
        Path file = file(LARGE);
        Path seal = file.resolveSibling("tiny.gguf.seal");
        String text = Files.readString(seal);
        damage(file, 3);
        Files.writeString(seal, text.replace(sha256, "0".repeat(64)).replaceAll("[^ ]*$",
                Files.getLastModifiedTime(file).toInstant().toString()));
        isWhole(2, file(LARGE));
    }

    @Test
    void whatIsLeftBehindIsTheModelAndItsSeal() throws IOException {
        damage(file(SMALL), 1);
        file(SMALL);
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(List.of("tiny.gguf", "tiny.gguf.seal"),
                    files.filter(Files::isRegularFile).map(one -> one.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void theUsersFolderIsNamedAndNoTemporaryFile() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        MillraceException e = assertThrows(MillraceException.class,
                () -> new UnpackedModels(file).file(new Packaged()));
        assertTrue(e.getMessage().contains(file.toString()) && e.getMessage().contains("MILLRACE_CACHE"),
                e.getMessage());
        assertFalse(e.getMessage().contains(".part"), e.getMessage());
    }
}
