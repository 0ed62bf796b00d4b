/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.Likeness;
import dev.millrace.json.Json;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever config.json says, a folder is read as it is meant, or refused in one sentence. */
class ConfigurationsTest {

    /** Of another type than any key has, or for the last ones than most. */
    private static final List<Object> WRONG = List.of("x", List.of(), List.of(List.of(List.of())),
            Map.of("a", List.of(1)), "4", true, List.of(1, "2", 3));
    private static final List<Object> LIES = List.of(-1, 0, 1, 3, 3.5, 1e300, -1e300, 1e-300, Integer.MAX_VALUE,
            Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, 65_536, false, List.of(-1, -1, -1, -1));
    private static final String MARK = "millrace-number";
    private static final List<String> NUMBERS = List.of("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0.0", "-0",
            "1E5", "5e-324", "1e-400", "123456789012345678901234567890", "9223372036854775808", "0.1e1", "2.0", "[NaN]",
            "{\"a\": Infinity}");
    /** What can be written in another way: a type that is fine in another form of the file. */
    private static final List<String> EITHER = List.of("eos_token_id", "pad_token_id", "bos_token_id");

    @TempDir
    Path temporary;

    static Stream<String> families() {
        return Stream.of("gemma2", "gemma3", "gptoss", "granite", "llama2", "llama3", "mistral", "olmo2", "phi3",
                "phi4mini", "qwen2", "qwen3", "qwen3-yarn", "qwen3moe", "smollm3");
    }

    private Path folder(String family) throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        Path folder = Files.createDirectories(temporary.resolve(family));
        try (Stream<Path> files = Files.list(golden)) {
            for (Path file : files.filter(f -> !f.toString().endsWith(".gguf")).toList()) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return folder;
    }

    private static Map<String, Object> config(Path file) throws IOException {
        Map<String, Object> config = new LinkedHashMap<>();
        ((Map<?, ?>) Objects.requireNonNull(Json.parse(Files.readString(file)))).forEach((key, value) -> {
            if (value != null) {
                config.put(String.valueOf(key), value);
            }
        });
        return config;
    }

    /** Every key in turn, also those inside of others, with every value. */
    @ParameterizedTest
    @MethodSource("families")
    void everyValueOfEveryKeyIsReadOrRefused(String family) throws IOException {
        Path folder = folder(family);
        // older keys differ in the rope alone
        boolean both = List.of("gemma3", "llama3", "phi4mini", "qwen3-yarn").contains(family);
        for (String form : both ? List.of("config.json", "config-older-keys.json") : List.of("config.json")) {
            Map<String, Object> good = config(Shared.path("golden/families/" + family + "/" + form));
            Files.writeString(folder.resolve("config.json"), Json.write(good));
            try (ModelFile model = GoldenModelsTest.open(folder)) {
                Blueprint right = model.blueprint();
                int[] refused = {0};
                everyChange(good, (key, changed) -> {
                    boolean wrong = changed.wrong && !EITHER.contains(key);
                    Files.writeString(folder.resolve("config.json"), Json.write(changed.config));
                    refused[0] += read(folder, changed.what, wrong ? right : null);
                });
                assertTrue(refused[0] > 150, family + ", " + form + ": only " + refused[0] + " refused");
            }
        }
    }

    private record Changed(String what, Map<String, Object> config, boolean wrong) {
    }

    private interface Change {
        void to(String key, Changed changed) throws IOException;
    }

    private static void everyChange(Map<String, Object> good, Change change) throws IOException {
        for (String key : good.keySet()) {
            Map<String, Object> without = new LinkedHashMap<>(good);
            without.remove(key);
            change.to(key, new Changed("without " + key, without, false));
            for (List<Object> values : List.of(WRONG, LIES)) {
                for (Object value : values) {
                    Map<String, Object> other = new LinkedHashMap<>(good);
                    other.put(key, value);
                    boolean wrong = values.equals(WRONG)
                            && !(value instanceof Boolean && good.get(key) instanceof Boolean);
                    change.to(key, new Changed(key + " " + value, other, wrong));
                }
            }
            if (good.get(key) instanceof Map<?, ?> inner) {
                Map<String, Object> group = new LinkedHashMap<>();
                inner.forEach((k, v) -> group.put(String.valueOf(k), Objects.requireNonNull(v)));
                everyChange(group, (k, changed) -> {
                    Map<String, Object> other = new LinkedHashMap<>(good);
                    other.put(key, changed.config);
                    change.to(k, new Changed(key + "." + changed.what, other, changed.wrong));
                });
            }
        }
    }

