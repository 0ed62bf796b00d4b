/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.trust;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The public keys that the user trusts: the files {@code NAME.pem} or {@code NAME.pub} in a folder.
 *
 * @param folder where they are; need not be there
 */
public record TrustedKeys(Path folder) {

    /**
     * Who signed.
     *
     * @param signed digests with their signature
     * @return the name of the first key that made it; empty if none did
     * @throws MillraceException if a key cannot be read
     */
    public Optional<String> signer(SignedFiles signed) {
        for (Path key : keys()) {
            String file = String.valueOf(key.getFileName());
            try {
                if (signed.isBy(Files.readString(key))) {
                    return Optional.of(file.substring(0, file.lastIndexOf('.')));
                }
            } catch (IOException | MillraceException e) {
                throw new MillraceException(
                        "The trusted key " + key + " cannot be read: put an Ed25519 public key in PEM "
                                + "there, or remove it.",
                        e);
            }
        }
        return Optional.empty();
    }

    private List<Path> keys() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.toString().endsWith(".pem") || file.toString().endsWith(".pub")).sorted()
                    .toList();
        } catch (IOException e) {
            throw new MillraceException("The folder of trusted keys " + folder + " cannot be listed: " + e.getMessage()
                    + ".", e);
        }
    }
}
