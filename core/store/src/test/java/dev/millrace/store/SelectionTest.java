/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.store.hub.HubReference;
import dev.millrace.store.hub.Listing;
import dev.millrace.store.hub.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which files are taken, and why. */
class SelectionTest {

    private static final long GB = 1_000_000_000L;

    private static Listing listing(Map<String, Double> gigabytes) {
        List<Listing.Entry> files = new ArrayList<>();
        gigabytes.forEach((name, size) -> files.add(new Listing.Entry(name, (long) (size * GB), "")));
        return new Listing("c", "", files);
    }

    private static final Listing LARGE = listing(
            Map.of("LFM2.5-8B-A1B-Q4_0.gguf", 4.8, "LFM2.5-8B-A1B-Q4_K_M.gguf", 5.2,
                    "LFM2.5-8B-A1B-Q8_0.gguf", 9.0, "LFM2.5-8B-A1B-F16.gguf", 16.9, "LFM2.5-8B-A1B-Q2_K.gguf", 3.1,
                    "mmproj-LFM2.5-F16.gguf", 0.8, "LFM2.5.imatrix.gguf", 0.01, "README.md", 0.0001));

    private static Selection of(String reference, Listing listing, double memory) {
        return Selection.of(HubReference.of(reference).orElseThrow(), listing, (long) (memory * GB));
    }

    @Test
    void whatFitsIsTakenAndTheReasonTold() {
        Selection usual = of("hf:L/M", LARGE, 16);
        assertEquals("Q4_K_M", usual.type());
        assertTrue(usual.reason().contains("16.00 GB"), usual::reason);
        assertEquals("Q4_0", of("hf:L/M", LARGE, 5.6).type());
        assertEquals("Q2_K", of("hf:L/M", LARGE, 4).type());
        MillraceException e = assertThrows(MillraceException.class, () -> of("hf:L/M", LARGE, 2));
        assertTrue(e.getMessage().contains("3.70 GB") && e.getMessage().contains("hf:L/M:"), e::getMessage);
    }

    @Test
    void smallModelsAreTakenInEightBits() {
        Listing small = listing(Map.of("m-Q4_K_M.gguf", 0.7, "m-Q8_0.gguf", 1.2, "m-BF16.gguf", 2.3));
        assertEquals("Q8_0", of("hf:L/M", small, 8).type());
        assertEquals("Q4_K_M", of("hf:L/M", small, 1.5).type());
    }

    @Test
    void aFolderOfTensorsIsTakenWithAReason() {
        Listing folder = listing(Map.of("config.json", 0.0, "model.safetensors", 16.0));
        assertTrue(of("hf:L/M", folder, 8).reason().contains("millrace quantise"));
        assertFalse(of("hf:L/M", folder, 64).reason().contains("millrace quantise"));
        assertTrue(of("hf:L/M", folder, 64).reason().contains("no GGUF file"));
    }

    @Test
    void theUsersWordCounts() {
        assertEquals("LFM2.5-8B-A1B-F16.gguf", of("hf:L/M:f16", LARGE, 1).main());
        assertEquals("LFM2.5-8B-A1B-Q2_K.gguf", of("hf:L/M:LFM2.5-8B-A1B-Q2_K.gguf", LARGE, 1).main());
        MillraceException e = assertThrows(MillraceException.class, () -> of("hf:L/M:Q5_K_M", LARGE, 64));
        assertTrue(e.getMessage().contains("Q4_K_M"), e::getMessage);
    }

    @Test
    void partsBelongTogether() {
        Listing split = listing(Map.of("Q4_K_M/m-Q4_K_M-00001-of-00002.gguf", 3.0,
                "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf", 2.0, "Q8_0/m-Q8_0-00001-of-00002.gguf", 5.0,
                "Q8_0/m-Q8_0-00002-of-00002.gguf", 4.0));
        Selection chosen = of("hf:L/M", split, 8);
        assertEquals(2, chosen.files().size());
        assertEquals("Q4_K_M/m-Q4_K_M-00001-of-00002.gguf", chosen.main());
    }

    @Test
    void graphsAreTakenByTheirName() {
        Listing onnx = listing(Map.of("config.json", 0.0, "onnx/model.onnx", 1.0, "onnx/model_q4.onnx", 0.1,
                "onnx/model_q4.onnx_data", 0.4, "onnx/model_q4.onnx_data_1", 0.2, "onnx/model_fp16.onnx", 0.5));
        assertEquals("model_q4", of("hf:L/M", onnx, 8).type());
        assertTrue(of("hf:L/M", onnx, 8).reason().contains("8.00 GB"));
        assertEquals("model_fp16", of("hf:L/M", onnx, 1.2).type(), "the larger one does not fit");
        assertTrue(of("hf:L/M", onnx, 0.7).reason().contains("larger than"));
        assertEquals(4, of("hf:L/M", onnx, 8).files().size());
        assertEquals("model_fp16", of("hf:L/M:fp16", onnx, 8).type());
        assertThrows(MillraceException.class, () -> of("hf:L/M", listing(Map.of("model.bin", 1.0)), 8));
    }

    @Test
    void referencesAreReadAsPeopleWriteThem() {
        assertEquals(Optional.of(new HubReference("a/b", "", "")), HubReference.of("hf:a/b"));
        assertEquals(Optional.of(new HubReference("a/b", "v1", "Q4_0")), HubReference.of("hf:a/b@v1:Q4_0"));
        assertEquals(Optional.of(new HubReference("a/b", "", "x/y.gguf")),
                HubReference.of("https://huggingface.co/a/b/resolve/main/x/y.gguf?download=true"));
        assertEquals(Optional.of(new HubReference("a/b", "dev", "")),
                HubReference.of("https://huggingface.co/a/b/tree/dev"));
        assertEquals(Optional.of(new HubReference("a/b", "", "My Model Q4.gguf")),
                HubReference.of("hf:a/b:My Model Q4.gguf"));
        for (String none : List.of("", "hf:", "hf:a/b: x", "hf:a/b:x ", "hf:a/b:x\ny", "hf:a", "hf:a/b/c", "hf:../b",
                "hf:a/b:", "a/b", "hf:a/b c",
                "https://huggingface.co/", "https://example.org/a/b", "hf:a/b:x\\y")) {
            assertEquals(Optional.empty(), HubReference.of(none), none);
        }
    }
}
