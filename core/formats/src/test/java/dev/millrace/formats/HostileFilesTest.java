/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import dev.millrace.json.Json;
import java.util.stream.Stream;
import java.util.Objects;
import java.util.Map;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged and lying files give a ModelFormatException that names the part, and nothing else. */
class HostileFilesTest {

    private static final long[] LIES = {0, 1, -1, 31, 33, 255, 256, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE,
            0x1_0000_0000L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE / 2, 1L << 40, 9, 8, 39, 17};

    @TempDir
    private Path temp;
    private Path folder = Path.of("");
    private byte[] gguf = {};

    @BeforeEach
    void writeFiles() throws IOException {
        folder = new SmallFolder().write(temp.resolve("model"));
        Path out = temp.resolve("good.gguf");
        Converter.convert(folder, out, TensorType.Q8_0, Progress.NONE);
        gguf = Files.readAllBytes(out);
    }

    @Test
    void truncatedFilesAreRefusedWhereverTheyEnd() throws IOException {
        Path cut = temp.resolve("cut.gguf");
        int step = Math.max(1, gguf.length / 500);
        for (int length = 0; length < gguf.length - 32; length += step) {
            Files.write(cut, Arrays.copyOf(gguf, length));
            assertThrows(ModelFormatException.class, () -> new GgufFormat().open(cut).close(), "length " + length);
        }
    }

    @Test
    void mutatedGgufHeadersAreReadOrRefused() throws IOException {
        int header = headerLength(gguf, "blk.2.ffn_down_exps.weight");
        Path bad = temp.resolve("bad.gguf");
        Random random = new Random(42);
        int refused = 0;
        for (int i = 0; i < 6000; i++) {
            refused += readOrRefused(new GgufFormat(), bad, bad, mutated(gguf, header, random), i);
        }
        assertTrue(refused > 3000, "only " + refused + " of 6000 refused");
    }

