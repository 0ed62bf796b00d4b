/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.PackagedFile;
import dev.millrace.spi.model.PackagedModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/** What every packaged model promises. Its tests extend this class and name the model. */
@DisplayNameGeneration(Sentences.class)
public abstract class PackagedModelContract {

    /** For classes that extend this one. */
    protected PackagedModelContract() {
    }

    /**
     * The model under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract PackagedModel model();

    @Test
    void namesCanBeTypedAndKept() {
        assertTrue(model().name().matches("[a-z0-9.-]+"), () -> "name() has lower case letters, digits, '-' and '.': "
                + model().name());
        String file = model().fileName();
        assertTrue(file.matches("[A-Za-z0-9._-]+") && !file.startsWith(".") && file.contains("."),
                () -> "fileName() is a plain name whose extension says the format: " + file);
        model().suggestedTools().forEach(name -> assertFalse(name.isBlank(), "names of tool providers"));
    }

    @Test
    void filesBesideItHaveNamesOfTheirOwn() {
        Set<String> names = new HashSet<>(Set.of(model().fileName()));
        for (PackagedFile file : model().companions()) {
            assertTrue(file.fileName().matches("[A-Za-z0-9._-]+") && !file.fileName().startsWith("."),
                    () -> "fileName() of a companion is a plain name: " + file.fileName());
            assertTrue(names.add(file.fileName()), () -> "two files have the name " + file.fileName());
        }
    }

    @Test
    void contentIsWhatItSays() throws IOException, NoSuchAlgorithmException {
        contentIsWhatItSays(model());
        for (PackagedFile file : model().companions()) {
            contentIsWhatItSays(file);
        }
    }

    private static void contentIsWhatItSays(PackagedFile file) throws IOException, NoSuchAlgorithmException {
        assertTrue(file.sha256().matches("[0-9a-f]{64}"),
                () -> "sha256() is 64 digits in lower case: " + file.sha256());
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        long size;
        try (InputStream in = new DigestInputStream(file.open(), digest)) {
            size = in.transferTo(OutputStream.nullOutputStream());
        }
        assertEquals(file.size(), size, () -> "size() is another than that of the content of " + file.fileName());
        assertEquals(file.sha256(), HexFormat.of().formatHex(digest.digest()),
                () -> "sha256() is another than that of the content of " + file.fileName()
                        + ", so the model would never be unpacked");
    }

    @Test
    void everyStreamBeginsAtTheBeginning() throws IOException {
        everyStreamBeginsAtTheBeginning(model());
        for (PackagedFile file : model().companions()) {
            everyStreamBeginsAtTheBeginning(file);
        }
    }

    private static void everyStreamBeginsAtTheBeginning(PackagedFile file) throws IOException {
        try (InputStream first = file.open(); InputStream second = file.open()) {
            assertNotSame(first, second, "open() gives a new stream each time");
            byte[] one = first.readNBytes(64);
            byte[] two = second.readNBytes(64);
            assertEquals(HexFormat.of().formatHex(one), HexFormat.of().formatHex(two));
        }
    }
}
