/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */

import dev.millrace.api.Progress;
import dev.millrace.formats.Converter;
import dev.millrace.spi.model.TensorType;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Part of the build: converts the model's folder and writes down the size and hash of what comes out. Does nothing if folder and
 * converter are those of the last time.
 */
public final class MakeModel {

    private static final String FILE = "nano-q8_0.gguf";

    private MakeModel() {
    }

    /**
     * Makes the model.
     *
     * @param arguments the Hugging Face folder, the folder to write to, a file that remembers what it was made of
     */
    public static void main(String[] arguments) throws Exception {
        Path source = Path.of(arguments[0]);
        Path target = Path.of(arguments[1]);
        Path memory = Path.of(arguments[2]);
        Path model = target.resolve(FILE);
        Path properties = target.resolve("nano.properties");
        String madeOf = madeOf(source);
        if (Files.exists(model) && Files.exists(properties) && Files.exists(memory)
                && Files.readString(memory).equals(madeOf)) {
            return;
        }
        Files.createDirectories(target);
        Converter.convert(source, model, TensorType.Q8_0, Progress.NONE);
        byte[] content = Files.readAllBytes(model);
        // written by hand: Properties.store adds the time of day
        Files.writeString(properties, "fileName=" + FILE + "\nsize=" + content.length + "\nsha256="
                + HexFormat.of().formatHex(sha256().digest(content)) + "\n");
        Files.writeString(memory, madeOf);
    }

    /** A hash over the folder, this program and the classes that it runs with. */
    private static String madeOf(Path source) throws Exception {
        MessageDigest digest = sha256();
        for (Path file : files(source)) {
            digest.update(file.toString().getBytes());
            digest.update(Files.readAllBytes(file));
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            for (Path file : files(Path.of(entry))) {
                digest.update(Files.readAllBytes(file));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static MessageDigest sha256() throws Exception {
        return MessageDigest.getInstance("SHA-256");
    }
}
