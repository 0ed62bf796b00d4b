/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.trust;

import dev.millrace.api.MillraceException;
import dev.millrace.machine.PartFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The public keys that the user knows: the files {@code NAME.pem} or {@code NAME.pub} in a folder are trusted, and what the keys
 * {@code NAME.revoked} signed is refused.
 *
 * @param folder where they are; need not be there
 */
public record TrustedKeys(Path folder) {

    private static final String REVOKED = ".revoked";

    /**
     * Who signed.
     *
     * @param signed digests with their signature
     * @return the name of the first key that made it; empty if none did
     * @throws MillraceException if a key cannot be read, or the one that signed was revoked
     */
    public Optional<String> signer(SignedFiles signed) {
        for (Path key : keys()) {
            if (isBy(signed, key)) {
                if (isRevoked(key)) {
                    throw new MillraceException("The signature was made with the key " + name(key)
                            + ", which you have revoked: ask those who published it for a new key.");
                }
                return Optional.of(name(key));
            }
        }
        return Optional.empty();
    }

    private static boolean isBy(SignedFiles signed, Path key) {
        try {
            return signed.isBy(Files.readString(key));
        } catch (IOException | MillraceException e) {
            throw unreadable(key, e);
        }
    }

    private static byte[] decoded(Path key) {
        try {
            return SignedFiles.decoded(Files.readString(key));
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(key, e);
        }
    }

    private static MillraceException unreadable(Path key, Exception cause) {
        return new MillraceException("The trusted key " + key
                + " cannot be read: put an Ed25519 public key in PEM there, or remove it.", cause);
    }

    /**
     * Whether a key was revoked.
     *
     * @param key one of {@link #keys}
     * @return true if it was
     */
    public static boolean isRevoked(Path key) {
        return key.toString().endsWith(REVOKED);
    }

    /**
     * The name of a key.
     *
     * @param key one of {@link #keys}
     * @return for people
     */
    public static String name(Path key) {
        String file = String.valueOf(key.getFileName());
        return file.substring(0, file.lastIndexOf('.'));
    }

    /**
     * All keys, revoked ones first.
     *
     * @return files
     */
    public List<Path> keys() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.toString().matches("(?s).*\\.(pem|pub|revoked)"))
                    .sorted(Comparator.<Path, Boolean>comparing(key -> !isRevoked(key)).thenComparing(Path::compareTo))
                    .toList();
        } catch (IOException e) {
            throw new MillraceException("The folder of trusted keys " + folder + " cannot be listed: " + e.getMessage()
                    + ".", e);
        }
    }

    /**
     * Takes in a key, unless it is here already.
     *
     * @param file with it
     * @param name under which it is kept
     * @return the name under which it is kept: another one if it was here before
     * @throws MillraceException if it is none, the name is that of another key, or the key was revoked
     */
    public String add(Path file, String name) throws IOException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,100}")) {
            throw new MillraceException(
                    "\"" + name + "\" is no name for a key: take letters, digits, dots and dashes.");
        }
        String pem = Files.readString(file);
        // says what is wrong with it, if anything is
        new SignedFiles(SignedFiles.Kind.PLUGINS, Map.of(), new byte[64]).isBy(pem);
        for (Path key : keys()) {
            if (Arrays.equals(decoded(key), SignedFiles.decoded(pem))) {
                if (isRevoked(key)) {
                    throw new MillraceException("You have revoked this key, under the name " + name(key)
                            + ": remove that before you trust it again.");
                }
                return name(key);
            }
        }
        if (keys().stream().anyMatch(key -> name(key).equals(name))) {
            throw new MillraceException("There is another key " + name + " already: remove it, or give another name.");
        }
        Files.createDirectories(folder);
        Path target = folder.resolve(name + ".pem");
        try (PartFile part = PartFile.of(target)) {
            part.write(pem.getBytes(StandardCharsets.UTF_8));
            part.channel().force(true);
            // never in the place of another one, unlike keep()
            Files.move(part.path(), target);
        } catch (FileAlreadyExistsException e) {
            throw new MillraceException("There is another key " + name + " already: remove it, or give another name.",
                    e);
        }
        return name;
    }

    /**
     * Stops trusting a key.
     *
     * @param name of it
     * @param revoked true to keep it, and refuse what it signed
     * @throws MillraceException if there is none
     */
    public void remove(String name, boolean revoked) throws IOException {
        Path key = keys().stream().filter(one -> name(one).equals(name)).findFirst()
                .orElseThrow(() -> new MillraceException("There is no key " + name + " in " + folder + "."));
        if (revoked) {
            Files.move(key, folder.resolve(name + REVOKED), StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.delete(key);
        }
    }
}
