/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Tokenizer;
import dev.millrace.spi.model.VocabularySource;
import java.nio.ByteBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RoundTripTest {

    static List<VocabularySource> sources() {
        return Nano.sources();
    }

    @ParameterizedTest
    @MethodSource("sources")
    void decodesWhatItEncoded(VocabularySource source) {
        PromptTokenizer tokenizer = Tokenizers.of(source);
        Random random = new Random(11);
        for (int n = 0; n < 5000; n++) {
            String text = n < RandomText.SAMPLES.size() ? RandomText.SAMPLES.get(n) : RandomText.next(random);
            int[] ids = tokenizer.encode(text);
            assertEquals(text, tokenizer.decode(ids));
            assertEquals(text, stream(tokenizer, ids));
        }
    }

    @Test
    void streamsWholeCharactersOnly() {
        PromptTokenizer tokenizer = Nano.tokenizer();
        Tokenizer.Decoder decoder = tokenizer.decoder();
        byte[] bytes = "é🌡".getBytes(StandardCharsets.UTF_8);
        StringBuilder pieces = new StringBuilder();
        for (byte b : bytes) {
            String piece = decoder.next(byteToken(tokenizer, b & 0xFF));
            pieces.append('|').append(piece);
        }
        assertEquals("||é||||🌡", pieces.toString());
        assertEquals("", decoder.finish());
    }

    @Test
    void replacesBrokenSequencesByMaximalSubparts() {
        PromptTokenizer tokenizer = Nano.tokenizer();
        // the example of the Unicode standard, table 3-11, and others like it
        assertEquals("a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd",
                bytes(tokenizer, 0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2,
                        0x62, 0x80, 0x63, 0x80, 0xBF, 0x64));
        assertEquals("\uFFFD\uFFFD\uFFFD", bytes(tokenizer, 0xED, 0xA0, 0x80));
        assertEquals("\uFFFD\uFFFD", bytes(tokenizer, 0xC0, 0xAF));
        assertEquals("\uFFFD\uFFFD\uFFFD\uFFFD", bytes(tokenizer, 0xF4, 0x90, 0x80, 0x80));
        assertEquals("\uFFFD", bytes(tokenizer, 0xF0, 0x9F, 0x8C));
    }

    @Test
    void decodesAnyIdsWithoutLosingTheStream() throws Exception {
        PromptTokenizer tokenizer = Nano.tokenizer();
        Random random = new Random(17);
        for (int n = 0; n < 2000; n++) {
            int[] ids = random.ints(random.nextInt(20), 0, tokenizer.size()).toArray();
            String text = tokenizer.decode(ids);
            assertEquals(text, stream(tokenizer, ids));
            StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
                    .encode(java.nio.CharBuffer.wrap(text));
        }
    }

    @Test
    void agreesWithTheJdkWhereItsDecoderIsExact() {
        PromptTokenizer tokenizer = Nano.tokenizer();
        Random random = new Random(23);
        for (int n = 0; n < 2000; n++) {
            byte[] bytes = RandomText.next(random).getBytes(StandardCharsets.UTF_8);
            int cut = random.nextInt(bytes.length + 1);
            int[] ids = new int[cut];
            for (int i = 0; i < cut; i++) {
                ids[i] = byteToken(tokenizer, bytes[i] & 0xFF);
            }
            assertEquals(StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes, 0, cut)).toString(),
                    tokenizer.decode(ids));
        }
    }

    @Test
    void refusesLoneSurrogatesWithTheirPosition() {
        PromptTokenizer tokenizer = Nano.tokenizer();
        for (String text : List.of("ab\uD800", "ab\uD800c", "ab\uDC00", "ab\uDC00\uD800")) {
            for (var call : List.<org.junit.jupiter.api.function.Executable>of(() -> tokenizer.encode(text),
                    () -> tokenizer.encodeWithControl(text), () -> tokenizer.encode(PromptText.inert(text)))) {
                String message = String.valueOf(assertThrows(IllegalArgumentException.class, call).getMessage());
                assertTrue(message.contains("position 2"), message);
            }
        }
    }

    @Test
    void refusesIdsOutsideTheVocabulary() {
        PromptTokenizer tokenizer = Nano.tokenizer();
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(tokenizer.size()));
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decoder().next(-1));
        assertArrayEquals(new int[0], tokenizer.encode(""));
        assertEquals("", tokenizer.decode());
    }

    static String stream(Tokenizer tokenizer, int... ids) {
        Tokenizer.Decoder decoder = tokenizer.decoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.next(id));
        }
        return text.append(decoder.finish()).toString();
    }

    private static String bytes(Tokenizer tokenizer, int... bytes) {
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = byteToken(tokenizer, bytes[i]);
        }
        assertEquals(tokenizer.decode(ids), stream(tokenizer, ids));
        return tokenizer.decode(ids);
    }

    private static int byteToken(Tokenizer tokenizer, int b) {
        OptionalInt id = tokenizer.id(String.valueOf(ByteAlphabet.charOf(b)));
        return id.orElseThrow();
    }
}
