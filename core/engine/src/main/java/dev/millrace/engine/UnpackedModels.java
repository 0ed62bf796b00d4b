/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.MillraceException;
import dev.millrace.machine.PartFile;
import dev.millrace.spi.model.PackagedFile;
import dev.millrace.spi.model.PackagedModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Packaged models as files in the cache folder, keyed by their content. A file is on the disk as a whole before it gets its
 * name, and is checked each time it is asked for: after a power cut, on a full disk or on a worn card a file may have the right
 * size and wrong bytes. A damaged file is unpacked again.
 *
 * <p>
 * A whole SHA-256 would cost a second for each 500 MB, so a file whose digest was right once gets a seal beside it. A small
 * file is then checked by the CRC-32C in the seal, 8 MB in about 2 ms; a large one, which takes longer to read than to use, by
 * its size and time. Safe for use from several threads and processes.
 */
final class UnpackedModels {

    private static final System.Logger LOG = System.getLogger(UnpackedModels.class.getName());

    /** Larger files are not read as a whole at each start. */
    private static final long LARGE = 64L << 20;
    private static final int BUFFER = 1 << 16;

    private final Path folder;
    private final long large;

    /**
     * Models in a folder.
     *
     * @param folder made if it is not there
     */
    UnpackedModels(Path folder) {
        this(folder, LARGE);
    }

    UnpackedModels(Path folder, long large) {
        this.folder = folder;
        this.large = large;
    }

    /**
     * What is known of a file whose digest was right.
     *
     * @param sha256 of its content, in hexadecimal digits
     * @param crc of its content
     * @param modified when it was changed last, as the file system says
     */
    private record Seal(String sha256, long crc, String modified) {

        static @Nullable Seal read(Path file) throws IOException {
            if (!Files.isRegularFile(file) || Files.size(file) > 1000) {
                return null;
            }
            // whatever the bytes are, a damaged seal only does not match
            String[] words = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                    .split(" ", -1);
            return words.length == 3 && words[1].matches("[0-9]{1,10}")
                    ? new Seal(words[0], Long.parseLong(words[1]), words[2])
                    : null;
        }

        String text() {
            return sha256 + " " + crc + " " + modified;
        }
    }

    /**
     * The file of a model, unpacked if it is not there or is damaged, and so are those that belong beside it.
     *
     * @throws MillraceException if it cannot be unpacked, or the package is damaged
     */
    Path file(PackagedModel model) {
        Path home = folder.resolve(model.sha256().substring(0, 16));
        if (!model.companions().isEmpty()) {
            // a model of several files is called after their folder
            home = home.resolve(model.name());
        }
        try {
            for (PackagedFile companion : model.companions()) {
                file(model, companion, home);
            }
            return file(model, model, home);
        } catch (IOException e) {
            throw new MillraceException("The packaged model " + model.name() + " cannot be unpacked to " + home + " ("
                    + PartFile.reason(e)
                    + "): make it writable and free some space there, or name another folder in the variable"
                    + " MILLRACE_CACHE.", e);
        }
    }

    private Path file(PackagedModel model, PackagedFile packaged, Path home) throws IOException {
        Path file = home.resolve(packaged.fileName());
        Path seal = home.resolve(packaged.fileName() + ".seal");
        if (Files.isRegularFile(file)) {
            if (isWhole(packaged, file, seal)) {
                return file;
            }
            LOG.log(System.Logger.Level.WARNING,
                    "The unpacked model " + file + " was damaged; it is unpacked again.");
        }
        if (Files.isDirectory(file)) {
            throw new MillraceException("The folder " + file + " stands where the packaged model " + model.name()
                    + " is to be unpacked: remove it.");
        }
        Files.createDirectories(home);
        try (PartFile part = PartFile.ofUserAlone(file)) {
            CRC32C crc = unpack(model, packaged, part.channel());
            part.keep();
            keep(seal, new Seal(packaged.sha256(), crc.getValue(), modified(file)));
        }
        return file;
    }

    private boolean isWhole(PackagedFile packaged, Path file, Path seal) throws IOException {
        if (Files.size(file) != packaged.size()) {
            return false;
        }
        Seal known = Seal.read(seal);
        if (known != null && known.sha256().equals(packaged.sha256())) {
            if (packaged.size() > large ? known.modified().equals(modified(file)) : known.crc() == crc(file)) {
                return true;
            }
        }
        MessageDigest digest = sha256();
        CRC32C crc = new CRC32C();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc);
                OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            in.transferTo(out);
        }
        if (!hex(digest).equals(packaged.sha256())) {
            return false;
        }
        keep(seal, new Seal(packaged.sha256(), crc.getValue(), modified(file)));
        return true;
    }

    private static long crc(Path file) throws IOException {
        Checksum crc = new CRC32C();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
            }
        }
        return crc.getValue();
    }

    private static String modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toInstant().toString();
    }

    /** Without a seal, as in a folder that only can be read, the next start takes the whole digest again. */
    private static void keep(Path file, Seal seal) {
        try (PartFile part = PartFile.ofUserAlone(file)) {
            Channels.newOutputStream(part.channel()).write(seal.text().getBytes(StandardCharsets.ISO_8859_1));
            part.keep();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "no seal", e);
        }
    }

    private static CRC32C unpack(PackagedModel model, PackagedFile packaged, FileChannel target) throws IOException {
        MessageDigest digest = sha256();
        CRC32C crc = new CRC32C();
        try (InputStream in = new CheckedInputStream(packaged.open(), crc)) {
            in.transferTo(new DigestOutputStream(Channels.newOutputStream(target), digest));
        }
        String found = hex(digest);
        if (!found.equals(packaged.sha256())) {
            throw new MillraceException("The packaged model " + model.name() + " is damaged: the SHA-256 of "
                    + packaged.fileName() + " is " + found + ", not " + packaged.sha256()
                    + ". Install its bundle again.");
        }
        return crc;
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