    /**
     * Opens a folder.
     *
     * @param right what it must be if it is not refused, or null for anything
     * @return 1 if it was refused
     */
    private static int read(Path folder, String what, @Nullable Blueprint right) {
        try (ModelFile model = GoldenModelsTest.open(folder)) {
            if (right != null) {
                assertEquals(Optional.empty(), Likeness.difference(right, model.blueprint()), what);
            }
            return 0;
        } catch (ModelFormatException e) {
            sentence(e, what);
            return 1;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return fail(what, e);
        }
    }

    /** Numbers as Python writes them, which JSON does not have or Java does not hold, in each place in turn. */
    @ParameterizedTest
    @MethodSource("families")
    void pythonsNumbersAreReadOrRefused(String family) throws IOException {
        Path folder = folder(family);
        Map<String, Object> good = config(folder.resolve("config.json"));
        for (String key : good.keySet()) {
            for (String number : NUMBERS) {
                Map<String, Object> other = new LinkedHashMap<>(good);
                other.put(key, MARK);
                Files.writeString(folder.resolve("config.json"), Json.write(other).replace('"' + MARK + '"', number));
                read(folder, key + " " + number, null);
            }
        }
        // nobody needs those that no key of ours names, and the last of two values counts
        String whole = Json.write(good);
        for (String number : NUMBERS) {
            Files.writeString(folder.resolve("config.json"), "{\"router_jitter\": " + number + ", \"hidden_size\": "
                    + number + ", " + whole.substring(1));
            assertEquals(0, read(folder, number, null), number);
        }
        Files.writeString(folder.resolve("config.json"), whole);
        for (String key : List.of("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "max_length")) {
            for (String number : NUMBERS) {
                Files.writeString(folder.resolve("generation_config.json"),
                        "{\"do_sample\": true, \"" + key + "\": " + number + "}");
                assertEquals(0, read(folder, key + " " + number, null), key + " " + number);
            }
        }
    }

    private static void sentence(ModelFormatException e, String what) {
        String message = String.valueOf(e.getMessage());
        assertTrue(message.length() > 20 && message.length() < 600, what + ": " + message);
        assertFalse(message.contains("\n") || message.contains("Exception"),
                what + ": " + message);
    }

    @ParameterizedTest
    @MethodSource("families")
    void damagedTextsAreReadOrRefused(String family) throws IOException {
        Path folder = folder(family);
        byte[] good = Files.readAllBytes(folder.resolve("config.json"));
        Random random = new Random(family.hashCode());
        for (int i = 0; i < 150; i++) {
            byte[] bad = good.clone();
            for (int j = 0; j <= random.nextInt(3); j++) {
                bad[random.nextInt(bad.length)] = (byte) (random.nextBoolean()
                        ? random.nextInt()
                        : "0123456789-.e[]{},:\"".charAt(random.nextInt(20)));
            }
            Files.write(folder.resolve("config.json"), bad);
            read(folder, "round " + i, null);
        }
    }

    private static void refused(Path folder, Map<String, Object> config, String name) throws IOException {
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> GoldenModelsTest.open(folder).close(),
                name);
        sentence(e, name);
        assertTrue(String.valueOf(e.getMessage()).contains(name)
                && String.valueOf(e.getMessage()).contains("take the model"), e.getMessage());
    }

    private static Map<String, Object> with(Map<String, Object> config, Consumer<Map<String, Object>> change) {
        Map<String, Object> changed = new LinkedHashMap<>(config);
        change.accept(changed);
        return changed;
    }

