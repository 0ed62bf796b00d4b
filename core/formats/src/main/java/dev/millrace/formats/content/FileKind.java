/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.content;

import dev.millrace.json.FileText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a file is, by its first bytes. */
public final class FileKind {

    private static final int FRONT = 4096;
    private static final int SHOWN = 60;
    private static final String AGAIN = "; fetch it again";

    /** First bytes, and a clause with the cure. */
    private record Mark(int at, String bytes, String clause) {
    }

    private static final String ARCHIVE = ", not a model; unpack it and take what is inside";
    private static final List<Mark> MARKS = List.of(
            new Mark(0, "version https://git-lfs", "is a Git LFS pointer, not the model itself; fetch the model with "
                    + "\"git lfs pull\" in its folder"),
            new Mark(0, "GGUF", "is a GGUF file; give it as the model by itself"),
            new Mark(0, "\u0080\u0002",
                    "is a PyTorch checkpoint (pickle), which could run any code and is not read; take "
                            + "the model's safetensors or GGUF files"),
            new Mark(0, "lmgg", "is a GGML file of before August 2023, which is not read; take the model's GGUF file"),
            new Mark(0, "fmgg", "is a GGML file of before August 2023, which is not read; take the model's GGUF file"),
            new Mark(0, "tjgg", "is a GGML file of before August 2023, which is not read; take the model's GGUF file"),
            new Mark(0, "algg", "is a LoRA adapter in an old form of GGML, not a whole model; take a GGUF file of the "
                    + "merged model"),
            new Mark(0, "\u0089HDF", "is an HDF5 file (Keras), which is not read; take the model's safetensors or GGUF "
                    + "files"),
            new Mark(4, "TFL3",
                    "is a TensorFlow Lite file, which is not read; take the model's safetensors or GGUF files"),
            new Mark(0, "\u0093NUMPY", "is a NumPy array, not a model"), new Mark(0, "%PDF", "is a PDF, not a model"),
            new Mark(0, "\u007fELF", "is a program, not a model"), new Mark(0, "MZ", "is a program, not a model"));

    private FileKind() {
    }

    /**
     * What a file is that was taken for a model.
     *
     * @param file a regular file
     * @return a clause with the cure, or empty if it is not known
     */
    public static Optional<String> of(Path file) {
        byte[] front;
        try (InputStream in = Files.newInputStream(file)) {
            front = in.readNBytes(FRONT);
        } catch (IOException e) {
            return Optional.of("cannot be read: " + e.getMessage());
        }
        if (front.length == 0) {
            return Optional.of("is empty; the download failed or has not begun: fetch it again");
        }
        // bytes as characters of the same number
        String bytes = new String(front, StandardCharsets.ISO_8859_1);
        for (Mark mark : MARKS) {
            if (bytes.startsWith(mark.bytes, mark.at)) {
                return Optional.of(mark.clause);
            }
        }
        if (bytes.startsWith("PK\u0003\u0004") && (bytes.contains("/data.pkl") || bytes.contains("/byteorder"))) {
            return Optional.of("is a PyTorch checkpoint, which could run any code and is not read; take the model's"
                    + " safetensors or GGUF files");
        }
        Optional<String> archive = FileText.archive(front);
        if (archive.isPresent()) {
            return archive.map(what -> "is " + what + ARCHIVE);
        }
        if (bytes.chars().allMatch(b -> b == 0)) {
            return Optional.of("begins with zeros only, as broken downloads do" + AGAIN);
        }
        if (front.length > 9 && front[8] == '{' && front[7] == 0 && front[6] == 0) {
            return Optional.of("is a safetensors file; give the folder that it lies in, with its config.json");
        }
        return text(front);
    }

    private static Optional<String> text(byte[] front) {
        String text;
        try {
            // the last character may be cut
            text = StandardCharsets.UTF_8.newDecoder().onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(front, 0, front.length < FRONT ? front.length : FRONT - 4)).toString();
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
        String start = text.strip().replace("\uFEFF", "");
        if (start.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t')) {
            return Optional.empty();
        }
        String lower = start.toLowerCase(Locale.ROOT);
        if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")
                || lower.startsWith("<head")) {
            return Optional
                    .of("is a web page, not a model; fetch the file itself: on a hub its address has /resolve/ where "
                            + "the page's has /blob/, and some models want a login first");
        }
        String shown = start.lines().findFirst().orElse("");
        return Optional.of("is a text that begins with \""
                + (shown.length() > SHOWN ? shown.substring(0, SHOWN) + "..." : shown) + "\", not a model" + AGAIN);
    }
}
