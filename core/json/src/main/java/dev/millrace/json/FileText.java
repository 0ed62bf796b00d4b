/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The text in files that people or other programs wrote: UTF-8, or UTF-16 if a byte order mark says so, as PowerShell writes it.
 * The mark itself is passed over. What is no text is told by its content.
 */
public final class FileText {

    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final String LFS_POINTER = "version https://git-lfs";

    /** First bytes, as characters of the same number, and what has them. */
    private record Mark(int at, String bytes, String what) {
    }

    private static final List<Mark> ARCHIVES = List.of(new Mark(0, "\u001f\u008b", "a gzip archive"),
            new Mark(0, "PK\u0003\u0004", "a zip archive"), new Mark(0, "BZh", "a bzip2 archive"),
            new Mark(0, "\u00fd7zXZ", "an xz archive"), new Mark(0, "(\u00b5/\u00fd", "a zstd archive"),
            new Mark(0, "7z\u00bc\u00af", "a 7z archive"), new Mark(0, "Rar!", "a rar archive"),
            new Mark(257, "ustar", "a tar archive"));
    private static final List<Mark> OTHERS = List.of(new Mark(0, "GGUF", "a GGUF file, a model"),
            new Mark(0, "%PDF", "a PDF"), new Mark(0, "\u007fELF", "a program"),
            new Mark(0, "\u0089PNG", "a picture"), new Mark(0, "\u00ff\u00d8\u00ff", "a picture"));

    private FileText() {
    }

    /**
     * Any text.
     *
     * @param bytes the whole file
     * @return its text
     * @throws NotTextException if it is none
     */
    public static String any(byte[] bytes) throws NotTextException {
        int first = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff);
        Charset charset = first == 0xfffe || first == 0xfeff ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8;
        String text;
        try {
            text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new NotTextException(other(bytes).orElse("it is no text in UTF-8; save it as UTF-8"));
        }
        if (text.indexOf('\0') >= 0) {
            // some archives and programs are valid UTF-8 by chance, but words alone may begin like one
            Optional<String> other = other(bytes);
            if (other.isPresent()) {
                throw new NotTextException(other.get());
            }
        }
        return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    }

    /**
     * What kind of archive begins with some bytes.
     *
     * @param bytes a file, or its first 512 bytes
     * @return a noun, such as "a zip archive"; empty if it is none that is known
     */
    public static Optional<String> archive(byte[] bytes) {
        return ARCHIVES.stream().filter(mark -> has(bytes, mark)).map(Mark::what).findFirst();
    }

    private static Optional<String> other(byte[] bytes) {
        return archive(bytes).map(what -> "it is " + what + "; unpack it and name the file inside")
                .or(() -> OTHERS.stream().filter(mark -> has(bytes, mark))
                        .map(mark -> "it is " + mark.what + ", and no text").findFirst());
    }

    /**
     * A text that a program reads: JSON, settings, a template, a grammar. What often comes in place of such a file is told: a pointer
     * of Git LFS, a web page, the zeros of a broken download.
     *
     * @param bytes the whole file
     * @return its text
     * @throws NotTextException if it is none, or one of these
     */
    public static String forPrograms(byte[] bytes) throws NotTextException {
        String text = any(bytes);
        if (text.startsWith(LFS_POINTER)) {
            throw new NotTextException(
                    "it is a Git LFS pointer, not the file itself; fetch the file with \"git lfs pull\" in its"
                            + " folder");
        }
        if (isWebPage(text)) {
            throw new NotTextException(
                    "it is a web page; fetch the file itself: on a hub its address has /resolve/ or /raw/ where"
                            + " the page's has /blob/");
        }
        if (text.indexOf('\0') >= 0) {
            throw new NotTextException("it holds zeros, as a broken download leaves them; fetch it again");
        }
        return text;
    }

    private static boolean isWebPage(String text) {
        String begin = text.stripLeading();
        String lower = begin.substring(0, Math.min(begin.length(), 20)).toLowerCase(Locale.ROOT);
        return lower.startsWith("<!doctype html") || lower.matches("(?s)<html[\\s>].*") || lower.startsWith("<head>")
                || lower.startsWith("<?xml");
    }

    private static boolean has(byte[] bytes, Mark mark) {
        if (bytes.length < mark.at + mark.bytes.length()) {
            return false;
        }
        for (int i = 0; i < mark.bytes.length(); i++) {
            if ((bytes[mark.at + i] & 0xff) != mark.bytes.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