    @ParameterizedTest
    @MethodSource("families")
    void whatIsNotKnownIsRefusedByName(String family) throws IOException {
        Path folder = folder(family);
        Map<String, Object> good = config(folder.resolve("config.json"));
        boolean gemma = family.startsWith("gemma");
        for (String type : List.of("dynamic", "mrope", "proportional")) {
            refused(folder, with(good, c -> c.put("rope_scaling", Map.of("rope_type", type, "factor", 2))), type);
            refused(folder, with(good, c -> c.put("rope_scaling", Map.of("type", type, "factor", 2))), type);
            Map<String, Object> rope = Map.of("rope_type", type, "rope_theta", 10_000.0, "factor", 2);
            refused(folder, with(good, c -> c.put("rope_parameters", family.equals("gemma3")
                    ? Map.of("full_attention", rope, "sliding_attention", Map.of("rope_type", "default"))
                    : rope)), type);
        }
        for (String activation : List.of("relu2", "quick_gelu", gemma ? "silu" : "gelu_pytorch_tanh")) {
            refused(folder, with(good, c -> c.put("hidden_act", activation)), activation);
            refused(folder, with(good, c -> c.put("hidden_activation", activation)), activation);
        }
        if (List.of("qwen3moe", "gptoss").contains(family)) {
            refused(folder, with(good, c -> c.put("scoring_func", "sigmoid")), "sigmoid");
        }
        schemes(folder, good);
    }

    private static void schemes(Path folder, Map<String, Object> good) throws IOException {
        for (String method : List.of("awq", "gptq", "bitsandbytes", "fbgemm_fp8", "compressed-tensors",
                "torchao",
                "hqq", "aqlm", "quanto", "modelopt", "a-scheme-of-tomorrow")) {
            refused(folder, with(good, c -> c.put("quantization_config", Map.of("quant_method", method, "bits", 4))),
                    method);
        }
        refused(folder, with(good, c -> c.put("quantization_config", Map.of("load_in_4bit", true))), "bitsandbytes");
        refused(folder, with(good, c -> c.put("quantization_config", Map.of("group_size", 64, "bits", 4))), "MLX");
        refused(folder, with(good, c -> c.put("compression_config", Map.of("format", "pack"))), "compressed-tensors");
        if (!"gpt_oss".equals(good.get("model_type"))) {
            refused(folder, with(good, c -> c.put("quantization_config", Map.of("quant_method", "mxfp4"))), "mxfp4");
        }
    }

    /** The same for the family of the small folder, which needs no reference data. */
    @Test
    void whatIsNotKnownIsRefusedByNameInLfm2() throws IOException {
        SmallFolder small = new SmallFolder();
        Path folder = small.write(temporary.resolve("model"));
        Map<String, Object> good = config(folder.resolve("config.json"));
        refused(folder, with(good, c -> c.put("rope_scaling", Map.of("rope_type", "dynamic"))), "dynamic");
        refused(folder, with(good, c -> c.put("hidden_act", "relu2")), "relu2");
        refused(folder, with(good, c -> c.put("scoring_func", "softmax")), "softmax");
        schemes(folder, good);
        List<String> refused = new ArrayList<>();
        Files.writeString(folder.resolve("config.json"), Json.write(good));
        try (ModelFile model = GoldenModelsTest.open(folder)) {
            everyChange(good, (key, changed) -> {
                Files.writeString(folder.resolve("config.json"), Json.write(changed.config));
                if (read(folder, changed.what, changed.wrong && !EITHER.contains(key) ? model.blueprint() : null) > 0) {
                    refused.add(changed.what);
                }
            });
        }
        assertTrue(refused.size() > 150, "only " + refused);
    }

    /** Families with windows in some layers need to know how many tokens these see. */
    @Test
    void aWindowWithoutASizeIsRefused() throws IOException {
        for (String family : List.of("gemma2", "gemma3", "gptoss")) {
            Path folder = folder(family);
            Map<String, Object> good = config(folder.resolve("config.json"));
            for (boolean listed : new boolean[]{true, false}) {
                Map<String, Object> config = with(good, c -> c.remove("sliding_window"));
                if (!listed) {
                    config.remove("layer_types");
                }
                Files.writeString(folder.resolve("config.json"), Json.write(config));
                ModelFormatException e = assertThrows(ModelFormatException.class,
                        () -> GoldenModelsTest.open(folder).close());
                assertTrue(e.part().contains("sliding_window"), e.getMessage());
            }
        }
    }
}
