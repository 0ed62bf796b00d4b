/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Keys;

/** Quantisation schemes that config.json names. Each packs weights in another way, which is never guessed. */
final class Quantisation {

    private static final String CONFIG = "quantization_config";
    /** Older files of compressed-tensors. */
    private static final String COMPRESSION = "compression_config";
    /** MLX writes this one, with or without the other; each matrix is then read or refused by itself. */
    private static final String MLX = "quantization";
    /** Read for gpt-oss. */
    private static final String MXFP4 = "mxfp4";

    private Quantisation() {
    }

    /** Refuses a folder whose weights are packed in a way that its family does not read. */
    static void refuse(Keys keys) {
        String method = method(keys);
        if (!method.isEmpty() && !microscaled(keys) && !keys.has(MLX) && !inFloats(keys, method)) {
            throw keys.wrong(keys.has(MLX) ? MLX : keys.has(CONFIG) ? CONFIG : COMPRESSION,
                    "says that the weights are quantised by " + method
                            + ", which is not read; take the model's GGUF file, or its folder in bfloat16 or float16");
        }
    }

    /** Whether the experts are in MXFP4, as gpt-oss has them. */
    static boolean microscaled(Keys keys) {
        return method(keys).equals(MXFP4) && keys.architecture().equals("gpt_oss");
    }

    /** Whether matrices are in floats of 8 bits with scales beside them: each is then read or refused by itself. */
    private static boolean inFloats(Keys keys, String method) {
        if (!keys.has(CONFIG)) {
            return false;
        }
        Keys config = keys.group(CONFIG);
        return switch (method) {
            case "fp8" -> config.text("fmt").orElse("e4m3").equals("e4m3");
            case "compressed-tensors" -> config.text("format").orElse("").equals("float-quantized");
            default -> false;
        };
    }

    /** The scheme, empty if there is none. */
    private static String method(Keys keys) {
        if (keys.has(MLX)) {
            return "MLX";
        }
        if (!keys.has(CONFIG)) {
            return keys.has(COMPRESSION) ? "compressed-tensors" : "";
        }
        Keys config = keys.group(CONFIG);
        return config.text("quant_method").orElseGet(() -> config.has("load_in_4bit") || config.has("load_in_8bit")
                ? "bitsandbytes"
                : config.has("group_size") ? "MLX" : "a scheme without a name");
    }
}
