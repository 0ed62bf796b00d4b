/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.PackagedModel;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

final class NanoModelTest {

    private final PackagedModel model = ServiceLoader.load(PackagedModel.class).findFirst().orElseThrow();

    @Test
    void theContentIsWhatIsSaidOfIt() throws Exception {
        byte[] content;
        try (InputStream in = model.open()) {
            content = in.readAllBytes();
        }
        assertEquals(model.size(), content.length);
        assertEquals(model.sha256(), HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
        assertEquals("GGUF", new String(content, 0, 4, java.nio.charset.StandardCharsets.US_ASCII));
        // 7.95 million weights at little more than a byte each
        assertTrue(content.length > 8_000_000 && content.length < 10_000_000, () -> "size " + content.length);
    }

    @Test
    void isFoundByNameAndBringsItsTools() {
        assertEquals("nano", model.name());
        assertEquals("nano-q8_0.gguf", model.fileName());
        assertEquals(List.of("gateway"), model.suggestedTools());
    }
}
