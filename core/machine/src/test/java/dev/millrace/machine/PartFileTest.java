/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {

    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void put(PartFile part, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            part.channel().write(bytes);
        }
    }

    /** Writes a part, says so, and waits to be killed. */
    static final class Writing {

        public static void main(String[] args) throws Exception {
            try (PartFile part = PartFile.of(Path.of(args[0]))) {
                put(part, "half");
                System.out.println(part.path().getFileName());
                assertEquals(-1, System.in.read());
            }
        }
    }

    private Process writing(Path target) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Writing.class.getName(),
                target.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    @Test
    void appearsAsAWholeOrNotAtAll() throws IOException {
        Path target = folder.resolve("a.bin");
        try (PartFile part = PartFile.of(target)) {
            put(part, "first");
            assertFalse(Files.exists(target));
            part.keep();
        }
        try (PartFile part = PartFile.ofUserAlone(target)) {
            put(part, "never");
        }
        assertEquals("first", Files.readString(target));
        assertEquals(List.of("a.bin"), names());
    }

    /** A machine that loses its power may otherwise keep the new name and not what was written. */
    @Test
    void isOnTheDiskBeforeItGetsItsName() throws Exception {
        Path target = folder.resolve("a.bin");
        try (Recording recording = new Recording(); PartFile part = PartFile.of(target)) {
            recording.enable("jdk.FileForce").withoutThreshold();
            recording.start();
            put(part, "all of it");
            part.keep();
            recording.stop();
            Path events = folder.resolve("events.jfr");
            recording.dump(events);
            assertEquals(List.of(part.path().toString()), RecordingFile.readAllEvents(events).stream()
                    .map(event -> event.getString("path")).filter(path -> path.endsWith(".part")).toList());
        }
    }

    @Test
    void whatAKilledProcessLeftGoesWithTheNextWrite() throws Exception {
        Path target = folder.resolve("a.bin");
        Process process = writing(target);
        try (BufferedReader told = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String left = told.readLine();
            assertNotNull(left, "the process has written nothing");
            try (PartFile part = PartFile.of(target)) {
                part.keep();
            }
            assertEquals(List.of("a.bin", left), names(), "somebody holds it");
            process.toHandle().destroyForcibly();
            process.waitFor();
            assertEquals(List.of("a.bin", left), names());
            PartFile.of(folder.resolve("b.bin")).close();
            PartFile.of(folder.resolve("a.bi")).close();
            assertEquals(List.of("a.bin", left), names(), "those are other targets");
            PartFile.of(target).close();
            assertEquals(List.of("a.bin"), names());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void onlyItsOwnRestsAreRemoved() throws IOException {
        List<String> others = List.of("a.bin", "a.bin.1.part", "a.bin.part", "a.bin.part.0123abcd-0123abcd",
                "aa.bin.0123abcd-0123abcd.part", "b.a.bin.0123abcd-0123abcd.part");
        for (String name : others) {
            Files.createFile(folder.resolve(name));
        }
        Files.createFile(folder.resolve("a.bin.0123abcd-0123abcd.part"));
        PartFile.of(folder.resolve("a.bin")).close();
        assertEquals(others, names());
    }

    /** Two of one process write the same, and neither takes the other's part away. */
    @Test
    void aProcessLeavesItsOwnPartsAlone() throws IOException {
        Path target = folder.resolve("a.bin");
        try (PartFile one = PartFile.of(target); PartFile two = PartFile.of(target)) {
            put(one, "one");
            put(two, "two");
            two.keep();
            assertEquals("two", Files.readString(target));
            one.keep();
        }
        assertEquals("one", Files.readString(target));
        assertEquals(List.of("a.bin"), names());
    }

    @Test
    void linksAreFollowedAndFoldersAreRefused() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "before");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        try (PartFile part = PartFile.of(link)) {
            put(part, "after");
            part.keep();
        }
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("after", Files.readString(real));
        Path inside = Files.createDirectory(folder.resolve("folder"));
        for (Path wrong : List.of(inside, Path.of("/"))) {
            FileSystemException e = assertThrows(FileSystemException.class, () -> PartFile.of(wrong));
            assertEquals("it is a folder; give the name of a file", e.getReason());
        }
        assertThrows(NoSuchFileException.class, () -> PartFile.of(folder.resolve("absent").resolve("a.bin")));
    }

    @Test
    void whatIsForTheUserAloneIsFromItsFirstByteOn() throws IOException {
        try (PartFile part = PartFile.ofUserAlone(folder.resolve("a.bin"))) {
            if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(part.path())));
            }
        }
    }
}