    @Test
    void mutatedHeadersOfAnotherWriterAreReadOrRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Shared.path("golden/models/dense-q4_0.gguf"));
        int header = headerLength(whole, ".weight");
        byte[] good = Arrays.copyOf(whole, header);
        Path bad = temp.resolve("bad.gguf");
        Random random = new Random(45);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] front = mutated(good, header, random);
            Files.deleteIfExists(bad);
            try (FileChannel file = FileChannel.open(bad, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(front));
                if (front.length == header) {
                    // a hole in place of the weights, which opening does not read
                    file.write(ByteBuffer.allocate(1), whole.length - 1L);
                }
            }
            refused += readOrRefused(new GgufFormat(), bad, 128, i);
        }
        assertTrue(refused > 600 && refused < 2000, refused + " of 2000 refused");
    }

    @Test
    void mutatedSafetensorsHeadersAreReadOrRefused() throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] good = Files.readAllBytes(file);
        int header = 8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
        Random random = new Random(43);
        int refused = 0;
        for (int i = 0; i < 2500; i++) {
            refused += readOrRefused(new SafetensorsFormat(), folder, file, mutated(good, header, random), i);
        }
        assertTrue(refused > 1500, "only " + refused + " of 2500 refused");
    }

    @Test
    void mutatedConfigurationsAreReadOrRefused() throws IOException {
        Random random = new Random(44);
        for (String name : List.of("config.json", "tokenizer_config.json", "generation_config.json")) {
            Path file = folder.resolve(name);
            byte[] good = Files.readAllBytes(file);
            for (int i = 0; i < 500; i++) {
                byte[] bad = i % 2 == 0 ? otherNumber(good, random) : mutated(good, good.length, random);
                readOrRefused(new SafetensorsFormat(), folder, file, bad, i);
            }
            Files.write(file, good);
        }
    }

    private static int readOrRefused(ModelFormat format, Path model, Path file, byte[] bytes, int round)
            throws IOException {
        // a new file each time: some file systems flush one that is written anew
        Files.deleteIfExists(file);
        Files.write(file, bytes);
        return readOrRefused(format, model, 32, round);
    }

    private static int readOrRefused(ModelFormat format, Path model, int hiddenSize, int round) {
        try (ModelFile open = format.open(model)) {
            assertEquals(hiddenSize, open.blueprint().hiddenSize());
            return 0;
        } catch (ModelFormatException e) {
            assertTrue(String.valueOf(e.getMessage()).length() > 20);
            return 1;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return fail("round " + round, e);
        }
    }

    private static byte[] mutated(byte[] good, int header, Random random) {
        byte[] bad = good.clone();
        int at = random.nextInt(header - 8);
        switch (random.nextInt(5)) {
            case 0 -> bad[at] = (byte) random.nextInt();
            case 1 -> bad[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(at,
                    LIES[random.nextInt(LIES.length)]);
            case 3 -> ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(at,
                    (int) LIES[random.nextInt(LIES.length)]);
            default -> bad = Arrays.copyOf(bad, at);
        }
        return bad;
    }

    /** Replaces one number in a JSON text. */
    private static byte[] otherNumber(byte[] good, Random random) {
        String text = new String(good, StandardCharsets.UTF_8);
        List<String> values = List.of("0", "-1", "1e300", "null", "[]", "{}", "\"x\"", "true", "9999999999999999999",
                "2147483647", "3.5", "[[[]]]");
        int from = random.nextInt(text.length());
        for (int i = from; i < text.length(); i++) {
            if (Character.isDigit(text.charAt(i)) && text.charAt(i - 1) == ' ') {
                int end = i;
                while (Character.isDigit(text.charAt(end)) || text.charAt(end) == '.') {
                    end++;
                }
                return (text.substring(0, i) + values.get(random.nextInt(values.size())) + text.substring(end))
                        .getBytes(StandardCharsets.UTF_8);
            }
        }
        return good;
    }

    /** Length of a header in which this part of a name comes last in the list of tensors. */
    private static int headerLength(byte[] file, String last) {
        // after the name: number of dimensions, two or three dimensions, type and offset
        return new String(file, StandardCharsets.ISO_8859_1).lastIndexOf(last) + last.length() + 40;
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        refused("header", bytes -> bytes[0] = 'X');
        refused("version", bytes -> bytes[4] = 1);
        refused("number of tensors", bytes -> bytes[14] = 1);
        refused("number of keys", bytes -> bytes[22] = 1);
        refused("lfm2moe.block_count", bytes -> bytes[after(bytes, "lfm2moe.block_count") + 4] = 0);
        refused("lfm2moe.embedding_length", bytes -> bytes[after(bytes, "lfm2moe.embedding_length") + 4] = 0);
        refused("lfm2moe.expert_used_count", bytes -> bytes[after(bytes, "lfm2moe.expert_used_count") + 4] = 5);
        refused("lfm2moe.attention.head_count", bytes -> bytes[after(bytes, "lfm2moe.attention.head_count") + 4] = 3);
        refused("general.architecture", bytes -> bytes[after(bytes, "general.architecture") + 12] = 'x');
        refused("token_embd.weight", bytes -> bytes[after(bytes, "token_embd.weight") + 4] = 0);
        // number of dimensions, two dimensions, then the type
        refused("token_embd.weight", bytes -> bytes[after(bytes, "token_embd.weight") + 20] = 16);
        refused("blk.0.attn_norm.weight", bytes -> bytes[after(bytes, "blk.0.attn_norm.weight") + 16] = 1);
        refused("blk.0.attn_norm.weight", bytes -> bytes[after(bytes, "blk.0.attn_norm.weight") + 23] = 1);
        refused("blk.0.attn_nxrm.weight", bytes -> bytes[after(bytes, "blk.0.attn_n")] = 'x');
    }

    private interface Damage {
        void to(byte[] bytes);
    }

    private static int after(byte[] bytes, String text) {
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        assertTrue(at > 0, text);
        return at + text.length();
    }

    private void refused(String part, Damage damage) throws IOException {
        byte[] bad = gguf.clone();
        damage.to(bad);
        Path file = temp.resolve("bad.gguf");
        Files.write(file, bad);
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file).close(),
                part);
        assertTrue(List.of(part, part.replace("nxrm", "norm")).contains(e.part()), part + " but " + e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains("bad.gguf"));
    }

    private static final List<String> VALUES = List.of("0", "-1", "1", "3", "7", "-0.0", "0.5", "1e300", "1e999",
            "-1e999",
            "NaN", "Infinity", "-Infinity", "2147483647", "2147483648", "9223372036854775807", "9".repeat(60), "null",
            "true", "false", "\"\"", "\"x\"", "\"\\ud83d\"", "[]", "[null]", "[0, -1]", "[[[]]]", "[1e999]", "{}",
            "{\"rope_type\": 7}", "{\"factor\": NaN}", "[\"conv\", 5]", "[true]", "\"yarn\"", "\"llama3\"", "64",
            "1.5");

    /** Each key of the configurations of all families, with values that Python writes and values that nobody should. */
    @Test
    void configurationsOfAllFamiliesAreReadOrRefused() throws IOException {
        List<Path> folders = new ArrayList<>(List.of(folder));
        if (Files.isDirectory(Path.of(System.getProperty("millrace.shared", ""), "golden/families"))) {
            try (Stream<Path> families = Files.list(Shared.path("golden/families"))) {
                families.filter(each -> Files.exists(each.resolve("config.json"))).sorted().forEach(folders::add);
            }
        }
        Random random = new Random(46);
        for (Path each : folders) {
            Path copy = Files.createDirectory(temp.resolve("copy-" + each.getFileName()));
            try (Stream<Path> files = Files.list(each)) {
                for (Path file : files.filter(f -> !f.endsWith("config.json")).toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
            Map<?, ?> config = (Map<?, ?>) Objects
                    .requireNonNull(Json.parseFile(Files.readString(each.resolve("config.json"))));
            int refused = 0;
            for (int round = 0; round < 300; round++) {
                String text = python(config, random, 0);
                Files.writeString(copy.resolve("config.json"), text);
                try (ModelFile open = new SafetensorsFormat().open(copy)) {
                    open.blueprint().features();
                    open.checkWeights();
                } catch (ModelFormatException e) {
                    refused++;
                } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                    fail(each.getFileName() + " with " + text, e);
                }
            }
            assertTrue(refused > 30 && refused < 300, each + ": " + refused + " of 300 refused");
        }
    }

    /** The object with some values exchanged, keys left out or written twice. */
    private static String python(Map<?, ?> map, Random random, int depth) {
        List<String> members = new ArrayList<>();
        map.forEach((key, value) -> {
            String name = Json.write(String.valueOf(key)) + ": ";
            switch (random.nextInt(2 * map.size())) {
                case 0 -> members.add(name + VALUES.get(random.nextInt(VALUES.size())));
                case 1 -> {
                    members.add(name + VALUES.get(random.nextInt(VALUES.size())));
                    members.add(name + Json.write(value));
                }
                case 2 -> {
                    // left out
                }
                default -> members.add(name + (value instanceof Map<?, ?> inner && depth < 2 && random.nextBoolean()
                        ? python(inner, random, depth + 1)
                        : Json.write(value)));
            }
        });
        return "{" + String.join(", ", members) + "}";
    }
}
