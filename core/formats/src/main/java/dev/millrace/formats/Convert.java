/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.TensorType;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@link Converter} as a program: {@code FOLDER OUT.gguf TYPE}. Exit codes: 0 done, 1 failed, 2 wrong usage. */
public final class Convert {

    private Convert() {
    }

    /**
     * Converts a folder.
     *
     * @param args folder, file to write, type of the matrices
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        String types = Converter.types().stream().map(t -> t.name().toLowerCase(Locale.ROOT)).sorted()
                .collect(Collectors.joining(", "));
        if (args.length != 3) {
            System.err.println("Usage: FOLDER OUT.gguf TYPE, where TYPE is one of " + types + ".");
            return 2;
        }
        try {
            TensorType type = Converter.types().stream().filter(t -> t.name().equalsIgnoreCase(args[2])).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            args[2] + " is not a type that can be written; possible are " + types + "."));
            Converter.convert(Path.of(args[0]), Path.of(args[1]), type, Progress.NONE);
            return 0;
        } catch (InvalidPathException e) {
            System.err.println(e.getInput() + " is not a path: " + e.getReason() + ".");
            return 2;
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return 2;
        } catch (MillraceException e) {
            System.err.println(e.getMessage());
            return 1;
        }
    }
}
