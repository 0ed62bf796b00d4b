/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that users name as texts and that are something else. */
final class FileTextTest {

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void isSaid(byte[] file, String part) {
        String said = assertThrows(NotTextException.class, () -> FileText.forPrograms(file)).getMessage();
        assertTrue(said.startsWith("it ") && said.contains(part), said);
        assertFalse(said.endsWith("."), said);
        assertEquals(said, assertThrows(NotTextException.class, () -> Json.text(file)).getMessage());
    }

    @Test
    void archivesAreToUnpack() throws Exception {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(utf8("[]"));
        }
        isSaid(gzip.toByteArray(), "a gzip archive; unpack it");
        ByteArrayOutputStream zip = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry("tools.json"));
            out.write(utf8("[]"));
        }
        isSaid(zip.toByteArray(), "a zip archive; unpack it");
        byte[] tar = new byte[1024];
        System.arraycopy(utf8("tools.json"), 0, tar, 0, 10);
        System.arraycopy(utf8("ustar"), 0, tar, 257, 5);
        isSaid(tar, "a tar archive; unpack it");
    }

    @Test
    void bytesThatAreNoTextAreToldByTheirBeginning() {
        isSaid(latin1("BZh9\u0000\u0091\u00ff"), "a bzip2 archive");
        isSaid(latin1("\u00fd7zXZ\u0000"), "an xz archive");
        isSaid(latin1("(\u00b5/\u00fd\u0000"), "a zstd archive");
        isSaid(latin1("7z\u00bc\u00af'\u001c"), "a 7z archive");
        isSaid(latin1("Rar!\u001a\u0007\u0000"), "a rar archive");
        isSaid(latin1("GGUF\u0003\u0000\u0000"), "a GGUF file");
        isSaid(latin1("%PDF-1.7\n%\u00e2\u00e3"), "a PDF");
        isSaid(latin1("\u007fELF\u0002\u0001\u0000"), "a program");
        isSaid(latin1("\u0089PNG\r\n\u001a"), "a picture");
        isSaid(latin1("caf\u00e9"), "save it as UTF-8");
    }

    @Test
    void pointersPagesAndZerosAreNoAnswerToAProgram() throws Exception {
        String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n";
        isSaid(utf8(pointer), "git lfs pull");
        isSaid(utf8("\ufeff" + pointer), "git lfs pull");
        for (String page : new String[]{"<!DOCTYPE html>\n<html>", "\n<HTML><body>", "<head>",
                "<?xml version=\"1.0\"?><Error/>"}) {
            isSaid(utf8(page), "a web page");
            assertEquals(page, FileText.any(utf8(page)), "a text to read is one");
        }
        isSaid(new byte[5000], "zeros");
        isSaid(Arrays.copyOf(utf8("{\"a\": 1,"), 4096), "zeros");
    }

    /** What only begins like one of them is a text. */
    @ParameterizedTest
    @ValueSource(strings = {"BZh is how bzip2 begins", "Rar!", "GGUF is a format", "%PDF", "PK", "version 2",
            "<s>{{ x }}", "<|im_start|>",
            "<html_attributes>", "7z", "", " "})
    void wordsAreWords(String text) throws Exception {
        assertEquals(text, FileText.any(utf8(text)));
        assertEquals(text, FileText.forPrograms(utf8(text)));
    }

    @Test
    void byteOrderMarksArePassedOver() throws Exception {
        assertEquals("[\"\u00e9\"]", FileText.any(utf8("\ufeff[\"\u00e9\"]")));
        assertEquals("[\"\u00e9\"]", FileText.any("\ufeff[\"\u00e9\"]".getBytes(StandardCharsets.UTF_16LE)));
        assertEquals("[\"\u00e9\"]", FileText.any("\ufeff[\"\u00e9\"]".getBytes(StandardCharsets.UTF_16BE)));
    }
}
