/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that cannot be used, as a sentence: the store's own, or one that the user has named. */
final class DiskFailure {

    private DiskFailure() {
    }

    /**
     * Says which file it is about, what is wrong with it, and what helps.
     *
     * @param store the store's folder
     * @param failure what the system said
     */
    static MillraceException of(Path store, IOException failure) {
        Path file = file(failure);
        boolean own = file == null || file.startsWith(store.toAbsolutePath());
        String what = own ? "The store " + store : String.valueOf(file);
        String where = own && file != null && !file.equals(store.toAbsolutePath()) ? file + ": " : "";
        String cure = isFull(failure)
                ? "make room and run the command again."
                : own
                        ? "make it writable, or set MILLRACE_MODELS to another folder."
                        : "see that it is there, and that you may use it.";
        return new MillraceException(what + " cannot be used (" + where + reason(failure) + "): " + cure, failure);
    }

    private static @Nullable Path file(IOException failure) {
        return failure instanceof FileSystemException at && at.getFile() != null
                ? Path.of(at.getFile()).toAbsolutePath()
                : null;
    }

    private static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException absent -> "it is not there";
            case AccessDeniedException denied -> "its rights forbid it";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        };
    }

    /** As Linux and Windows say it. */
    private static boolean isFull(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("No space left") || message.contains("Disk quota")
                || message.contains("not enough space");
    }
}
